#include <ol/exchange/order_store.hpp>

#include <algorithm>

namespace ol::exchange {

void OrderStore::touch(const OrderNode& node) {
  dirty_orders_.add(node.oid);
  const TouchedLevel level(node.market, node.side, node.tick);
  TouchedLevel& lately = lately_touched_[level.spread() % kLately];
  if (lately == level) return;
  lately = level;
  dirty_levels_.push_back(level);
}

void OrderStore::save(Change change, Slot slot) {
  const OrderNode& node = pool_[slot];
  history_.push(change, slot);
  if (change == Change::Resized) {
    const OrderCold& cold = cold_[slot];
    resized_.push(node.sz, cold.filled_height, cold.filled_in_block);
  }
  log_.record(*this);
  touch(node);
}

void OrderStore::forget_oldest(std::size_t count) {
  std::size_t resized = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Saved& saved = history_.at(i);
    if (saved.change == Change::Removed) unused_.push_back(saved.slot);
    if (saved.change == Change::Resized) ++resized;
  }
  history_.drop_front(count);
  resized_.drop_front(resized);
}

// Index, owner's list and expiry; the book is the caller's.
void OrderStore::attach(Slot slot) {
  const OrderNode& node = pool_[slot];
  index_.add(node.oid, slot);
  if (node.account >= owners_.size()) owners_.resize(node.account + 1);
  Owner& owner = owners_[node.account];
  owner_links_[slot].prev = kNoSlot;
  owner_links_[slot].next = owner.head;
  owner_links_[owner.head].prev = slot;  // of no order, where there was none
  owner.head = slot;
  ++owner.count;
  if (node.expires) expiring_.insert({cold_[slot].good_til, node.oid});
}

void OrderStore::detach(Slot slot) {
  const OrderNode& node = pool_[slot];
  const Slot next = owner_links_[slot].next;
  const Slot prev = owner_links_[slot].prev;
  index_.remove(node.oid);
  Owner& owner = owners_[node.account];
  (prev == kNoSlot ? owner.head : owner_links_[prev].next) = next;
  owner_links_[next].prev = prev;  // of no order, where it was the last
  --owner.count;
  if (node.expires) expiring_.erase({cold_[slot].good_til, node.oid});
}

Slot OrderStore::take_slot() {
  if (!unused_.empty()) {
    const Slot slot = unused_.back();
    unused_.pop_back();
    return slot;
  }
  const Slot slot = pool_.allocate();
  while (cold_.size() <= slot) {
    cold_.grow();
    owner_links_.grow();
  }
  return slot;
}

void OrderStore::rest(Slot slot) {
  pool_[slot].expires = cold_[slot].good_til != 0;
  books_[pool_[slot].market]->insert(slot);
  attach(slot);
  save(Change::Added, slot);
}

void OrderStore::remove(Slot slot) {
  save(Change::Removed, slot);
  books_[pool_[slot].market]->unlink(slot);
  detach(slot);
}

void OrderStore::resize(Slot slot, std::uint64_t sz, std::uint64_t filled_height,
                        std::uint64_t filled_in_block) {
  OL_CHECK(sz > 0, "a resting order without size");
  save(Change::Resized, slot);
  books_[pool_[slot].market]->resize(slot, sz);
  cold_[slot].filled_height = filled_height;
  cold_[slot].filled_in_block = filled_in_block;
}

void OrderStore::undo_last() {
  const Saved saved = history_.pop();
  switch (saved.change) {
    case Change::Added:
      books_[pool_[saved.slot].market]->unlink(saved.slot);
      detach(saved.slot);
      unused_.push_back(saved.slot);
      return;
    case Change::Removed:
      books_[pool_[saved.slot].market]->relink(saved.slot);
      attach(saved.slot);
      return;
    case Change::Resized: {
      const Resized was = resized_.pop();
      books_[pool_[saved.slot].market]->resize(saved.slot, was.sz);
      cold_[saved.slot].filled_height = was.filled_height;
      cold_[saved.slot].filled_in_block = was.filled_in_block;
      return;
    }
  }
  OL_CHECK(false, "a change of no kind");
}

std::vector<OrderId> OrderStore::orders_of(AccountIndex account) const {
  std::vector<OrderId> out;
  out.reserve(count_of(account));
  Slot next = kNoSlot;
  for (Slot slot = first_of(account); slot != kNoSlot; slot = next) {
    next = next_of(slot);
    // A batch takes slots that follow each other up or down: the list mostly goes on as it went.
    constexpr Slot kAhead = 4;
    const Slot guess = next + kAhead * (next - slot);
    if (guess < cold_.size()) prefetch(guess);
    out.emplace_back(pool_[slot].oid);
  }
  // The newest comes first, unless one was taken back.
  std::ranges::reverse(out);
  if (!std::ranges::is_sorted(out)) std::ranges::sort(out);
  return out;
}

std::vector<OrderId> OrderStore::expired(TimeMs time, std::uint64_t most) const {
  std::vector<OrderId> out;
  for (const auto& [good_til, oid] : expiring_) {
    if (good_til > time || out.size() >= most) break;
    out.emplace_back(oid);
  }
  return out;
}

}  // namespace ol::exchange
