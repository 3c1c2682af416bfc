#pragma once

#include "context.hpp"

namespace ol::exchange {

using Outcome = std::optional<Error>;  // nothing: done

// P1: what is not trading (dex.md 5.1, 8, 9, 13, 19.2). `account` is whom the action is for.
[[nodiscard]] Outcome run(Context& ctx, AccountIndex account, const UpdateLeverage& action);
[[nodiscard]] Outcome run(Context& ctx, AccountIndex account, const UpdateIsolatedMargin& action);
[[nodiscard]] Outcome run(Context& ctx, AccountIndex account, const UsdClassTransfer& action);
[[nodiscard]] Outcome run(Context& ctx, AccountIndex account, const UsdSend& action);
[[nodiscard]] Outcome run(Context& ctx, AccountIndex account, const SpotSend& action);
[[nodiscard]] Outcome run(Context& ctx, AccountIndex account, const CreateSubAccount& action);
[[nodiscard]] Outcome run(Context& ctx, AccountIndex account, const SubAccountTransfer& action);
[[nodiscard]] Outcome run(Context& ctx, AccountIndex account, const ApproveAgent& action);
[[nodiscard]] Outcome run(Context& ctx, AccountIndex account, const ApproveBuilderFee& action);
[[nodiscard]] Outcome run(Context& ctx, AccountIndex account, const SetReferrer& action);
[[nodiscard]] Outcome run(Context& ctx, AccountIndex account, const CreateVault& action);
[[nodiscard]] Outcome run(Context& ctx, AccountIndex account, const VaultTransfer& action);
[[nodiscard]] Outcome run(Context& ctx, AccountIndex account, const EvmUserModify& action);
[[nodiscard]] Outcome run(Context& ctx, AccountIndex account, const SealOrder& action);
[[nodiscard]] Outcome run(Context& ctx, AccountIndex account, const ClaimRewards& action);
[[nodiscard]] Outcome run(Context& ctx, AccountIndex account, const RegisterReferralCode& action);

/// Registers a referral code by the rules that users have (dex.md 9.5).
[[nodiscard]] Outcome run(Context& ctx, const RegisterReferral& action);

/// Moves perp cash between accounts, within Withdrawable (dex.md 8.4).
[[nodiscard]] Outcome move_usd(Context& ctx, AccountIndex from, AccountIndex to, std::uint64_t usd);
/// Moves free spot wei between accounts.
[[nodiscard]] Outcome move_spot(Context& ctx, AccountIndex from, AccountIndex to, TokenId token,
                                std::uint64_t wei);

/// Equity of a vault in micro-dollars: cross, isolated and spot at mark (dex.md 13.2).
[[nodiscard]] Int128 vault_equity(Context& ctx, AccountIndex vault);

/// Revokes an agent for ever (dex.md 13.4).
void revoke_agent(Context& ctx, const Address& agent);
/// Revokes agents whose time is over (S1).
void expire_agents(Context& ctx);

}  // namespace ol::exchange
