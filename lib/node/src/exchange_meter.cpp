#include "exchange_meter.hpp"

#include <algorithm>
#include <cmath>
#include <variant>

namespace ol::node {
namespace {

using namespace exchange;

// dex.md 1.3: prices have what sizes leave of 6 decimals, of 8 for spot pairs.
constexpr int kPerpPxDecimals = 6;
constexpr int kSpotPxDecimals = 8;

double scaled(double value, int decimals) {
  return value / std::pow(10.0, decimals);
}

MarketSample sample_of(const State& state, MarketIndex market, TimeMs now) {
  const MarketConfig& config = state.info(market).config;
  const MarketState& at = state.markets[market];
  const int sz_decimals = config.sz_decimals;
  const int px_decimals =
      std::max(0, (is_spot(config.asset) ? kSpotPxDecimals : kPerpPxDecimals) - sz_decimals);
  const auto px = [&](std::uint64_t units) {
    return scaled(static_cast<double>(units), px_decimals);
  };
  const auto best = [&](Side side) {
    const auto tick = state.orders.book(market).best_tick(side);
    return tick ? px(*tick * config.tick_px) : 0;
  };
  MarketSample out{.name = config.name,
                   .active = at.status == MarketStatus::Active,
                   .oracle_px = px(at.oracle),
                   .mark_px = px(at.mark),
                   .open_interest = scaled(static_cast<double>(at.open_interest), sz_decimals),
                   .best_bid = best(Side::Buy),
                   .best_ask = best(Side::Sell)};
  if (at.oracle != 0 && now > at.oracle_at)
    out.oracle_age_s = scaled(static_cast<double>(now - at.oracle_at), 3);
  return out;
}

}  // namespace

void ExchangeCounts::add(const BlockResult& block) {
  for (const ActionResult& action : block.results) {
    ++(action.ok ? actions_done : actions_refused);
    for (const OrderResult& order : action.orders) {
      if (order.kind == OrderResult::Kind::Error) ++orders_refused;
      if (order.kind == OrderResult::Kind::Resting || order.kind == OrderResult::Kind::Filled ||
          order.kind == OrderResult::Kind::WaitingForTrigger)
        ++orders_taken;
    }
  }
  for (const Event& event : block.events) {
    if (const auto* fill = std::get_if<FillEvent>(&event)) {
      ++fills.at(static_cast<std::size_t>(fill->kind));
    } else if (const auto* cancel = std::get_if<CancelEvent>(&event)) {
      ++cancels.at(static_cast<std::size_t>(cancel->reason));
    } else if (const auto* one = std::get_if<LiquidationEvent>(&event)) {
      ++liquidations.at(static_cast<std::size_t>(one->method));
    } else if (const auto* alert = std::get_if<AlertEvent>(&event)) {
      ++alerts.at(static_cast<std::size_t>(alert->kind));
    }
  }
}

ExchangeMeter::ExchangeMeter(Access& access) : access_(access) {
  ticket_ = access_.subscribe([this](const CommittedBlockPtr& block) {
    const MutexLock lock(mutex_);
    counts_.add(block->result);
  });
}

ExchangeMeter::~ExchangeMeter() {
  access_.unsubscribe(ticket_);
}

ExchangeSample ExchangeMeter::sample(std::size_t waiting) const {
  ExchangeSample out;
  out.height = access_.height();
  out.waiting = waiting;
  {
    const MutexLock lock(mutex_);
    out.counts = counts_;
  }
  const TimeMs now = access_.time();
  access_.read([&](const State& state) {
    out.accounts = state.accounts.size();
    out.accounts_in_debt = state.debtors.items().size();
    out.triggers = state.triggers.items().size();
    out.twaps = state.twaps.items().size();
    out.insurance_usd = scaled(static_cast<double>(state.accounts[kInsuranceIndex].raw_usd), 6);
    for (const auto& [asset, market] : state.markets_by_asset())
      out.markets.push_back(sample_of(state, market, now));
  });
  return out;
}

}  // namespace ol::node
