// The questions a pool answers without changing.
#include <ol/mempool/mempool.hpp>

#include <algorithm>

namespace ol::mempool {
namespace {

/// The next transaction of one sender in the race for places in a block.
struct Runner {
  U256 tip;
  std::uint64_t sequence = 0;
  std::map<std::uint64_t, Entry>::const_iterator entry;
  std::uint64_t end = 0;  // the first nonce of this sender that is not ready

  /// For std::priority_queue, which gives the greatest first: more tip, then earlier arrival.
  friend bool operator<(const Runner& a, const Runner& b) {
    if (a.tip != b.tip) return a.tip < b.tip;
    return a.sequence > b.sequence;
  }
};

/// Nothing if the entry is not ready or does not pay the base fee; then none behind it can go.
std::optional<Runner> make_runner(std::map<std::uint64_t, Entry>::const_iterator entry,
                                  std::uint64_t end, const U256& base_fee) {
  const auto tip = primitives::effective_tip(entry->second.txn->txn(), base_fee);
  if (!tip) return std::nullopt;
  return Runner{.tip = *tip, .sequence = entry->second.sequence, .entry = entry, .end = end};
}

}  // namespace

std::vector<TxnPtr> Mempool::select(const SelectLimits& limits,
                                    const std::map<Address, std::uint64_t>& next_nonces) const {
  std::vector<Runner> runners;
  runners.reserve(senders_.size());
  const auto start = [&](std::map<std::uint64_t, Entry>::const_iterator entry, std::uint64_t end) {
    const auto runner = make_runner(entry, end, next_block_.base_fee);
    if (runner) runners.push_back(*runner);
  };
  for (const auto& [sender, queue] : senders_) {
    std::uint64_t nonce = queue.account().nonce;
    if (const auto found = next_nonces.find(sender); found != next_nonces.end()) {
      nonce = std::max(nonce, found->second);
    }
    if (queue.is_ready(nonce)) start(queue.entries().find(nonce), queue.ready_end());
  }
  std::make_heap(runners.begin(), runners.end());

  std::vector<TxnPtr> out;
  std::size_t bytes_left = limits.bytes_max;
  std::uint64_t gas_left = limits.gas_max;
  while (!runners.empty() && out.size() < limits.txns_max) {
    std::pop_heap(runners.begin(), runners.end());
    const Runner best = runners.back();
    runners.pop_back();
    const TxnPtr& txn = best.entry->second.txn;
    // What does not fit ends its sender's turn: its later nonces cannot go without it.
    if (txn->envelope().size() > bytes_left || txn->txn().gas_limit > gas_left) continue;
    bytes_left -= txn->envelope().size();
    gas_left -= txn->txn().gas_limit;
    out.push_back(txn);
    if (best.entry->first + 1 >= best.end) continue;
    const std::size_t before = runners.size();
    start(std::next(best.entry), best.end);
    if (runners.size() > before) std::push_heap(runners.begin(), runners.end());
  }
  return out;
}

TxnPtr Mempool::find(const primitives::TxnHash& hash) const {
  const auto found = by_hash_.find(hash);
  if (found == by_hash_.end()) return nullptr;
  return senders_.at(found->second.sender).find(found->second.nonce)->txn;
}

std::optional<std::uint64_t> Mempool::next_nonce(const Address& sender) const {
  const auto found = senders_.find(sender);
  if (found == senders_.end()) return std::nullopt;
  return found->second.ready_end();
}

Content Mempool::content() const {
  Content out;
  for (const auto& [sender, queue] : senders_) {
    for (const auto& [nonce, entry] : queue.entries()) {
      auto& part = queue.is_ready(nonce) ? out.pending : out.queued;
      part[sender].push_back(entry.txn);
    }
  }
  return out;
}

Stats Mempool::stats() const {
  Stats out = counters_;
  out.txns = by_hash_.size();
  out.bytes = bytes_;
  out.senders = senders_.size();
  for (const auto& [sender, queue] : senders_)
    out.pending += queue.ready_count();
  return out;
}

}  // namespace ol::mempool
