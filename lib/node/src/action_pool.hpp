#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <ol/base/thread_safety.hpp>
#include <ol/exchange/params.hpp>
#include <ol/exchange/state.hpp>
#include <ol/execution/exchange_items.hpp>

#include "omission_watch.hpp"

namespace ol::node {

using execution::ExchangeItemPtr;

/// Items of the exchange whose signature was verified, by hash, so that neither a proposal nor a
/// resync verifies one again. Bounded by count and bytes; the oldest leave first. Any thread.
class ItemCache {
 public:
  ItemCache(std::size_t items_max, std::size_t bytes_max)
      : items_max_(items_max), bytes_max_(bytes_max) {}

  void put(const ExchangeItemPtr& item);
  [[nodiscard]] ExchangeItemPtr find(const primitives::TxnHash& hash) const;

 private:
  const std::size_t items_max_;
  const std::size_t bytes_max_;
  mutable Mutex mutex_;
  std::unordered_map<primitives::TxnHash, ExchangeItemPtr> items_ OL_GUARDED_BY(mutex_);
  std::deque<primitives::TxnHash> order_ OL_GUARDED_BY(mutex_);
  std::size_t bytes_ OL_GUARDED_BY(mutex_) = 0;
};

/// What waits for a block of the exchange: users' actions by arrival, each validator's newest
/// prices, and on development networks system actions. Everything an outsider can grow is bounded.
/// Any thread; consensus asks only `has_selectable`, which takes no lock.
class ActionPool {
 public:
  struct Limits {
    std::size_t actions_max = 50'000;
    std::size_t bytes_max = std::size_t{64} << 20;
    std::size_t signer_actions_max = 1'024;
    std::size_t system_max = 1'024;
  };
  explicit ActionPool(const Limits& limits) : limits_(limits) {}
  [[nodiscard]] const Limits& limits() const { return limits_; }

  enum class Outcome : std::uint8_t {
    Added,
    Known,       // it waits already; of prices: newer ones do, or did
    NonceTaken,  // another of this signer with this nonce waits: only one of them could count
    SignerFull,  // too many of this signer wait
    Full,        // too many wait in all
  };
  /// @param heard_ms  When others told it, by this node's clock; nothing if it was made here.
  Outcome add(const ExchangeItemPtr& item, std::optional<std::uint64_t> heard_ms = std::nullopt);

  /// An action of a block that will not be final waits again, unless the final state has seen its
  /// nonce: another block has it or one like it, and it would wait for nothing.
  void restore(const ExchangeItemPtr& item, const exchange::State& state);

  [[nodiscard]] bool waits(const primitives::TxnHash& hash) const;
  /// Elements of the signer's actions that wait.
  [[nodiscard]] std::uint64_t waiting(const Address& signer) const;

  /// Items for a block on top of `state`, in the order they must stand in it: newer prices than the
  /// state has, system actions, then actions by step and arrival. If not all fit `bytes_max` and
  /// the bounds of a block, cancels come first. `in_flight` are left out: blocks below hold them;
  /// so are actions whose nonce `state` has seen.
  [[nodiscard]] std::vector<ExchangeItemPtr> select(
      std::size_t bytes_max, primitives::Epoch epoch, const exchange::State& state,
      const std::unordered_set<primitives::TxnHash>& in_flight) const;

  /// The prices others told that `select` would choose in `epoch` on top of `state`.
  [[nodiscard]] std::vector<HeardPrices> heard_prices(primitives::Epoch epoch,
                                                      const exchange::State& state) const;

  /// An action that left without a block, and why none can have it any more.
  struct Dropped {
    Hash256 action;
    exchange::Error why{};
  };
  /// A block is final: its items leave, others of a nonce that one of its actions names, and those
  /// that expired or whose nonce is out of the window. The last two are returned.
  /// @param input  What the block's items are.
  [[nodiscard]] std::vector<Dropped> commit(const std::vector<primitives::TxnHash>& items,
                                            const exchange::BlockInput& input,
                                            const exchange::Params& params);

  /// Whether an action or a system action waits. Prices wait for the next block, whenever it comes.
  [[nodiscard]] bool has_selectable() const { return selectable_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t size() const;

 private:
  struct Signer {
    std::size_t actions = 0;
    std::uint64_t elements = 0;
  };
  struct Prices {
    ExchangeItemPtr item;
    std::optional<std::uint64_t> heard_ms;
  };
  struct Known {
    std::uint64_t arrival = 0;
    exchange::Step step = exchange::Step::P1;
  };
  Outcome add_action(const ExchangeItemPtr& item, const exchange::VerifiedAction& action)
      OL_REQUIRES(mutex_);
  void remove(const primitives::TxnHash& hash) OL_REQUIRES(mutex_);
  void drop_stale(exchange::TimeMs time, const exchange::Params& params, std::vector<Dropped>& out)
      OL_REQUIRES(mutex_);
  void refresh() OL_REQUIRES(mutex_);

  const Limits limits_;
  mutable Mutex mutex_;
  /// By step, then arrival.
  std::map<std::pair<exchange::Step, std::uint64_t>, ExchangeItemPtr> actions_
      OL_GUARDED_BY(mutex_);
  std::unordered_map<primitives::TxnHash, Known> known_ OL_GUARDED_BY(mutex_);
  /// By action hash: the same action may be signed twice, and stands in a block once.
  std::unordered_set<Hash256> action_hashes_ OL_GUARDED_BY(mutex_);
  /// By signer and nonce.
  std::map<std::pair<Address, std::uint64_t>, primitives::TxnHash> nonces_ OL_GUARDED_BY(mutex_);
  std::unordered_map<Address, Signer> signers_ OL_GUARDED_BY(mutex_);
  std::map<std::uint32_t, Prices> prices_ OL_GUARDED_BY(mutex_);
  std::deque<ExchangeItemPtr> system_ OL_GUARDED_BY(mutex_);
  std::size_t bytes_ OL_GUARDED_BY(mutex_) = 0;
  std::uint64_t arrivals_ OL_GUARDED_BY(mutex_) = 0;
  exchange::TimeMs swept_at_ OL_GUARDED_BY(mutex_) = 0;
  std::atomic<bool> selectable_{false};
};

}  // namespace ol::node
