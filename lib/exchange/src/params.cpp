#include <ol/exchange/params.hpp>

#include <algorithm>
#include <array>

namespace ol::exchange {
namespace {

struct Field {
  std::string_view name;
  ParamRange range;
  std::int64_t (*get)(const Params&);
  void (*set)(Params&, std::int64_t);
};

template <auto Member>
constexpr Field field(std::string_view name, std::int64_t least, std::int64_t most) {
  return {name,
          {least, most},
          [](const Params& params) { return static_cast<std::int64_t>(params.*Member); },
          [](Params& params, std::int64_t value) {
            using Value = std::remove_reference_t<decltype(params.*Member)>;
            params.*Member = static_cast<Value>(value);
          }};
}
template <auto Member>
constexpr Field funding_field(std::string_view name, std::int64_t most) {
  return {name,
          {0, most},
          [](const Params& params) { return params.funding.*Member; },
          [](Params& params, std::int64_t value) { params.funding.*Member = value; }};
}

constexpr std::int64_t kWhole = 1'000'000'000;  // ppb
constexpr std::int64_t kDay = 86'400'000;       // ms
constexpr std::int64_t kYear = 365 * kDay;
constexpr std::int64_t kUsdMost = 1'000'000'000 * kUsdPerDollar;

// By name. Periods and counts that something is divided by or looped with begin at 1. How many
// nonces are kept and for how long is not among them: actions of before could be sent again.
constexpr std::array kFields{
    field<&Params::agents_per_sub>("agents_per_sub", 0, 100),
    field<&Params::backstop_lock_ms>("backstop_lock_ms", 0, kYear),
    field<&Params::breaker_pause_ms>("breaker_pause_ms", 0, kDay),
    field<&Params::breaker_ppb>("breaker_ppb", 1, kWhole),
    field<&Params::breaker_window_ms>("breaker_window_ms", 1'000, kDay),
    field<&Params::budget_actions>("budget_actions", 0, 1'000'000'000'000'000),
    field<&Params::builders_per_account>("builders_per_account", 0, 1'000),
    field<&Params::deviation_flag_ppb>("deviation_flag_ppb", 1, kWhole),
    field<&Params::deviation_rounds>("deviation_rounds", 1, 1'000'000),
    field<&Params::expiries_per_block_max>("expiries_per_block_max", 1, 1'000'000),
    field<&Params::fills_per_block_max>("fills_per_block_max", 1, 1'000'000),
    field<&Params::fills_per_order_max>("fills_per_order_max", 1, 100'000),
    funding_field<&FundingParams::cap>("funding_cap", kWhole),
    funding_field<&FundingParams::clamp>("funding_clamp", kWhole),
    funding_field<&FundingParams::interest8>("funding_interest8", kWhole),
    field<&Params::funding_sweep_usd>("funding_sweep_usd", 0, kUsdMost),
    field<&Params::leader_share_ppb>("leader_share_ppb", 0, kWhole),
    field<&Params::mark_period_ms>("mark_period_ms", 1, kDay),
    field<&Params::named_agents>("named_agents", 0, 100),
    field<&Params::nonce_future_ms>("nonce_future_ms", 1'000, kYear),
    field<&Params::open_account_usd>("open_account_usd", 0, kUsdMost),
    field<&Params::open_orders>("open_orders", 1, 100'000),
    field<&Params::open_orders_max>("open_orders_max", 1, 100'000),
    field<&Params::oracle_fresh_ms>("oracle_fresh_ms", 1'000, kYear),
    field<&Params::oracle_mode>("oracle_mode", 0, 1),
    field<&Params::oracle_stale_ms>("oracle_stale_ms", 1'000, kYear),
    field<&Params::oracle_trim_percent>("oracle_trim_percent", 0, 49),
    field<&Params::over_budget_ms>("over_budget_ms", 0, kDay),
    field<&Params::partial_above_usd>("partial_above_usd", 0, kUsdMost),
    field<&Params::partial_pause_ms>("partial_pause_ms", 0, kDay),
    field<&Params::partial_ppb>("partial_ppb", 1, kWhole),
    field<&Params::premium_period_ms>("premium_period_ms", 1, kDay),
    field<&Params::scheduled_cancels_per_block_max>("scheduled_cancels_per_block_max", 1,
                                                    1'000'000),
    field<&Params::seal_bond>("seal_bond", 0, 1'000'000),
    field<&Params::seal_window>("seal_window", 1, 1'000'000),
    field<&Params::slice_band_ppb>("slice_band_ppb", 0, kWhole),
    field<&Params::slices_per_block_max>("slices_per_block_max", 1, 1'000'000),
    field<&Params::step_clamp_ppb>("step_clamp_ppb", 1, kWhole),
    field<&Params::sub_accounts>("sub_accounts", 0, 10'000),
    field<&Params::trigger_band_ppb>("trigger_band_ppb", 0, kWhole),
    field<&Params::triggers_crossed_per_block_max>("triggers_crossed_per_block_max", 1, 1'000'000),
    field<&Params::triggers_per_block_max>("triggers_per_block_max", 1, 1'000'000),
    field<&Params::twap_period_ms>("twap_period_ms", 1'000, kDay),
    field<&Params::unwind_usd>("unwind_usd", kUsdPerDollar, kUsdMost),
    field<&Params::usd_per_extra_order>("usd_per_extra_order", kUsdPerDollar, kUsdMost),
    field<&Params::vault_cut_ppb>("vault_cut_ppb", 0, kWhole),
    field<&Params::vault_deposit_least_usd>("vault_deposit_least_usd", 1, kUsdMost),
    field<&Params::vault_least_usd>("vault_least_usd", 0, kUsdMost),
    field<&Params::vault_lock_ms>("vault_lock_ms", 0, kYear),
};
static_assert(std::ranges::is_sorted(kFields, {}, &Field::name));

const Field* find_field(std::string_view name) {
  const auto at = std::ranges::lower_bound(kFields, name, {}, &Field::name);
  return at == kFields.end() || at->name != name ? nullptr : &*at;
}

}  // namespace

std::vector<std::string_view> param_names() {
  std::vector<std::string_view> out;
  for (const Field& field : kFields)
    out.push_back(field.name);
  return out;
}

std::optional<ParamRange> param_range(std::string_view name) {
  const Field* found = find_field(name);
  if (found == nullptr) return std::nullopt;
  return found->range;
}

std::optional<std::int64_t> param_value(const Params& params, std::string_view name) {
  const Field* found = find_field(name);
  if (found == nullptr) return std::nullopt;
  return found->get(params);
}

bool set_param(Params& params, std::string_view name, std::int64_t value) {
  const Field* found = find_field(name);
  if (found == nullptr || value < found->range.least || value > found->range.most) return false;
  found->set(params, value);
  return true;
}

}  // namespace ol::exchange
