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
  }
  OL_CHECK(false, "every status has a description");
}

}  // namespace ol::evm
