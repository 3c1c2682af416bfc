#include "event_reference.hpp"

namespace ol::exchange::test {
namespace {

bool meets_book(const FillEvent& event) {
  return event.kind == FillKind::Trade || event.kind == FillKind::Liquidation;
}

// The event with which each order left its queue: a cancel, or the last fill of one that is gone.
std::map<OrderId, std::size_t> departures(const BlockResult& result, const State& after) {
  std::map<OrderId, std::size_t> out;
  for (std::size_t i = 0; i < result.events.size(); ++i) {
    if (const auto* cancel = std::get_if<CancelEvent>(&result.events[i])) out[cancel->oid] = i;
    const auto* fill = std::get_if<FillEvent>(&result.events[i]);
    if (fill == nullptr || !meets_book(*fill)) continue;
    if (after.orders.find(fill->maker_oid) == kNoSlot) out[fill->maker_oid] = i;
  }
  return out;
}

}  // namespace

EventReference::EventReference(const State& start) {
  for (std::uint32_t i = 0; i < start.perps.size(); ++i) {
    const PerpState& p = start.perps[i];
    if (p.account == kNobody) continue;
    positions_[{start.accounts[p.account].address, start.info(p.market).config.asset}] = {
        p.szi, p.entry_ntl};
  }
  std::map<std::pair<MarketIndex, std::uint64_t>, Slot> by_arrival;
  for (AccountIndex i = 0; i < start.accounts.size(); ++i) {
    for (const OrderId oid : start.orders.orders_of(i)) {
      const Slot slot = start.orders.find(oid);
      by_arrival[{start.orders[slot].market, start.orders.cold(slot).seq}] = slot;
    }
  }
  for (const auto& [arrival, slot] : by_arrival) {
    const OrderNode& order = start.orders[slot];
    const MarketConfig& config = start.info(order.market).config;
    rest(OrderId(order.oid), config.asset, order.side, order.tick * config.tick_px);
  }
}

void EventReference::rest(OrderId oid, AssetId asset, Side side, std::uint64_t price) {
  const auto px = static_cast<std::int64_t>(price);
  const Resting at{{asset, side}, {side == Side::Sell ? px : -px, ++arrivals_, oid.value()}};
  queues_[at.queue].insert(at.place);
  resting_[oid] = at;
}

void EventReference::trade(const Address& account, AssetId asset, Side side, std::int64_t sz,
                           std::int64_t px) {
  Position& p = positions_[{account, asset}];
  const std::int64_t signed_sz = side == Side::Buy ? sz : -sz;
  const bool same = p.szi == 0 || (p.szi > 0) == (signed_sz > 0);
  const std::int64_t held = p.szi > 0 ? p.szi : -p.szi;
  if (same) {
    p.entry_ntl += Int128{signed_sz} * px;
  } else if (sz <= held) {
    p.entry_ntl -= p.entry_ntl * sz / held;  // rounds to zero, as 2.3 asks
  } else {
    p.entry_ntl = Int128{p.szi + signed_sz} * px;
  }
  p.szi += signed_sz;
}

void EventReference::remove(OrderId oid) {
  const auto it = resting_.find(oid);
  if (it == resting_.end()) return;  // a trigger, or the rest of a taker
  queues_[it->second.queue].erase(it->second.place);
  resting_.erase(it);
}

std::string EventReference::fill(const FillEvent& event) {
  if (event.taker == event.maker) return "20.9 self-trade";
  if (event.sz == 0) return "6.4 empty fill";
  if (!is_spot(event.asset)) {
    const auto sz = static_cast<std::int64_t>(event.sz);
    const auto px = static_cast<std::int64_t>(event.px);
    trade(event.taker, event.asset, event.taker_side, sz, px);
    trade(event.maker, event.asset, opposite(event.taker_side), sz, px);
  }
  if (!meets_book(event)) return "";
  const auto it = resting_.find(event.maker_oid);
  if (it == resting_.end()) return "20.8 a maker that does not rest";
  if (it->second.queue != std::pair(event.asset, opposite(event.taker_side))) {
    return "20.8 a maker of another queue";
  }
  const auto rank = static_cast<std::int64_t>(event.px) *
                    (event.taker_side == Side::Buy ? 1 : -1);  // asks ascending, bids descending
  if (std::get<0>(it->second.place) != rank) return "6.1 not at the maker's price";
  if (*queues_[it->second.queue].begin() != it->second.place) return "20.8 out of turn";
  return "";
}

std::string EventReference::compare(const State& after) const {
  std::size_t resting = 0;
  for (AccountIndex i = 0; i < after.accounts.size(); ++i)
    resting += after.orders.count_of(i);
  if (resting != resting_.size()) return "15.3 orders that came or went without an event";
  for (std::uint32_t i = 0; i < after.perps.size(); ++i) {
    const PerpState& p = after.perps[i];
    if (p.account == kNobody) continue;
    const auto it =
        positions_.find({after.accounts[p.account].address, after.info(p.market).config.asset});
    const Position mine = it == positions_.end() ? Position{} : it->second;
    if (mine.szi != p.szi) return "2.2 position";
    if (mine.entry_ntl != p.entry_ntl) return "2.3 entry notional";
  }
  return "";
}

std::string EventReference::follow(const BlockInput& block, const BlockResult& result,
                                   const State& after) {
  for (std::size_t i = 0; i < block.system.size(); ++i) {
    const auto* status = std::get_if<SetMarketStatus>(&block.system[i]);
    if (status == nullptr || status->status != MarketStatus::Settling || !result.system_ok[i]) {
      continue;
    }
    for (auto& [where, position] : positions_) {
      if (where.second == status->asset) position = {};
    }
  }
  const std::map<OrderId, std::size_t> gone = departures(result, after);
  const auto leaves = [&](OrderId oid, std::size_t i) {
    const auto it = gone.find(oid);
    return it != gone.end() && it->second == i;
  };
  for (std::size_t i = 0; i < result.events.size(); ++i) {
    const Event& event = result.events[i];
    if (const auto* rests = std::get_if<RestEvent>(&event)) {
      rest(rests->oid, rests->asset, rests->side, rests->px);
    } else if (const auto* cancel = std::get_if<CancelEvent>(&event)) {
      if (leaves(cancel->oid, i)) remove(cancel->oid);
    } else if (const auto* trade_event = std::get_if<FillEvent>(&event)) {
      if (std::string bad = fill(*trade_event); !bad.empty()) return bad;
      if (leaves(trade_event->maker_oid, i)) remove(trade_event->maker_oid);
    } else if (const auto* alert = std::get_if<AlertEvent>(&event)) {
      if (alert->kind == AlertEvent::Kind::MarketHalted) return "1.1 an amount left its range";
    }
  }
  return compare(after);
}

}  // namespace ol::exchange::test
