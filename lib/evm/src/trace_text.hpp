#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <ol/base/address.hpp>
#include <ol/base/bytes.hpp>
#include <ol/base/u256.hpp>
#include <ol/evm/revision.hpp>
#include <ol/evm/status.hpp>

namespace ol::evm {

// Pieces of JSON, appended to a text.

/// "0x.." in quotes.
void put_hex(std::string& out, ByteView bytes);
void put_quantity(std::string& out, const U256& value);
/// A string in quotes, with what JSON does not allow escaped. @pre Valid UTF-8.
void put_string(std::string& out, std::string_view text);
/// `"key":`, after a comma unless it is the first of its object.
void put_key(std::string& out, std::string_view key);

/// The instruction by which a frame stands: what failures are described with.
struct StepInfo {
  std::uint8_t opcode = 0;
  std::size_t height = 0;  // of the stack before it
  Address target;          // the account a call names
};
[[nodiscard]] StepInfo step_info(std::uint8_t opcode, std::span<const U256> stack);

/// geth's name of an instruction, and of a byte that is none.
[[nodiscard]] std::string step_name(std::uint8_t opcode);
/// geth's words for a failure at `step`, numbers included.
[[nodiscard]] std::string describe_failure(Status status, const StepInfo& step, Revision revision);

}  // namespace ol::evm
