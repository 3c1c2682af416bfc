#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include <ol/base/thread_safety.hpp>
#include <ol/exchange/access.hpp>
#include <ol/exchange/engine.hpp>
#include <ol/primitives/genesis.hpp>

#include "final_queue.hpp"

namespace ol::node {

/// The exchange as clients see it: an engine of its own that follows final blocks on a thread of
/// its own, so that readers keep neither execution nor consensus waiting, and never see a block
/// that may be abandoned. It executes each final block a second time, which costs less than handing
/// out copies of a state that every block changes all over.
///
/// Nobody waits for it: where it is behind, blocks are read from the database instead of memory. It
/// waits itself for whoever said that the blocks kept are still wanted (`keep_from`).
class ExchangeView final : public exchange::Access {
 public:
  static constexpr FinalQueue::Bounds kQueue{.blocks_max = 4096, .parts_max = 400'000};
  static constexpr std::size_t kBlocksKept = 1024;
  /// `parts_of` the blocks kept: a few hundred bytes each. At least one block is kept, and one more
  /// may be.
  static constexpr std::size_t kBlockPartsKept = 400'000;
  static constexpr std::size_t kResultsKept = 200'000;
  /// Elements of their batches in all.
  static constexpr std::size_t kResultPartsKept = 1'000'000;
  static constexpr std::size_t kAwaitedMax = 100'000;

  struct Parts {
    const primitives::Genesis& genesis;
    /// On the state after the last final block.
    std::unique_ptr<exchange::Engine> engine;
    std::function<void(exchange::SignedAction, Admitted)> submit;
    std::function<Result<void, exchange::Refusal>(exchange::SystemAction)> submit_system;
    /// A final block without its result, to be executed with the clock so far ahead; null where it
    /// is not stored yet.
    std::function<std::shared_ptr<exchange::CommittedBlock>(std::uint64_t, exchange::TimeMs)>
        stored;
    std::function<std::unique_ptr<exchange::StateCut>(std::uint64_t)> cut;
  };
  explicit ExchangeView(Parts parts);

  /// The publishing thread.
  void run();
  void stop();
  /// Final blocks, in order. Never waits.
  void push(exchange::CommittedBlockPtr block) { queue_.push(std::move(block)); }

  /// No block can have the action any more: who awaits it hears so with the next block. Never
  /// waits.
  void refuse(const Hash256& action, exchange::Error why);
  /// It was admitted anew: what became of it before, if it was refused, is no answer any more.
  void forget_refused(const Hash256& action);

  void submit(exchange::SignedAction action, Admitted done) override {
    parts_.submit(std::move(action), std::move(done));
  }
  std::optional<exchange::Outcome> find_result(const Hash256& action) const override;
  std::size_t results_kept() const override { return kResultsKept; }
  Ticket await(const Hash256& action, Awaited done) override;
  void forget(Ticket ticket) override;
  void read(const Reader& read) const override;
  Ticket subscribe(Listener listener) override;
  void unsubscribe(Ticket ticket) override;
  exchange::CommittedBlockPtr block(std::uint64_t height) const override;
  std::size_t blocks_kept() const override { return kBlocksKept; }
  void keep_from(const void* follower, std::uint64_t height) override;
  std::unique_ptr<exchange::StateCut> cut(std::uint64_t height) const override {
    return parts_.cut(height);
  }
  std::uint64_t height() const override { return height_.load(std::memory_order_acquire); }
  exchange::TimeMs time() const override { return time_.load(std::memory_order_acquire); }
  const exchange::Params& params() const override { return *params_.load(); }
  std::uint64_t chain_id() const override { return parts_.genesis.domain.chain_id.value(); }
  const Hash256& domain() const override { return domain_; }
  bool devnet() const override { return parts_.genesis.devnet; }
  Result<void, exchange::Refusal> submit_system(exchange::SystemAction action) override {
    return parts_.submit_system(std::move(action));
  }

 private:
  struct Waiting {
    Hash256 action;
    Awaited done;
  };
  void keep_params();
  [[nodiscard]] exchange::CommittedBlockPtr next_block();
  [[nodiscard]] std::shared_ptr<exchange::CommittedBlock> read_stored(std::uint64_t height);
  [[nodiscard]] exchange::BlockResult follow(const exchange::BlockInput& block);
  [[nodiscard]] bool wanted(std::uint64_t height) const OL_REQUIRES(mutex_);
  [[nodiscard]] bool crowded() const OL_REQUIRES(mutex_);
  void wait_for_room();
  void keep(const exchange::CommittedBlockPtr& block);
  void drop_oldest_result() OL_REQUIRES(mutex_);
  void keep_result(const exchange::Outcome& outcome) OL_REQUIRES(mutex_);
  void publish(const exchange::CommittedBlockPtr& block);
  void answer(const exchange::Outcome& outcome);

  Parts parts_;
  const Hash256 domain_;
  // Those of the past are kept: somebody may still read them. There are more on development
  // networks alone, some hundred bytes for each block that sets one or goes back.
  std::vector<std::unique_ptr<const exchange::Params>> all_params_;
  std::atomic<const exchange::Params*> params_;
  FinalQueue queue_{kQueue};
  std::atomic<std::uint64_t> height_;
  std::atomic<exchange::TimeMs> time_;

  // Readers share `state_`; the writer takes `gate_` first, so that a stream of readers, which pass
  // through it one by one, does not keep it out for ever.
  mutable std::mutex gate_;
  mutable std::shared_mutex state_;

  mutable Mutex mutex_;
  std::deque<exchange::CommittedBlockPtr> blocks_ OL_GUARDED_BY(mutex_);
  struct Result {
    exchange::Outcome outcome;
    std::uint64_t number = 0;  // equal to that of its place in `result_order_`
  };
  std::unordered_map<Hash256, Result> results_ OL_GUARDED_BY(mutex_);
  // Places of results that are there no more stay until they come up.
  std::deque<std::pair<Hash256, std::uint64_t>> result_order_ OL_GUARDED_BY(mutex_);
  std::uint64_t last_result_ OL_GUARDED_BY(mutex_) = 0;
  std::vector<std::pair<Hash256, exchange::Error>> refused_ OL_GUARDED_BY(mutex_);
  std::size_t block_parts_ OL_GUARDED_BY(mutex_) = 0;
  std::size_t result_parts_ OL_GUARDED_BY(mutex_) = 0;
  std::map<const void*, std::uint64_t> wanted_from_ OL_GUARDED_BY(mutex_);
  bool stopped_ OL_GUARDED_BY(mutex_) = false;
  std::condition_variable room_;

  // Held while callbacks run, so that whoever takes one back knows that it is over. A callback may
  // take others back.
  mutable std::recursive_mutex calls_;
  Ticket last_ticket_ = 0;
  std::map<Ticket, Listener> listeners_;
  std::map<Ticket, Waiting> awaited_;
  std::unordered_multimap<Hash256, Ticket> awaited_by_action_;
};

}  // namespace ol::node
