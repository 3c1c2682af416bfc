#include "traders.hpp"

#include <ostream>

namespace ol::exchange::test {
namespace {

Address agent_address(std::uint8_t number) {
  Address out;
  out.bytes[0] = 0xdd;
  out.bytes[19] = number;
  return out;
}

template <typename Array, typename Name>
void print_counts(std::ostream& out, const Array& counts, Name name_of) {
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] != 0) out << "  " << name_of(i) << ": " << counts[i] << "\n";
  }
}

template <std::size_t N>
void add_counts(std::array<std::uint64_t, N>& to, const std::array<std::uint64_t, N>& from) {
  for (std::size_t i = 0; i < N; ++i)
    to[i] += from[i];
}

}  // namespace

void Tally::add(const BlockResult& out) {
  for (const ActionResult& result : out.results) {
    if (result.ok) ++succeeded_;
    if (!result.ok) ++errors_[index(result.error)];
    for (const OrderResult& order : result.orders) {
      if (order.kind == OrderResult::Kind::Error) ++errors_[index(order.error)];
    }
  }
  for (const Event& event : out.events) {
    if (const auto* cancel = std::get_if<CancelEvent>(&event)) ++cancels_[index(cancel->reason)];
    if (const auto* fill = std::get_if<FillEvent>(&event)) ++fills_[index(fill->kind)];
    if (std::holds_alternative<FundingEvent>(event)) ++fundings_;
    if (const auto* step = std::get_if<LiquidationEvent>(&event)) {
      ++liquidations_[index(step->method)];
      if (step->method == LiquidationEvent::Method::Adl && step->usd > 0) ++bad_debts_;
    }
  }
}

void Tally::add(const Tally& other) {
  add_counts(fills_, other.fills_);
  add_counts(liquidations_, other.liquidations_);
  add_counts(cancels_, other.cancels_);
  add_counts(errors_, other.errors_);
  succeeded_ += other.succeeded_;
  fundings_ += other.fundings_;
  bad_debts_ += other.bad_debts_;
}

void Tally::print(std::ostream& out) const {
  constexpr std::array kFills = {"trades", "liquidation fills", "backstop fills", "adl fills"};
  constexpr std::array kSteps = {"ladder: cancel", "ladder: market", "ladder: backstop",
                                 "ladder: insurance", "ladder: adl"};
  out << "  actions that succeeded: " << succeeded_ << "\n  funding payments: " << fundings_
      << "\n  bad debts: " << bad_debts_ << "\n";
  print_counts(out, fills_, [&](std::size_t i) { return kFills[i]; });
  print_counts(out, liquidations_, [&](std::size_t i) { return kSteps[i]; });
  print_counts(out, cancels_, [](std::size_t i) { return name(static_cast<CancelReason>(i)); });
  print_counts(out, errors_, [](std::size_t i) { return name(static_cast<Error>(i)); });
}

