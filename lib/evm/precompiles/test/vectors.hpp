// What the tests of precompiled contracts share.
#pragma once

#include <cstdint>

#include <ol/base/address.hpp>
#include <ol/base/bytes.hpp>
#include <ol/evm/precompiles.hpp>

namespace ol::evm::precompiles {

inline constexpr std::int64_t kPlenty = 100'000'000'000;

/// The address whose last two bytes are `number`.
[[nodiscard]] inline Address address_of(unsigned number) {
  Address out;
  out.bytes[18] = static_cast<std::uint8_t>(number >> 8);
  out.bytes[19] = static_cast<std::uint8_t>(number);
  return out;
}

/// Runs the contract at `number`, which exists under `revision`.
[[nodiscard]] inline PrecompileResult run(unsigned number, ByteView input,
                                          Revision revision = Revision::Osaka,
                                          std::int64_t gas = kPlenty) {
  return find_precompile(address_of(number), revision)(input, gas, revision);
}

}  // namespace ol::evm::precompiles
