#include <ol/mempool/sender_queue.hpp>

#include <utility>

namespace ol::mempool {

Price price_of(const primitives::Transaction& txn, const U256& base_fee, bool pending) {
  const auto tip = primitives::effective_tip(txn, base_fee);
  return {.pending = pending,
          .pays_base_fee = tip.has_value(),
          .tip = tip.value_or(U256(0)),
          .max_fee = txn.max_fee_per_gas};
}

void SenderQueue::insert(Entry entry) {
  const std::uint64_t nonce = entry.txn->txn().nonce;
  OL_CHECK(nonce >= account_.nonce, "the pool refuses used nonces");
  bytes_ += entry.txn->envelope().size();
  // The pool admits only what fits the balance together, so this saturates for no admitted set.
  total_cost_ = checked_add(total_cost_, entry.cost).value_or(U256::max());
  const bool added = entries_.emplace(nonce, std::move(entry)).second;
  OL_CHECK(added, "one entry per nonce");
  if (nonce == ready_end()) extend_ready();
}

std::optional<Entry> SenderQueue::erase(std::uint64_t nonce) {
  const auto found = entries_.find(nonce);
  if (found == entries_.end()) return std::nullopt;
  std::vector<Entry> out;
  take(found, out);
  recount();
  return std::move(out.front());
}

SenderQueue::Left SenderQueue::set_account(const primitives::AccountTerms& account) {
  account_ = account;
  Left out;
  while (!entries_.empty() && entries_.begin()->first < account.nonce) {
    take(entries_.begin(), out.used);
  }
  for (auto next = entries_.begin(); next != entries_.end();) {
    const auto entry = next++;
    if (account.has_code || entry->second.cost > account.balance) take(entry, out.unpayable);
  }
  recount();
  return out;
}

const Entry* SenderQueue::find(std::uint64_t nonce) const {
  const auto found = entries_.find(nonce);
  return found == entries_.end() ? nullptr : &found->second;
}

void SenderQueue::take(std::map<std::uint64_t, Entry>::iterator entry, std::vector<Entry>& out) {
  bytes_ -= entry->second.txn->envelope().size();
  out.push_back(std::move(entry->second));
  entries_.erase(entry);
}

void SenderQueue::recount() {
  total_cost_ = U256(0);
  for (const auto& [nonce, entry] : entries_) {
    total_cost_ = checked_add(total_cost_, entry.cost).value_or(U256::max());
  }
  ready_count_ = 0;
  ready_cost_ = U256(0);
  extend_ready();
}

void SenderQueue::extend_ready() {
  for (auto next = entries_.find(ready_end()); next != entries_.end() && next->first == ready_end();
       ++next) {
    const auto cost = checked_add(ready_cost_, next->second.cost);
    if (!cost || *cost > account_.balance) return;
    ready_cost_ = *cost;
    ++ready_count_;
  }
}

}  // namespace ol::mempool