Traders::Traders(std::uint64_t seed, Options options)
    : options_(options), chain_(options.params), random_(seed) {
  if (options_.order_mode == OrderMode::HashOrder) chain_.order_by_hash();
  for (std::uint8_t i = 1; i <= kUsers; ++i) {
    chain_.system({CreditUsd{user(i), 5'000 * kDollar},
                   CreditSpot{user(i), kUsdToken, 1'000'000'000'000},
                   CreditSpot{user(i), kOpenToken, 1'000'000'000'000}});
  }
  chain_.system({CreditUsd{kBackstop, 2'000 * kDollar}, CreditUsd{kInsurance, 50 * kDollar}});
}

std::size_t Traders::step() {
  std::vector<SystemAction> system;
  add_prices(system);
  if (options_.everything) add_governance(system);
  if (options_.development) add_development(system);
  std::array<std::vector<VerifiedAction>, 5> by_step;
  const std::size_t count = 1 + random_.below(options_.actions_max);
  for (std::size_t i = 0; i < count; ++i) {
    VerifiedAction action = any_action();
    elements_ += element_count(action.action.body);
    by_step[static_cast<std::size_t>(step_of(action.action.body))].push_back(std::move(action));
  }
  std::vector<VerifiedAction> actions;
  for (auto& list : by_step)
    actions.insert(actions.end(), std::make_move_iterator(list.begin()),
                   std::make_move_iterator(list.end()));
  const TimeMs after = random_.chance(5) ? 3'000'000 : 100 + random_.below(3'000);
  last_ = chain_.block(std::move(system), std::move(actions), after);
  tally_.add(last_);
  return count;
}

void Traders::quiet_step() {
  std::vector<SystemAction> system;
  add_prices(system);
  last_ = chain_.block(std::move(system), {}, 100 + random_.below(3'000));
  tally_.add(last_);
}

std::pair<Address, Order> Traders::single(BlockResult& out) {
  const Address who = any_user();
  Order order = any_order();
  order.trigger = Trigger::None;
  out = chain_.block({}, {chain_.action(who, place(order))}, 50);
  return {who, order};
}

void Traders::new_prices() {
  chain_.system({SetOracle{kBtc, move(btc_, 10)}, SetOracle{kEth, move(eth_, 10)}});
}

std::vector<Address> Traders::users() const {
  std::vector<Address> out;
  for (std::uint8_t i = 1; i <= kUsers; ++i)
    out.push_back(user(i));
  return out;
}

// Mostly small steps, at times a crash or a jump that breaks leveraged accounts.
std::uint64_t Traders::move(std::uint64_t& px, std::uint64_t tick) {
  const std::uint64_t span = random_.chance(options_.jump_percent) ? px / 4 : px / 300;
  px = px - span + random_.below(2 * span + 1);
  px = std::clamp<std::uint64_t>(px - px % tick, 50'000, 5'000'000);
  return px;
}

void Traders::add_prices(std::vector<SystemAction>& out) {
  // A development network's price, or a validator's, which is clamped and averaged.
  if (options_.everything && random_.chance(20)) {
    const std::uint64_t btc = move(btc_, 10);
    out.push_back(OracleSubmit{0, ++round_, {{kBtc, btc, btc + random_.below(40)}}});
    return;
  }
  if (random_.chance(60)) out.push_back(SetOracle{kBtc, move(btc_, 10)});
  if (random_.chance(60)) out.push_back(SetOracle{kEth, move(eth_, 10)});
}

// What others than traders do: deposits, stakes, statuses, a settlement now and then.
void Traders::add_governance(std::vector<SystemAction>& out) {
  if (random_.chance(2)) out.push_back(CreditUsd{any_user(), 1'000 * kDollar});
  if (random_.chance(1)) out.push_back(CreditSpot{any_user(), kOpenToken, 10'000'000'000});
  if (random_.chance(1)) out.push_back(CreditUsd{kInsurance, 20 * kDollar});
  if (random_.chance(1)) out.push_back(SetStake{any_user(), random_.below(1'000'000)});
  if (random_.chance(1)) out.push_back(RegisterReferral{any_user(), "CODE"});
  if (random_.chance(2)) {
    const std::uint64_t pick = random_.below(60);
    const MarketStatus status =
        pick < 4 ? static_cast<MarketStatus>(1 + pick) : MarketStatus::Active;
    out.push_back(SetMarketStatus{any_asset(), status});
  } else if (random_.chance(2)) {
    // A market is halted and, once the price went on without it, settled: only then do accounts owe
    // more than they and all others can pay.
    for (const AssetId asset : {kBtc, kEth}) {
      const bool halted = chain_.market(asset).status == MarketStatus::Halted;
      out.push_back(SetMarketStatus{asset, halted ? MarketStatus::Settling : MarketStatus::Halted});
    }
  } else if (random_.chance(10)) {
    for (const AssetId asset : {kBtc, kEth, kSpot})
      out.push_back(SetMarketStatus{asset, MarketStatus::Active});
  }
}

// What only development networks do (dex.md 17.5), and prices at the ends of their range (1.6).
void Traders::add_development(std::vector<SystemAction>& out) {
  if (random_.below(300) == 0) {
    constexpr std::array<std::uint64_t, 5> kEnds = {1, 10, 19, 10'000'000'000, kPxEnd - 1};
    out.push_back(SetOracle{random_.chance(50) ? kBtc : kEth, kEnds[random_.below(kEnds.size())]});
  }
  if (random_.below(100) == 0) out.push_back(TakeSnapshot{});
  if (random_.below(100) == 0) out.push_back(any_params());
  const auto& snapshots = chain_.state().snapshots.items();
  const std::uint64_t pick = random_.below(150);
  if (pick == 0) out.push_back(RevertTo{1 + random_.below(chain_.state().global().height)});
  if (pick == 1 && !snapshots.empty()) {
    const auto at = static_cast<std::ptrdiff_t>(random_.below(snapshots.size()));
    out.push_back(RevertTo{std::next(snapshots.begin(), at)->first});
  }
}

// Mostly the usual value, so that one that stops trading does not stay.
SetParams Traders::any_params() {
  constexpr std::array<std::string_view, 16> kNames = {
      "breaker_ppb",    "fills_per_order_max", "funding_cap",    "funding_sweep_usd",
      "mark_period_ms", "open_orders",         "oracle_mode",    "oracle_stale_ms",
      "partial_ppb",    "premium_period_ms",   "seal_window",    "slice_band_ppb",
      "step_clamp_ppb", "trigger_band_ppb",    "twap_period_ms", "unwind_usd"};
  SetParams out;
  for (std::uint64_t left = 1 + random_.below(2); left > 0; --left) {
    const std::string_view name = kNames[random_.below(kNames.size())];
    const ParamRange range = *param_range(name);
    const std::int64_t usual = *param_value(options_.params, name);
    std::int64_t value = usual;
    if (random_.chance(15)) value = range.least;
    if (random_.chance(15)) value = std::min(range.most, 2 * usual);
    if (random_.chance(2)) value = range.least - 1;
    out.values.push_back({std::string(name), value});
  }
  return out;
}

AssetId Traders::any_asset() {
  const std::uint64_t pick = random_.below(10);
  return pick < 5 ? kBtc : (pick < 8 ? kEth : kSpot);
}

OrderId Traders::recent_oid() {
  const std::uint64_t next = chain_.state().global().next_oid;
  return OrderId(next - std::min(next - 1, 1 + random_.below(30)));
}

Order Traders::any_order() {
  Order order;
  order.asset = any_asset();
  order.side = any_side();
  const std::uint64_t middle =
      order.asset == kBtc ? btc_ : (order.asset == kEth ? eth_ : 1'000'000);
  const std::uint64_t span = middle / 50;
  order.px = middle - span + random_.below(2 * span);
  if (order.asset != kSpot || random_.chance(2)) order.px -= order.px % 10;
  order.sz = random_.chance(2) ? random_.below(10) : 100 + random_.below(60'000);
  order.reduce_only = random_.chance(15);
  order.tif = static_cast<Tif>(1 + random_.below(4));
  order.stp = static_cast<Stp>(random_.below(4));
  if (random_.chance(10)) order.cloid.bytes[0] = static_cast<std::uint8_t>(random_.below(4));
  if (random_.chance(10)) {
    order.good_til = chain_.state().global().time + random_.below(20'000);
  }
  if (random_.chance(8)) {
    order.trigger = static_cast<Trigger>(1 + random_.below(4));
    order.trigger_px = order.px;
  }
  return order;
}

ActionBody Traders::any_orders() {
  PlaceOrders out;
  const std::size_t count = 1 + random_.below(3);
  for (std::size_t i = 0; i < count; ++i)
    out.orders.push_back(any_order());
  if (random_.chance(5)) {
    Order child = out.orders.front();
    child.trigger = Trigger::StopMarket;
    child.side = opposite(child.side);
    child.reduce_only = true;
    child.trigger_px = child.px;
    out.orders.front().trigger = Trigger::None;
    out.orders.front().reduce_only = false;
    out.orders.resize(1);
    out.orders.push_back(child);
    child.trigger = Trigger::TakeProfitMarket;
    out.orders.push_back(child);
    out.grouping = Grouping::ParentChildren;
  } else if (options_.everything && random_.chance(3)) {
    for (Order& order : out.orders) {
      order.asset = out.orders.front().asset;
      order.side = out.orders.front().side;
      order.px = out.orders.front().px;
      order.reduce_only = true;
      order.trigger = random_.chance(50) ? Trigger::StopMarket : Trigger::TakeProfitLimit;
      order.trigger_px = order.px;
    }
    out.grouping = Grouping::Position;
  }
  if (options_.everything && random_.chance(5)) {
    out.builder = any_user();
    out.builder_fee = static_cast<std::uint32_t>(random_.below(120));
  }
  return out;
}

ActionBody Traders::any_body() {
  switch (random_.below(24)) {
    case 0:
      return CancelOrders{{{any_asset(), recent_oid(), {}}, {any_asset(), any_oid(), {}}}};
    case 1:
      return CancelAll{random_.chance(50) ? kAllAssets : any_asset(),
                       static_cast<CancelSide>(random_.below(3))};
    case 2:
    case 3:
      return ModifyOrders{{{recent_oid(), {}, any_order()}}};
    case 4:
      return UpdateLeverage{any_asset(), random_.chance(50),
                            static_cast<std::uint32_t>(1 + random_.below(41))};
    case 5:
      return UsdClassTransfer{random_.below(3'000 * kDollar), random_.chance(50)};
    case 6:
      return UsdSend{any_user(), random_.below(1'000 * kDollar)};
    case 7:
      return SpotSend{any_user(), random_.chance(50) ? kUsdToken : kOpenToken,
                      random_.below(100'000'000'000)};
    case 8:
      return UpdateIsolatedMargin{
          random_.chance(50) ? kBtc : kEth,
          static_cast<std::int64_t>(random_.below(400'000'000)) - 200'000'000};
    case 9:
      return TwapOrder{any_asset(),        any_side(), 1'000 * (1 + random_.below(50)),
                       random_.chance(20), 5,          random_.chance(50)};
    case 10:
      return ScheduleCancel{chain_.state().global().time + random_.below(30'000)};
    case 11:
      return VaultTransfer{kBackstop, random_.chance(70), random_.below(500 * kDollar)};
    case 12:
      return ClaimRewards{};
    default:
      return any_orders();
  }
}

ActionBody Traders::seal_or_reveal(const Address& signer) {
  for (std::size_t i = 0; i < sealed_.size(); ++i) {
    if (sealed_[i].owner != signer) continue;
    ActionBody out = std::move(sealed_[i].reveal);
    sealed_.erase(sealed_.begin() + static_cast<std::ptrdiff_t>(i));
    return out;
  }
  RevealOrder reveal;
  reveal.order = any_order();
  reveal.salt.bytes[0] = static_cast<std::uint8_t>(random_.below(256));
  reveal.salt.bytes[1] = static_cast<std::uint8_t>(random_.below(256));
  reveal.commitment = seal_commitment(reveal.order, reveal.salt, signer);
  sealed_.push_back({signer, reveal});
  return SealOrder{reveal.commitment};
}

ActionBody Traders::rare_body(const Address& signer) {
  const bool crowded = chain_.state().accounts.size() > 60;
  const Address sub = sub_account_address(signer, static_cast<std::uint32_t>(random_.below(2)));
  const Address vault = vault_address(signer, 0);
  switch (random_.below(14)) {
    case 0:
      if (crowded) return Noop{};
      return CreateSubAccount{std::string(1, static_cast<char>('a' + random_.below(3)))};
    case 1:
    case 2:
      return SubAccountTransfer{sub, random_.chance(70), random_.chance(70),
                                random_.chance(50) ? kUsdToken : kOpenToken,
                                random_.below(800 * kDollar)};
    case 3:
      return ApproveAgent{agent_address(agents_++), random_.chance(50) ? "" : "a",
                          random_.chance(50) ? 0 : chain_.state().global().time + 60'000};
    case 4:
      return ApproveBuilderFee{any_user(), static_cast<std::uint32_t>(random_.below(1'100))};
    case 5:
      if (crowded || chain_.state().find_account(vault) != kNobody) return Noop{};
      return CreateVault{"v", "", 200 * kDollar + random_.below(300 * kDollar)};
    case 6:
    case 7:
      return VaultTransfer{vault_address(any_user(), 0), random_.chance(60),
                           random_.below(400 * kDollar)};
    case 8:
      if (random_.chance(50)) return SetReferrer{"CODE"};
      return RegisterReferralCode{std::string(random_.below(23), random_.chance(90) ? 'C' : 'c')};
    case 9:
      return TwapCancel{any_asset(), TwapId(1 + random_.below(chain_.state().global().next_twap))};
    case 10:
      return EvmUserModify{random_.chance(50)};
    default:
      return seal_or_reveal(signer);
  }
}

VerifiedAction Traders::any_action() {
  const Address signer = any_user();
  if (!options_.everything) return chain_.action(signer, any_body());
  const std::uint64_t pick = random_.below(100);
  if (pick < 12) return chain_.action(signer, rare_body(signer));
  // For a sub-account or a vault of one's own, by an agent, or for somebody else's account.
  if (pick < 20) {
    return chain_.action(signer, any_body(),
                         sub_account_address(signer, static_cast<std::uint32_t>(pick % 2)));
  }
  if (pick < 24) return chain_.action(signer, any_body(), vault_address(signer, 0));
  if (pick < 28 && agents_ > 0) {
    return chain_.action(agent_address(static_cast<std::uint8_t>(random_.below(agents_))),
                         any_body());
  }
  if (pick == 28) return chain_.action(signer, any_body(), any_user());
  return chain_.action(signer, any_body());
}

}  // namespace ol::exchange::test
