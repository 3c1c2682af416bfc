#include <ol/evm/status.hpp>

#include <ol/base/check.hpp>

namespace ol::evm {

const char* describe(Status status) {
  switch (status) {
    case Status::Success:
      return "success";
    case Status::Revert:
      return "execution reverted";
    case Status::OutOfGas:
      return "out of gas";
    case Status::StackUnderflow:
      return "stack underflow";
    case Status::StackOverflow:
      return "stack limit reached";
    case Status::InvalidOpcode:
      return "invalid opcode";
    case Status::BadJump:
      return "invalid jump destination";
    case Status::StaticViolation:
      return "write protection";
    case Status::ReturnDataBounds:
      return "return data out of bounds";
    case Status::DepthExceeded:
      return "max call depth exceeded";
    case Status::InsufficientBalance:
      return "insufficient balance for transfer";
    case Status::Collision:
      return "contract address collision";
    case Status::CodeTooLarge:
      return "max code size exceeded";
    case Status::InitCodeTooLarge:
      return "max initcode size exceeded";
    case Status::CodeStartsWithEf:
      return "invalid code: must not begin with 0xef";
    case Status::CodeDepositOutOfGas:
      return "contract creation code storage out of gas";
    case Status::NonceOverflow:
      return "nonce uint64 overflow";
    case Status::PrecompileFailure:
      return "precompiled contract failed";
    case Status::InputLength:
      return "invalid input length";
    case Status::FinalFlag:
      return "invalid final flag";
    case Status::ModexpLength:
      return "one or more of base/exponent/modulus length exceeded 1024 bytes";
    case Status::Bn254Coordinate:
      return "bn256: coordinate exceeds modulus";
    case Status::Bn254Point:
      return "bn256: malformed point";
    case Status::PairingSize:
      return "bad elliptic curve pairing size";
    case Status::VersionedHash:
      return "mismatched versioned hash";
    case Status::KzgProof:
      return "error verifying kzg proof";
    case Status::Bls12TopBytes:
      return "invalid field element top bytes";
    case Status::Bls12G1Subgroup:
      return "g1 point is not on correct subgroup";
    case Status::Bls12G2Subgroup:
      return "g2 point is not on correct subgroup";
  }
  OL_CHECK(false, "every status has a description");
}

}  // namespace ol::evm
