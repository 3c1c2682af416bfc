#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <ol/exchange/price.hpp>
#include <ol/exchange/types.hpp>

namespace ol::exchange {

/// Chain parameters with the defaults of dex.md 23. All validators of a chain hold the same.
struct Params {
  std::uint32_t fills_per_order_max = 1000;  // fills and makers removed on the way
  // What a block does of each at most; the rest is the next block's (docs/adr/0040).
  std::uint64_t fills_per_block_max = 100'000;  // fills and makers removed on the way
  std::uint64_t expiries_per_block_max = 10'000;
  std::uint64_t scheduled_cancels_per_block_max = 10'000;  // orders; the last account's are whole
  std::uint64_t triggers_per_block_max = 1'000;
  std::uint64_t triggers_crossed_per_block_max = 20'000;  // that fire: run or put in line
  std::uint64_t slices_per_block_max = 1'000;
  std::int64_t open_account_usd = kUsdPerDollar;       // of opening another's account by a send
  std::int64_t vault_least_usd = 100 * kUsdPerDollar;  // first deposit
  std::uint32_t builders_per_account = 10;
  std::uint32_t open_orders = 1000;
  std::uint32_t open_orders_max = 5000;
  std::int64_t usd_per_extra_order = 5'000'000 * kUsdPerDollar;
  TimeMs oracle_fresh_ms = 10'000;
  TimeMs oracle_stale_ms = 60'000;
  TimeMs mark_period_ms = 3'000;
  std::uint32_t oracle_mode = 0;  // 0 weighted median, 1 trimmed mean
  std::uint32_t oracle_trim_percent = 20;
  std::int64_t step_clamp_ppb = 50'000'000;
  std::int64_t deviation_flag_ppb = 50'000'000;
  std::uint32_t deviation_rounds = 10;
  std::int64_t breaker_ppb = 150'000'000;
  TimeMs breaker_window_ms = 300'000;
  TimeMs breaker_pause_ms = 30'000;
  std::vector<std::uint64_t> upgrade_heights;  // first blocks by other rules, ascending
  std::uint64_t upgrade_blocks = 50;           // post-only from each of them on
  std::int64_t partial_above_usd = 100'000 * kUsdPerDollar;
  std::int64_t partial_ppb = 200'000'000;
  TimeMs partial_pause_ms = 30'000;
  FundingParams funding;
  TimeMs premium_period_ms = 5'000;
  std::int64_t funding_sweep_usd = kUsdPerDollar;
  std::size_t nonces_kept = 100;
  TimeMs nonce_past_ms = 2ULL * 86'400'000;
  TimeMs nonce_future_ms = 86'400'000;
  std::uint32_t sub_accounts = 10;
  std::uint32_t named_agents = 3;
  std::uint32_t agents_per_sub = 2;
  std::uint64_t budget_actions = 10'000;
  TimeMs over_budget_ms = 10'000;
  std::int64_t vault_cut_ppb = 100'000'000;
  std::int64_t leader_share_ppb = 50'000'000;
  std::int64_t vault_deposit_least_usd = 10 * kUsdPerDollar;
  TimeMs vault_lock_ms = 86'400'000;
  TimeMs backstop_lock_ms = 4ULL * 86'400'000;
  std::int64_t unwind_usd = 10'000 * kUsdPerDollar;  // of one quote of the backstop vault
  std::uint64_t seal_bond = 10;
  std::uint64_t seal_window = 5;
  std::int64_t trigger_band_ppb = 100'000'000;
  std::int64_t slice_band_ppb = 30'000'000;  // TWAP slices and vault reductions
  TimeMs twap_period_ms = 30'000;

  /// Whether the block at `height` is one of the first after an upgrade (dex.md 7.3).
  [[nodiscard]] bool follows_upgrade(std::uint64_t height) const {
    return std::ranges::any_of(upgrade_heights, [&](std::uint64_t first) {
      return height >= first && height - first < upgrade_blocks;
    });
  }
};

/// What a parameter may be.
struct ParamRange {
  std::int64_t least = 0;
  std::int64_t most = 0;
};
/// Names of the parameters that SetParam knows, as the fields above are called; sorted.
[[nodiscard]] std::vector<std::string_view> param_names();
/// Nothing: there is no such parameter.
[[nodiscard]] std::optional<ParamRange> param_range(std::string_view name);
[[nodiscard]] std::optional<std::int64_t> param_value(const Params& params, std::string_view name);
/// False, with nothing changed, where there is no such parameter or the value is out of its range.
[[nodiscard]] bool set_param(Params& params, std::string_view name, std::int64_t value);

}  // namespace ol::exchange
