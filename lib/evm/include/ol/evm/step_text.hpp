#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <ol/base/address.hpp>
#include <ol/base/u256.hpp>
#include <ol/evm/revision.hpp>
#include <ol/evm/status.hpp>

namespace ol::evm {

// geth's words for instructions and how they fail.

/// The instruction by which a frame stands: what failures are described with.
struct StepInfo {
  std::uint8_t opcode = 0;
  std::size_t height = 0;  // of the stack before it
  Address target;          // the account a call names
};
/// @param stack  The top comes last.
[[nodiscard]] StepInfo step_info(std::uint8_t opcode, std::span<const U256> stack);

/// geth's name of an instruction, and of a byte that is none.
[[nodiscard]] std::string step_name(std::uint8_t opcode);
/// geth's words for a failure at `step`, numbers included.
[[nodiscard]] std::string describe_failure(Status status, const StepInfo& step, Revision revision);

}  // namespace ol::evm
