#pragma once

#include <string>
#include <string_view>

#include <ol/base/address.hpp>
#include <ol/base/result.hpp>

namespace ol::primitives {

/// `address` with 0x and the letters' case as a checksum, as wallets show it. Source: EIP-55.
[[nodiscard]] std::string checksum_text(const Address& address);

enum class AddressTextError : std::uint8_t {
  Malformed,    // not 40 hex digits after 0x
  BadChecksum,  // letters of both cases, but not those of EIP-55: a digit is wrong
};
/// The error as a phrase that follows "the address ...".
[[nodiscard]] const char* describe(AddressTextError error);

/// Reads an address a person wrote. Letters of one case carry no checksum and are taken as they
/// are. Source: EIP-55.
[[nodiscard]] Result<Address, AddressTextError> parse_address(std::string_view text);

}  // namespace ol::primitives
