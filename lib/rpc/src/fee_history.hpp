#pragma once

#include <vector>

#include <ol/rpc/backend.hpp>
#include <ol/rpc/error.hpp>

namespace ol::rpc {

/// What eth_feeHistory was asked.
struct FeeHistoryQuery {
  std::uint64_t blocks = 0;
  /// At most the head's.
  std::uint64_t newest = 0;
  bool with_rewards = false;
  /// Ascending, 0 to 100.
  std::vector<double> percentiles;
};

/// Reads at most this many blocks for one call, as geth does.
inline constexpr std::uint64_t kFeeHistoryBlocksMax = 1024;
inline constexpr std::size_t kFeeHistoryPercentilesMax = 100;

/// Success if the percentiles are few, within 0 to 100 and ascending.
[[nodiscard]] Result<void, RpcError> check_percentiles(const std::vector<double>& percentiles);

/// The tips at `percentiles` of the block's gas, cheapest first; zeros for an empty block.
[[nodiscard]] std::vector<U256> reward_percentiles(const BlockRecord& block,
                                                   const std::vector<double>& percentiles);

/// The JSON text of the answer.
[[nodiscard]] RpcResult fee_history(const Backend& backend, const FeeHistoryQuery& query);

}  // namespace ol::rpc
