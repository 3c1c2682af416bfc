#pragma once

#include <cstdint>

#include <ol/base/address.hpp>
#include <ol/base/bytes.hpp>
#include <ol/evm/revision.hpp>
#include <ol/evm/status.hpp>

namespace ol::evm {

/// What a precompiled contract did. On failure all gas is gone and there is no output.
struct PrecompileResult {
  bool success = false;
  std::int64_t gas_left = 0;
  Bytes output;
  Status failure = Status::PrecompileFailure;  // why, if it failed
};

/// A contract written in C++. Charges its own price out of `gas` (not negative). Pure; borrows
/// `input` for the call.
using Precompile = PrecompileResult (*)(ByteView input, std::int64_t gas, Revision revision);

/// The precompiled contract at `address` under `revision`, or null. Source: Yellow Paper appendix
/// E; EIP-196, 197, 198, 152, 4844, 2537, 7951.
[[nodiscard]] Precompile find_precompile(const Address& address, Revision revision);

}  // namespace ol::evm
