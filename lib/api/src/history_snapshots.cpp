// The history beside the chain: taken up from a state, and back at a snapshot (docs/adr/0031).
#include "history.hpp"

#include <algorithm>

namespace ol::api {

using namespace exchange;

void History::load(const State& state) {
  whole_after_ = state.global().height;
  positions_.clear();
  for (std::uint32_t i = 0; i < state.perps.size(); ++i) {
    const PerpState& perp = state.perps[i];
    if (perp.account == kNobody || perp.szi == 0) continue;
    positions_[{state.accounts[perp.account].address, state.info(perp.market).config.asset}] = {
        perp.szi, perp.entry_ntl};
  }
  for (const auto& [agent, record] : state.agents.items())
    agents_[agent] = record.account;
  for (const auto& [asset, place] : state.markets_by_asset()) {
    const MarketState& market = state.markets[place];
    markets_[asset].cum_funding = market.cum_funding;
    markets_[asset].oracle = market.oracle;
    markets_[asset].mark = market.mark;
  }
  std::erase_if(snapshots_,
                [&](const auto& kept) { return !state.snapshots.contains(kept.first); });
  forget_ended(state);
  state.orders.for_each([&](Slot slot) { meet_order(order_record(state, slot)); });
  for (const auto& [oid, trigger] : state.triggers.items())
    meet_order(order_record(state, oid, trigger));
}

// Orders that were open and are no more: of how they ended no block was seen.
void History::forget_ended(const State& state) {
  std::vector<OrderId> ended;
  for (const auto& [oid, record] : orders_) {
    const bool there = state.orders.find(oid) != kNoSlot || state.triggers.contains(oid);
    if (record.live() && !there) ended.push_back(oid);
  }
  for (const OrderId oid : ended)
    forget_order(oid);
}

// Of the oldest that ended and is left.
std::uint64_t History::orders_lost_up_to() const {
  if (closed_.size() < kClosedOrdersKept) return 0;
  for (const OrderId oid : closed_) {
    if (const OrderRecord* oldest = order(oid)) return oldest->height;
  }
  return 0;
}

std::uint64_t History::whole_from(Kind kind, const Address& account) const {
  std::uint64_t lost = 0;
  switch (kind) {
    case Kind::Fills:
      lost = fills_.lost_up_to(account);
      break;
    case Kind::Funding:
      lost = funding_.lost_up_to(account);
      break;
    case Kind::Ledger:
      lost = ledger_.lost_up_to(account);
      break;
    case Kind::Notices:
      lost = notices_.lost_up_to(account);
      break;
    case Kind::Orders:
      lost = orders_lost_up_to();
      break;
  }
  return std::max(lost, whole_after_) + 1;
}

bool History::can_follow(const CommittedBlock& block) const {
  return !block.result.reverted_to || snapshots_.contains(*block.result.reverted_to);
}

// In their order: a snapshot has the credits before it.
void History::apply_system(const CommittedBlock& block, BlockUpdate& update) {
  for (std::size_t i = 0; i < block.input.system.size(); ++i) {
    if (i >= block.result.system_ok.size() || !block.result.system_ok[i]) continue;
    credit(block.input.system[i], block, update);
    if (std::holds_alternative<TakeSnapshot>(block.input.system[i]))
      keep_snapshot(block.input.height);
  }
}

void History::keep_snapshot(std::uint64_t height) {
  auto copy = std::make_shared<History>(*this);
  copy->snapshots_.clear();
  snapshots_[height] = std::move(copy);
}

void History::go_back(std::uint64_t snapshot) {
  const auto kept = snapshots_.find(snapshot);
  if (kept == snapshots_.end()) return;
  History back = *kept->second;
  // The block says what of them changes from the block before on.
  for (const auto& [asset, market] : markets_) {
    Market& to = back.markets_[asset];
    to.cum_funding = market.cum_funding;
    to.oracle = market.oracle;
    to.mark = market.mark;
  }
  snapshots_.erase(kept, snapshots_.end());
  back.snapshots_ = std::move(snapshots_);
  *this = std::move(back);
}

}  // namespace ol::api
