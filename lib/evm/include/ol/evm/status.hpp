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
  PrecompileFailure,    // for a reason that has no name below
  CodeDepositOutOfGas,  // EIP-2: too little gas is left to pay for the code that creation returned
  // What precompiled contracts find wrong with their input, beside PrecompileFailure.
  InputLength,      // EIP-152, 2537, 4844
  FinalFlag,        // EIP-152: neither 0 nor 1
  ModexpLength,     // EIP-7823
  Bn254Coordinate,  // EIP-196: not below the field's prime
  Bn254Point,       // EIP-196, 197: not on the curve, or not in its group
  PairingSize,      // EIP-197
  VersionedHash,    // EIP-4844: not the commitment's
  KzgProof,         // EIP-4844
  Bls12TopBytes,    // EIP-2537: the padding of a coordinate is not zero
  Bls12G1Subgroup,  // EIP-2537
  Bls12G2Subgroup,  // EIP-2537
};

/// A short lower-case phrase, geth's where it has one.
[[nodiscard]] const char* describe(Status status);

}  // namespace ol::evm
