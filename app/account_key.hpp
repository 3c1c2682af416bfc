#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <ol/base/u256.hpp>
#include <ol/crypto/secp256k1.hpp>

#include "passphrase.hpp"

namespace ol::app {

/// "1ether", "0.5 ether", "20gwei" or wei alone. Nothing if it is not an amount or has more
/// decimals than its unit.
[[nodiscard]] std::optional<U256> parse_amount(std::string_view text);
/// An address that a flag was given, with or without a checksum. Throws CommandError, which names
/// the flag.
[[nodiscard]] Address flag_address(const std::string& text, const char* flag);
/// From 32 bytes of hex or a key file; exactly one is given. Throws CommandError.
[[nodiscard]] crypto::Secp256k1SecretKey account_key(const std::string& hex,
                                                     const std::string& file,
                                                     PassphraseSource& passphrase);

}  // namespace ol::app
