#include "history.hpp"

#include <algorithm>

#include <ol/base/codec.hpp>

namespace ol::api {
namespace {

using namespace exchange;

const std::vector<Order>* placed_orders(const ActionBody& body) {
  const auto* place = std::get_if<PlaceOrders>(&body);
  return place == nullptr ? nullptr : &place->orders;
}

// The part of a record's key behind a prefix, or nothing for another kind of record.
std::optional<Reader> below(ByteView key, std::string_view prefix) {
  const ByteView start = as_bytes(prefix);
  const bool fits =
      key.size() >= start.size() && std::ranges::equal(key.first(start.size()), start);
  if (!fits) return std::nullopt;
  return Reader(key.subspan(start.size()));
}

Int128 i128(Reader& in) {
  const std::uint64_t high = in.u64();
  const std::uint64_t low = in.u64();
  return static_cast<Int128>((Uint128{high} << 64) | low);
}

}  // namespace

std::string_view status_name(OrderRecord::Status status) {
  switch (status) {
    case OrderRecord::Status::Open:
      return "open";
    case OrderRecord::Status::Filled:
      return "filled";
    case OrderRecord::Status::Canceled:
      return "canceled";
    case OrderRecord::Status::Triggered:
      return "triggered";
    case OrderRecord::Status::Rejected:
      return "rejected";
  }
  return "open";
}

OrderRecord order_record(const State& state, Slot slot) {
  const OrderNode& node = state.orders[slot];
  const OrderCold& cold = state.orders.cold(slot);
  const MarketConfig& config = state.info(node.market).config;
  OrderRecord out;
  out.oid = OrderId(node.oid);
  out.account = state.accounts[node.account].address;
  out.order.asset = config.asset;
  out.order.side = node.side;
  out.order.px = node.tick * config.tick_px;
  out.order.sz = cold.orig_sz;
  out.order.reduce_only = node.reduce_only;
  out.order.tif = cold.tif;
  out.order.cloid = cold.cloid;
  out.order.good_til = cold.good_til;
  out.left = node.sz;
  out.placed_at = out.status_at = cold.placed_at;
  return out;
}

OrderRecord order_record(const State& state, OrderId oid, const TriggerOrder& trigger) {
  OrderRecord out;
  out.oid = oid;
  out.account = trigger.account;
  out.order = trigger.order;
  out.left = trigger.order.sz;
  out.placed_at = out.status_at = state.global().time;
  return out;
}

bool expired(const State& state, const OrderRecord& order) {
  return order.order.good_til != 0 && order.order.good_til <= state.global().time;
}

BlockUpdate History::apply(const CommittedBlock& block) {
  if (block.result.reverted_to) go_back(*block.result.reverted_to);
  BlockUpdate update;
  taker_hashes_.clear();
  touched_.clear();
  taking_.clear();
  apply_system(block, update);
  open_orders(block, update);
  apply_marks(block);
  for (const Event& event : block.result.events) {
    notice(event, block, update);
    apply_event(event, block, update);
  }
  apply_funding(block);
  apply_records(block);
  apply_ledger(block, update);
  end_takers(block);
  std::ranges::sort(touched_);
  const auto again = std::ranges::unique(touched_);
  touched_.erase(again.begin(), again.end());
  for (const OrderId oid : touched_) {
    const auto it = orders_.find(oid);
    if (it == orders_.end()) continue;
    it->second.height = block.input.height;
    update.orders.push_back(it->second);
  }
  return update;
}

Address History::principal_of(const VerifiedAction& action) const {
  if (!action.action.account.is_zero()) return action.action.account;
  const auto agent = agents_.find(action.signer);
  return agent == agents_.end() ? action.signer : agent->second;
}

// Orders that the block's actions made, in the order of their ids.
void History::open_orders(const CommittedBlock& block, BlockUpdate& update) {
  std::map<Hash256, const VerifiedAction*> actions;
  for (const VerifiedAction& action : block.input.actions)
    actions[action.hash] = &action;
  for (const ActionResult& result : block.result.results) {
    const auto it = actions.find(result.hash);
    if (it == actions.end()) continue;
    const ActionBody& body = it->second->action.body;
    for (std::size_t i = 0; i < result.orders.size(); ++i) {
      const Order* order = nullptr;
      if (const auto* orders = placed_orders(body)) order = &orders->at(i);
      if (const auto* modify = std::get_if<ModifyOrders>(&body)) {
        order = &modify->modifies.at(i).order;
      }
      if (const auto* reveal = std::get_if<RevealOrder>(&body)) order = &reveal->order;
      if (order != nullptr) place(*it->second, *order, result.orders[i], block, update);
    }
  }
}

void History::place(const VerifiedAction& action, const Order& order, const OrderResult& result,
                    const CommittedBlock& block, BlockUpdate& update) {
  OrderRecord record;
  record.oid = result.oid;
  record.account = principal_of(action);
  record.order = order;
  record.left = order.sz;
  record.placed_at = record.status_at = block.input.time;
  record.height = block.input.height;
  if (result.kind == OrderResult::Kind::Error) {
    record.status = OrderRecord::Status::Rejected;
    record.reason = name(result.error);
    if (result.oid.value() == 0) return update.orders.push_back(std::move(record));
  }
  taker_hashes_[result.oid] = action.hash;
  touched_.push_back(result.oid);
  const auto known = orders_.find(result.oid);
  if (known == orders_.end()) return insert_order(std::move(record));
  // Made smaller in place (dex.md 4.4).
  if (known->second.live()) known->second.order.sz = order.sz;
}

// An order of the state, with what only the history knows: when a trigger was placed, and that a
// resting order was one.
void History::meet_order(OrderRecord record) {
  const OrderRecord* known = order(record.oid);
  if (known != nullptr && known->live()) {
    record.placed_at = known->placed_at;
    record.status_at = known->status_at;
    record.height = known->height;
    record.status = known->status;
    const bool fired =
        known->order.trigger != Trigger::None && record.order.trigger == Trigger::None;
    if (fired) record.status = OrderRecord::Status::Triggered;
    record.order.trigger = known->order.trigger;
    record.order.trigger_px = known->order.trigger_px;
  }
  insert_order(std::move(record));
}

void History::insert_order(OrderRecord record) {
  const OrderId oid = record.oid;
  const bool closed = !record.live();
  if (!record.order.cloid.is_zero()) cloids_[{record.account, record.order.cloid}] = oid;
  std::set<OrderId>& own = orders_of_[record.account];
  own.insert(own.end(), oid);  // most are the newest
  orders_.insert_or_assign(oid, std::move(record));
  if (closed) closed_.push_back(oid);
  while (closed_.size() > kClosedOrdersKept) {
    forget_order(closed_.front());
    closed_.pop_front();
  }
}

void History::forget_order(OrderId oid) {
  const auto it = orders_.find(oid);
  if (it == orders_.end()) return;
  const OrderRecord& record = it->second;
  const auto name = cloids_.find({record.account, record.order.cloid});
  if (name != cloids_.end() && name->second == oid) cloids_.erase(name);
  const auto own = orders_of_.find(record.account);
  if (own != orders_of_.end()) {
    own->second.erase(oid);
    if (own->second.empty()) orders_of_.erase(own);
  }
  orders_.erase(it);
}

void History::close_order(OrderRecord& order, OrderRecord::Status status, std::string reason,
                          TimeMs time) {
  if (!order.live()) return;
  order.status = status;
  order.reason = std::move(reason);
  order.status_at = time;
  touched_.push_back(order.oid);
  closed_.push_back(order.oid);
}

void History::reduce_order(OrderId oid, std::uint64_t sz, const CommittedBlock& block,
                           BlockUpdate& update) {
  const auto it = orders_.find(oid);
  if (it == orders_.end()) return;
  OrderRecord& order = it->second;
  order.left -= std::min(order.left, sz);
  note_fired(order, block, update);
  order.status_at = block.input.time;
  touched_.push_back(oid);
  if (order.left == 0) close_order(order, OrderRecord::Status::Filled, "", block.input.time);
}

// The rest of an immediate order that took has ended, though no event says so (dex.md 4.1).
void History::end_takers(const CommittedBlock& block) {
  for (const OrderId oid : taking_) {
    const auto it = orders_.find(oid);
    if (it == orders_.end()) continue;
    close_order(it->second, OrderRecord::Status::Canceled, "", block.input.time);
  }
}

void History::fill_side(const FillEvent& event, Side side, const CommittedBlock& block,
                        BlockUpdate& update) {
  const bool taker = side == event.taker_side;
  FillRecord out;
  out.tid = event.tid;
  out.asset = event.asset;
  out.account = taker ? event.taker : event.maker;
  out.side = side;
  out.px = event.px;
  out.sz = event.sz;
  out.time = block.input.time;
  out.height = block.input.height;
  out.oid = taker ? event.taker_oid : event.maker_oid;
  out.fee = taker ? event.taker_fee : event.maker_fee;
  out.builder_fee = taker ? event.taker_builder_fee : event.maker_builder_fee;
  if (taker) out.twap = event.taker_twap;
  out.taker = taker;
  out.kind = event.kind;
  out.liquidated = event.taker;
  out.mark_px = markets_[event.asset].mark;
  const auto hash = taker_hashes_.find(event.taker_oid);
  if (hash != taker_hashes_.end()) out.hash = hash->second;
  if (!is_spot(event.asset) && event.sz != 0) {
    Entry& entry = positions_[{out.account, event.asset}];
    out.start_szi = entry.szi;
    const EntryChange change = change_entry(entry, side, event.sz, event.px);
    out.realised = change.realised;
    entry = change.entry;
  }
  fills_.add(out.account, out);
  update.fills.push_back(out);
}

void History::apply_fill(const FillEvent& event, const CommittedBlock& block, BlockUpdate& update) {
  fill_side(event, event.taker_side, block, update);
  fill_side(event, opposite(event.taker_side), block, update);
  taking_.insert(event.taker_oid);
  reduce_order(event.taker_oid, event.sz, block, update);
  reduce_order(event.maker_oid, event.sz, block, update);
  if (event.kind == FillKind::Backstop || event.kind == FillKind::Adl) return;
  Hash256 hash;
  const auto found = taker_hashes_.find(event.taker_oid);
  if (found != taker_hashes_.end()) hash = found->second;
  TradeRecord trade{event, block.input.time, hash};
  Market& market = markets_[event.asset];
  market.trades.push_back(trade);
  if (market.trades.size() > kTradesKept) market.trades.pop_front();
  candles_.trade(event.asset, block.input.time, event.px, event.sz);
  update.trades.push_back(trade);
}

void History::apply_event(const Event& event, const CommittedBlock& block, BlockUpdate& update) {
  if (const auto* fill = std::get_if<FillEvent>(&event)) {
    apply_fill(*fill, block, update);
  } else if (const auto* rest = std::get_if<RestEvent>(&event)) {
    const auto it = orders_.find(rest->oid);
    if (it == orders_.end()) return;
    taking_.erase(rest->oid);
    note_fired(it->second, block, update);
    it->second.left = rest->sz;
    it->second.status_at = block.input.time;
    touched_.push_back(rest->oid);
  } else if (const auto* cancel = std::get_if<CancelEvent>(&event)) {
    const auto it = orders_.find(cancel->oid);
    if (it == orders_.end()) return;
    close_order(it->second, OrderRecord::Status::Canceled, name(cancel->reason), block.input.time);
  } else if (const auto* funding = std::get_if<FundingEvent>(&event)) {
    FundingRecord record{*funding, block.input.time, 0, block.input.height};
    const auto held = positions_.find({funding->account, funding->asset});
    if (held != positions_.end()) record.szi = held->second.szi;
    funding_.add(funding->account, record);
    update.funding.push_back(record);
  }
}

void History::apply_funding(const CommittedBlock& block) {
  for (const FundingSet& set : block.result.funding) {
    Market& market = markets_[set.asset];
    market.rates.push_back({block.input.time, set.rate_ppb, set.premium_ppb});
    if (market.rates.size() > kFundingKept) market.rates.pop_front();
  }
}

// Positions are liquidated at the block's own mark: it is set before them (dex.md 5.1, S0 and S2).
void History::apply_marks(const CommittedBlock& block) {
  for (const auto& [key, value] : block.result.diff) {
    auto mkt = below(key, "mkt/");
    if (!mkt || !value) continue;
    Market& market = markets_[AssetId(mkt->u32())];
    Reader in(*value);
    static_cast<void>(in.u64());
    market.mark = in.u64();
  }
}

// What events do not say: positions that moved otherwise, prices, agents, sizes left.
void History::apply_records(const CommittedBlock& block) {
  for (const auto& [key, value] : block.result.diff) {
    if (auto pos = below(key, "pos/")) {
      const auto account = pos->fixed<Address>();
      const AssetId asset(pos->u32());
      Entry entry;
      if (value) {
        Reader in(*value);
        entry.szi = static_cast<std::int64_t>(in.u64());
        entry.entry_ntl = static_cast<std::int64_t>(in.u64());
      }
      if (entry.szi == 0) {
        positions_.erase({account, asset});
      } else {
        positions_[{account, asset}] = entry;
      }
    } else if (auto ord = below(key, "ord/")) {
      const auto it = orders_.find(OrderId(ord->u64()));
      if (it == orders_.end() || !value) continue;
      Reader in(*value);
      static_cast<void>(in.raw(Address::kSize + 4 + 1));
      it->second.order.px = in.u64();
      it->second.left = in.u64();
    } else if (auto mkt = below(key, "mkt/")) {
      if (!value) continue;
      Market& market = markets_[AssetId(mkt->u32())];
      Reader in(*value);
      market.oracle = in.u64();
      static_cast<void>(in.u64());
      market.cum_funding = i128(in);
    } else if (auto agent = below(key, "agent/")) {
      const auto address = agent->fixed<Address>();
      if (!value) {
        agents_.erase(address);
        continue;
      }
      Reader in(*value);
      agents_[address] = in.fixed<Address>();
    }
  }
}

std::map<AssetId, FundingPaid> History::funding_paid(const Address& account) const {
  struct Since {
    TimeMs opened = 0;
    TimeMs changed = 0;
  };
  std::map<AssetId, Since> since;
  for (const FillRecord& fill : fills(account)) {
    const Int128 moved = fill.side == Side::Buy ? Int128{fill.sz} : -Int128{fill.sz};
    Since& position = since[fill.asset];
    position.changed = fill.time;
    const bool turned = (fill.start_szi < 0) != (fill.start_szi + moved < 0);
    if (fill.start_szi == 0 || turned) position.opened = fill.time;
  }
  // A block settles funding before it changes a position (dex.md 11.3).
  std::map<AssetId, FundingPaid> out;
  for (const FundingRecord& record : funding(account)) {
    FundingPaid& paid = out[record.event.asset];
    const Since& position = since[record.event.asset];
    paid.all_time += record.event.paid;
    if (record.time > position.opened) paid.since_open += record.event.paid;
    if (record.time > position.changed) paid.since_change += record.event.paid;
  }
  return out;
}

const OrderRecord* History::order(OrderId oid) const {
  const auto it = orders_.find(oid);
  return it == orders_.end() ? nullptr : &it->second;
}

const OrderRecord* History::order(const Address& account, const Cloid& cloid) const {
  const auto it = cloids_.find({account, cloid});
  return it == cloids_.end() ? nullptr : order(it->second);
}

std::vector<const OrderRecord*> History::orders(const Address& account) const {
  std::vector<const OrderRecord*> out;
  const auto own = orders_of_.find(account);
  if (own == orders_of_.end()) return out;
  for (const OrderId oid : own->second)
    out.push_back(order(oid));
  return out;
}

const std::deque<TradeRecord>& History::trades(AssetId asset) const {
  static const std::deque<TradeRecord> kNone;
  const auto it = markets_.find(asset);
  return it == markets_.end() ? kNone : it->second.trades;
}

std::optional<std::int64_t> History::funding_rate_at(AssetId asset, TimeMs time) const {
  const std::deque<FundingRate>& rates = funding_rates(asset);
  const auto after = std::ranges::upper_bound(rates, time, {}, &FundingRate::time);
  if (after == rates.begin()) return std::nullopt;
  return std::prev(after)->rate_ppb;
}

const std::deque<FundingRate>& History::funding_rates(AssetId asset) const {
  static const std::deque<FundingRate> kNone;
  const auto it = markets_.find(asset);
  return it == markets_.end() ? kNone : it->second.rates;
}

}  // namespace ol::api
