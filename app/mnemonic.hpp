#pragma once

#include <string_view>

#include <ol/base/bytes.hpp>
#include <ol/crypto/secp256k1.hpp>

namespace ol::app {

/// The mnemonic that Foundry and Hardhat fund on their development chains.
inline constexpr std::string_view kDevMnemonic =
    "test test test test test test test test test test test junk";

/// The account key at m/44'/60'/0'/0/index. Source: BIP-39 (empty passphrase), BIP-32, BIP-44. The
/// words are not checked against a list.
[[nodiscard]] crypto::Secp256k1SecretKey account_from_mnemonic(std::string_view mnemonic,
                                                               std::uint32_t index);

}  // namespace ol::app
