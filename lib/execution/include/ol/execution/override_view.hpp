#pragma once

#include <map>
#include <optional>

#include <ol/state/state_view.hpp>

namespace ol::execution {

/// What a call is told of an account instead of the truth.
struct AccountOverride {
  std::optional<std::uint64_t> nonce;
  std::optional<U256> balance;
  std::optional<Bytes> code;
  /// All of the account's storage; slots left out are zero.
  std::optional<std::map<Hash256, U256>> storage;
  /// Single slots, stronger than `storage`.
  std::map<Hash256, U256> slots;
};
using StateOverrides = std::map<Address, AccountOverride>;

/// A state as it would be with `overrides`: the state overrides of eth_call. Borrows the state.
/// Accounts named there exist. Thread rule: that of the state.
class OverrideView final : public state::StateView {
 public:
  OverrideView(const state::StateView& state, StateOverrides overrides);

  [[nodiscard]] Result<std::optional<state::Account>, state::StateError> account(
      const Address& address) const override;
  [[nodiscard]] Result<U256, state::StateError> storage(const Address& address,
                                                        const Hash256& slot) const override;
  [[nodiscard]] Result<state::Code, state::StateError> code(
      const Hash256& code_hash) const override;

 private:
  const state::StateView& state_;
  StateOverrides overrides_;
  std::map<Address, Hash256> code_hashes_;
  std::map<Hash256, state::Code> code_;
};

}  // namespace ol::execution
