#pragma once

#include <cstdint>
#include <string_view>

#include <ol/base/address.hpp>
#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/crypto/secp256k1.hpp>
#include <ol/exchange/actions.hpp>
#include <ol/exchange/error.hpp>

namespace ol::exchange {

/// EIP-712 domain separator of the chain: name "OpenLiquid", version "1" (dex.md 14.1).
/// Source: EIP-712.
[[nodiscard]] Hash256 domain_separator(std::uint64_t chain_id);

/// The full type string of an action (dex.md 14.4).
[[nodiscard]] std::string_view type_string(const ActionBody& body);

/// EIP-712 hashStruct of an order; sealed commitments hash it too (dex.md 19.2).
[[nodiscard]] Hash256 order_struct_hash(const Order& order);

/// EIP-712 hashStruct of an action with its tail.
[[nodiscard]] Hash256 action_struct_hash(const Action& action);

/// The digest that is signed (dex.md 14.5). What names an action is `VerifiedAction::hash`.
[[nodiscard]] Hash256 action_hash(const Hash256& domain, const Action& action);

/// An action with its signer, established by `verify_action`: the engine takes no other kind.
struct VerifiedAction {
  Action action;
  Address signer;
  Hash256 hash;  // names it in results and proofs: keccak256(digest, signer), docs/adr/0023
};

/// A signature as the wire carries it: r, s, v, 65 bytes (dex.md 14.1).
using ActionSignature = FixedBytes<65, struct ActionSignatureTag>;

/// Recovers who signed. Any thread. Error::BadSignature where v is neither 27 nor 28, s is in the
/// upper half, or no key fits.
[[nodiscard]] Result<VerifiedAction, Error> verify_action(const Hash256& domain, Action action,
                                                          const ActionSignature& signature);

/// Signs, for clients and tests.
[[nodiscard]] ActionSignature sign_action(const crypto::Secp256k1SecretKey& key,
                                          const Hash256& domain, const Action& action);

/// What SealOrder commits to: keccak256(abi.encode(hashStruct(order), salt, account))
/// (dex.md 19.2).
[[nodiscard]] Hash256 seal_commitment(const Order& order, const Hash256& salt,
                                      const Address& account);

/// Address of a master's sub-account, of a leader's vault (dex.md 13.1, 13.2).
[[nodiscard]] Address sub_account_address(const Address& master, std::uint32_t index);
[[nodiscard]] Address vault_address(const Address& leader, std::uint32_t index);

}  // namespace ol::exchange
