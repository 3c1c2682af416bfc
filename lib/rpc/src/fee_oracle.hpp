#pragma once

#include <map>
#include <vector>

#include <ol/base/thread_safety.hpp>
#include <ol/rpc/backend.hpp>

namespace ol::rpc {

/// Suggests a priority fee from what recent blocks paid, the way geth does: the three lowest tips
/// of each of the last 20 blocks, of these the 60th percentile; never below what the pool admits,
/// never above 500 gwei. Any thread.
class FeeOracle {
 public:
  /// `backend` must outlive the oracle.
  explicit FeeOracle(const Backend& backend) : backend_(backend) {}

  /// In wei per gas.
  [[nodiscard]] U256 suggest_priority_fee();

 private:
  [[nodiscard]] std::vector<U256> sample(const BlockRecord& block) const;
  void refresh(const BlockRecord& head) OL_REQUIRES(mutex_);

  const Backend& backend_;
  Mutex mutex_;
  // The samples of the last blocks, by number. Blocks are final, so a sample never goes stale.
  std::map<std::uint64_t, std::vector<U256>> samples_ OL_GUARDED_BY(mutex_);
};

}  // namespace ol::rpc
