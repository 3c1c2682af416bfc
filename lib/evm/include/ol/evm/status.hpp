#pragma once

#include <cstdint>

namespace ol::evm {

/// How code ended. All but the first two take all the call's gas (Yellow Paper section 9.4.2).
enum class Status : std::uint8_t {
  Success,
  Revert,  // EIP-140: gas and data are returned
  OutOfGas,
  StackUnderflow,
  StackOverflow,
  InvalidOpcode,
  BadJump,
  StaticViolation,      // EIP-214
  ReturnDataBounds,     // EIP-211
  DepthExceeded,        // the call did not begin: 1,024 calls deep
  InsufficientBalance,  // the call did not begin
  Collision,            // EIP-684, 7610: creation where something is
  CodeTooLarge,         // EIP-170
  InitCodeTooLarge,     // EIP-3860
  CodeStartsWithEf,     // EIP-3541
  NonceOverflow,        // EIP-2681: the call did not begin
  PrecompileFailure,
  CodeDepositOutOfGas,  // EIP-2: too little gas is left to pay for the code that creation returned
};

/// A short lower-case phrase, geth's where it has one.
[[nodiscard]] const char* describe(Status status);

}  // namespace ol::evm
