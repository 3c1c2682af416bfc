#pragma once

#include <chrono>
#include <optional>

#include <ol/base/thread_safety.hpp>
#include <ol/execution/engine.hpp>
#include <ol/primitives/genesis.hpp>
#include <ol/rpc/backend.hpp>
#include <ol/storage/database.hpp>

#include "txn_pool.hpp"

namespace ol::node {

/// What eth_getBlockByNumber("pending") shows: the block that this node would build on the
/// committed head from its pool, executed. Blocks that are proposed but not final yet are not part
/// of it; their transactions are still in the pool. Executing costs as much as a real block, so one
/// is made at a time, an answer is reused until the head changes or `kFresh` has passed, and,
/// whatever clients ask for, at most a fifth of the time is spent on making them. Any thread; does
/// not touch consensus.
class PendingBlock {
 public:
  static constexpr std::chrono::milliseconds kFresh{500};
  /// Transactions are added for no longer than this.
  static constexpr std::chrono::milliseconds kBuildMax{100};
  /// After an answer was made, no other is for this many times as long as it took.
  static constexpr int kRestFactor = 4;

  /// References must outlive this. `coinbase` receives the fees of the block; `seed` is random.
  PendingBlock(const primitives::Genesis& genesis, const storage::Database& database,
               const TxnPool& pool, const Address& coinbase, std::uint64_t seed)
      : genesis_(genesis),
        database_(database),
        pool_(pool),
        coinbase_(coinbase),
        engine_(genesis.revision, seed) {}

  /// Null if the state cannot be read. @param ahead  How far the chain's clock is (adr 31).
  [[nodiscard]] rpc::BlockPtr get(primitives::TimeMs time, std::uint64_t ahead_ms = 0);

 private:
  struct Answer {
    rpc::BlockPtr block;
    primitives::BlockHash head;
    std::chrono::steady_clock::time_point made;
    std::chrono::steady_clock::duration cost{};
  };
  [[nodiscard]] rpc::BlockPtr make(const storage::Snapshot& snapshot, primitives::TimeMs time,
                                   std::uint64_t ahead_ms) OL_REQUIRES(mutex_);

  const primitives::Genesis& genesis_;
  const storage::Database& database_;
  const TxnPool& pool_;
  const Address coinbase_;
  Mutex mutex_;
  execution::Engine engine_ OL_GUARDED_BY(mutex_);
  std::optional<Answer> last_ OL_GUARDED_BY(mutex_);
};

}  // namespace ol::node
