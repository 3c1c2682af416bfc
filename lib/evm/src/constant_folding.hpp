#pragma once

#include <cstdint>
#include <optional>

#include <ol/base/u256.hpp>
#include <ol/evm/opcode.hpp>

namespace ol::evm {

/// PUSH and an operation on constants give a constant: what, or nothing.
inline std::optional<U256> fold(std::uint8_t op, const U256& a, const U256& b) {
  switch (static_cast<Opcode>(op)) {
    case Opcode::Add:
      return a + b;
    case Opcode::Sub:
      return a - b;
    case Opcode::Mul:
      return a * b;
    case Opcode::And:
      return a & b;
    case Opcode::Or:
      return a | b;
    case Opcode::Shl:
      return shl(b, a);
    case Opcode::Shr:
      return shr(b, a);
    default:
      return std::nullopt;
  }
}

}  // namespace ol::evm
