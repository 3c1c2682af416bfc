#pragma once

#include <cstdint>

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/base/rlp.hpp>
#include <ol/base/u256.hpp>

namespace ol::state {

/// Keccak-256 of no bytes: the code hash of an account without code.
inline constexpr Hash256 kEmptyCodeHash{{0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c,
                                         0x92, 0x7e, 0x7d, 0xb2, 0xdc, 0xc7, 0x03, 0xc0,
                                         0xe5, 0x00, 0xb6, 0x53, 0xca, 0x82, 0x27, 0x3b,
                                         0x7b, 0xfa, 0xd8, 0x04, 0x5d, 0x85, 0xa4, 0x70}};

/// Keccak-256 of the RLP of an empty string: the root of a trie without keys.
inline constexpr Hash256 kEmptyTrieRoot{{0x56, 0xe8, 0x1f, 0x17, 0x1b, 0xcc, 0x55, 0xa6,
                                         0xff, 0x83, 0x45, 0xe6, 0x92, 0xc0, 0xf8, 0x6e,
                                         0x5b, 0x48, 0xe0, 0x1b, 0x99, 0x6c, 0xad, 0xc0,
                                         0x01, 0x62, 0x2f, 0xb5, 0xe3, 0x63, 0xb4, 0x21}};

/// An Ethereum account, Yellow Paper section 4.1.
struct Account {
  std::uint64_t nonce = 0;
  U256 balance;  // wei
  Hash256 code_hash = kEmptyCodeHash;
  Hash256 storage_root = kEmptyTrieRoot;

  /// No nonce, no balance, no code (EIP-161). Such an account is deleted once touched.
  [[nodiscard]] bool is_empty() const {
    return nonce == 0 && balance.is_zero() && code_hash == kEmptyCodeHash;
  }

  friend bool operator==(const Account&, const Account&) = default;
};

/// The RLP list (nonce, balance, storage root, code hash): the account trie's value, and how
/// storage keeps accounts. Format: docs/protocol/state.md.
[[nodiscard]] Bytes encode_account(const Account& account);
[[nodiscard]] Result<Account, RlpError> decode_account(ByteView in);

}  // namespace ol::state
