#include "fee_oracle.hpp"

#include <algorithm>

#include <ol/primitives/txn_rules.hpp>

namespace ol::rpc {
namespace {

constexpr std::uint64_t kBlocksSampled = 20;
constexpr std::size_t kTipsPerBlock = 3;
constexpr std::size_t kPercentile = 60;
// Tips below this say nothing about the market.
const U256 kTipIgnored = 2;
const U256 kSuggestionMax = 500'000'000'000;

}  // namespace

std::vector<U256> FeeOracle::sample(const BlockRecord& block) const {
  std::vector<U256> tips;
  for (const TxnRecord& record : block.txns) {
    // What the proposer pays itself is not a price.
    if (record.sender == block.header.coinbase) continue;
    const auto tip = primitives::effective_tip(record.txn, block.header.base_fee);
    if (tip && *tip >= kTipIgnored) tips.push_back(*tip);
  }
  const std::size_t kept = std::min(tips.size(), kTipsPerBlock);
  std::partial_sort(tips.begin(), tips.begin() + static_cast<std::ptrdiff_t>(kept), tips.end());
  tips.resize(kept);
  return tips;
}

void FeeOracle::refresh(const BlockRecord& head) {
  const std::uint64_t last = head.header.number;
  const std::uint64_t first = last < kBlocksSampled ? 0 : last - kBlocksSampled + 1;
  samples_.erase(samples_.begin(), samples_.lower_bound(first));
  samples_.erase(samples_.upper_bound(last), samples_.end());
  for (std::uint64_t number = first; number <= last; ++number) {
    if (samples_.contains(number)) continue;
    if (const BlockPtr block = backend_.block_by_number(number)) {
      samples_.emplace(number, sample(*block));
    }
  }
}

U256 FeeOracle::suggest_priority_fee() {
  const BlockPtr head = backend_.head();
  const U256 floor = backend_.priority_fee_min();
  const MutexLock lock(mutex_);
  refresh(*head);
  std::vector<U256> tips;
  for (const auto& [number, sampled] : samples_) {
    // An empty block would have taken anything.
    if (sampled.empty()) tips.push_back(floor);
    tips.insert(tips.end(), sampled.begin(), sampled.end());
  }
  if (tips.empty()) return floor;
  std::sort(tips.begin(), tips.end());
  const U256 chosen = tips[(tips.size() - 1) * kPercentile / 100];
  return std::max(floor, std::min(chosen, kSuggestionMax));
}

}  // namespace ol::rpc
