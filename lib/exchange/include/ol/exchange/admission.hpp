#pragma once

#include <cstdint>

#include <ol/base/result.hpp>
#include <ol/exchange/params.hpp>
#include <ol/exchange/signing.hpp>
#include <ol/exchange/state.hpp>

namespace ol::exchange {

/// Whether an action would get as far as its body in a block at `now` on this state: who signed,
/// nonce, account, budget and expiry (dex.md 14.2, 14.3, 15.4). What its body does is for the block
/// to say. A pool that refuses what this refuses carries nothing that cannot pay for its place.
/// @param waiting  Elements of the signer's actions that wait already: they spend the same budget.
[[nodiscard]] Result<void, Error> check_admission(const State& state, const Params& params,
                                                  const VerifiedAction& action, TimeMs now,
                                                  std::uint64_t waiting);

/// Whether the signer has used the nonce as far as the state remembers (dex.md 14.3).
[[nodiscard]] bool nonce_seen(const State& state, const Address& signer, std::uint64_t nonce);

/// How many elements of actions like `body` the account may have used in all (dex.md 15.4).
[[nodiscard]] std::uint64_t action_budget(const Params& params, const Account& account,
                                          const ActionBody& body);

/// Whom an action's signer speaks for: itself where it names itself, else the account that approved
/// it as an agent, else itself (ADR 37). Error::AgentRevoked for an agent that is one no more.
[[nodiscard]] Result<Address, Error> principal_of(const State& state, const VerifiedAction& action);

/// The account an action is for, its signer being `principal` or an agent of it; nobody's where it
/// does not control the one it names (dex.md 14.2).
[[nodiscard]] AccountIndex target_account(const State& state, const Address& principal,
                                          const Address& wanted);

}  // namespace ol::exchange
