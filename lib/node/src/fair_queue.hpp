#pragma once

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <ol/base/bounded_queue.hpp>
#include <ol/base/check.hpp>
#include <ol/base/thread_safety.hpp>
#include <ol/p2p/peer_id.hpp>

#include "peer_budget.hpp"

namespace ol::node {

/// What waits in a queue: of one peer, and of all of a rank.
struct FairLimits {
  std::size_t peer_items = 1;
  std::size_t peer_bytes = 1;
  std::size_t rank_items = 1;
  std::size_t rank_bytes = 1;
};

/// The queue to one of the node's threads that peers fill. Invariants:
/// 1. What the node itself puts in comes first, then what validators sent, then the rest; while
///    validators have something, strangers get every `kStrangersEvery`th turn, so that none
///    starves.
/// 2. Peers of a rank take turns, one item each; of one peer the first in is the first out.
/// 3. A peer has at most `peer_items` and, but for a single item, `peer_bytes`; a rank at most
///    `rank_items` and `rank_bytes`. In a full rank whoever has most loses its newest.
/// 4. Nothing of a muted peer is or gets in. At most `kMutedMax` are: beyond it those go whose time
///    ends first.
/// No call that puts something in waits. Any thread; the destructor must not run while a thread is
/// inside a call.
template <typename T>
class FairQueue {
 public:
  static constexpr std::size_t kStrangersEvery = 16;
  static constexpr std::size_t kMutedMax = 1'024;

  /// What became of an item of a peer, and others' items that gave way to it.
  struct Push {
    enum class Outcome : std::uint8_t { Queued, Muted, PeerFull, RankFull, Closed };
    Outcome outcome = Outcome::Queued;
    std::vector<T> dropped = {};
  };
  using Outcome = typename Push::Outcome;

  FairQueue(const FairLimits& strangers, const FairLimits& validators)
      : limits_{strangers, validators} {}
  FairQueue(const FairQueue&) = delete;
  FairQueue& operator=(const FairQueue&) = delete;

  /// Of this node itself: who puts it in bounds its number. False if the queue is closed.
  bool push_own(T item) {
    const MutexLock lock(mutex_);
    if (closed_) return false;
    own_.push_back(std::move(item));
    note_accepted();
    return true;
  }

  /// On every outcome but Queued `item` is left untouched.
  [[nodiscard]] Push push(const p2p::PeerId& peer, PeerRank rank, std::size_t bytes,
                          std::uint64_t now_ms, T&& item) {
    const MutexLock lock(mutex_);
    Push out;
    out.outcome = admit(peer, rank, bytes, now_ms, out.dropped);
    if (out.outcome != Outcome::Queued) {
      ++rejected_;
      return out;
    }
    Rank& of = ranks_[index_of(rank)];
    Lane& lane = of.lanes[peer];
    if (lane.items.empty()) of.turns.push_back(peer);
    lane.items.push_back({std::move(item), bytes});
    lane.bytes += bytes;
    of.bytes += bytes;
    ++of.items;
    note_accepted();
    return out;
  }

  /// Waits for an item until `deadline`, a time point of the caller's clock.
  template <typename TimePoint>
  [[nodiscard]] std::optional<T> pop_until(const TimePoint& deadline) {
    MutexLock lock(mutex_);
    while (!closed_ && size() == 0) {
      if (!lock.wait_until(ready_, deadline)) break;
    }
    return take_next();
  }

  /// Takes out what a peer has in it, if `which` says so.
  template <typename Which>
  [[nodiscard]] std::vector<T> drop(const p2p::PeerId& peer, const Which& which) {
    const MutexLock lock(mutex_);
    return drop_locked(peer, which);
  }

  /// Nothing more of this peer until then, or until `unmute`. What it had in the queue.
  [[nodiscard]] std::vector<T> mute(const p2p::PeerId& peer, std::uint64_t now_ms,
                                    std::uint64_t until_ms) {
    const MutexLock lock(mutex_);
    std::erase_if(muted_, [&](const auto& entry) { return entry.second <= now_ms; });
    if (muted_.size() >= kMutedMax)
      muted_.erase(
          std::ranges::min_element(muted_, {}, [](const auto& entry) { return entry.second; }));
    muted_[peer] = until_ms;
    return drop_locked(peer, [](const T&) { return true; });
  }
  void unmute(const p2p::PeerId& peer) {
    const MutexLock lock(mutex_);
    muted_.erase(peer);
  }
  [[nodiscard]] bool is_muted(const p2p::PeerId& peer, std::uint64_t now_ms) const {
    const MutexLock lock(mutex_);
    return is_muted_locked(peer, now_ms);
  }
  [[nodiscard]] std::size_t muted() const {
    const MutexLock lock(mutex_);
    return muted_.size();
  }

  /// Whether the peer has sent so much ahead that it is better not read from.
  [[nodiscard]] bool is_crowded(const p2p::PeerId& peer, PeerRank rank) const {
    const MutexLock lock(mutex_);
    return holds(peer, rank, 2);
  }
  /// Whether it may be read from again.
  [[nodiscard]] bool is_calm(const p2p::PeerId& peer, PeerRank rank) const {
    const MutexLock lock(mutex_);
    return !holds(peer, rank, 4);
  }

  void close() {
    const MutexLock lock(mutex_);
    closed_ = true;
    ready_.notify_all();
  }
  [[nodiscard]] bool is_closed() const {
    const MutexLock lock(mutex_);
    return closed_;
  }
  [[nodiscard]] QueueStats stats() const {
    const MutexLock lock(mutex_);
    return {size(), limits_[0].rank_items + limits_[1].rank_items, size_max_, accepted_, rejected_};
  }
  [[nodiscard]] std::size_t bytes() const {
    const MutexLock lock(mutex_);
    return ranks_[0].bytes + ranks_[1].bytes;
  }

 private:
  struct Entry {
    T item;
    std::size_t bytes = 0;
  };
  struct Lane {
    std::deque<Entry> items;
    std::size_t bytes = 0;
  };
  struct Rank {
    std::map<p2p::PeerId, Lane> lanes;  // none is empty
    std::deque<p2p::PeerId> turns;      // each lane once
    std::size_t items = 0;
    std::size_t bytes = 0;
  };

  static constexpr std::size_t index_of(PeerRank rank) { return static_cast<std::size_t>(rank); }

  [[nodiscard]] std::size_t size() const OL_REQUIRES(mutex_) {
    return own_.size() + ranks_[0].items + ranks_[1].items;
  }

  [[nodiscard]] bool is_muted_locked(const p2p::PeerId& peer, std::uint64_t now_ms) const
      OL_REQUIRES(mutex_) {
    const auto at = muted_.find(peer);
    return at != muted_.end() && now_ms < at->second;
  }

  void note_accepted() OL_REQUIRES(mutex_) {
    ++accepted_;
    size_max_ = std::max(size_max_, size());
    ready_.notify_one();
  }

  Outcome admit(const p2p::PeerId& peer, PeerRank rank, std::size_t bytes, std::uint64_t now_ms,
                std::vector<T>& dropped) OL_REQUIRES(mutex_) {
    if (closed_) return Outcome::Closed;
    if (is_muted_locked(peer, now_ms)) return Outcome::Muted;
    const FairLimits& limits = limits_[index_of(rank)];
    Rank& of = ranks_[index_of(rank)];
    const auto found = of.lanes.find(peer);
    const std::size_t held = found == of.lanes.end() ? 0 : found->second.bytes;
    const std::size_t count = found == of.lanes.end() ? 0 : found->second.items.size();
    if (count >= limits.peer_items) return Outcome::PeerFull;
    if (count > 0 && held + bytes > limits.peer_bytes) return Outcome::PeerFull;
    while (of.items >= limits.rank_items) {
      const auto most = std::ranges::max_element(
          of.lanes, {}, [](const auto& lane) { return lane.second.items.size(); });
      if (most->second.items.size() <= count + 1) return Outcome::RankFull;
      dropped.push_back(take_newest(of, most));
    }
    while (of.items > 0 && of.bytes + bytes > limits.rank_bytes) {
      const auto most = std::ranges::max_element(
          of.lanes, {}, [](const auto& lane) { return lane.second.bytes; });
      if (most->second.bytes <= held + bytes) return Outcome::RankFull;
      dropped.push_back(take_newest(of, most));
    }
    return Outcome::Queued;
  }

  T take_newest(Rank& of, typename std::map<p2p::PeerId, Lane>::iterator at) OL_REQUIRES(mutex_) {
    Entry last = std::move(at->second.items.back());
    at->second.items.pop_back();
    forget(of, at, last.bytes);
    if (at->second.items.empty()) erase_lane(of, at);
    return std::move(last.item);
  }

  void forget(Rank& of, typename std::map<p2p::PeerId, Lane>::iterator at, std::size_t bytes)
      OL_REQUIRES(mutex_) {
    at->second.bytes -= bytes;
    of.bytes -= bytes;
    --of.items;
  }

  void erase_lane(Rank& of, typename std::map<p2p::PeerId, Lane>::iterator at) OL_REQUIRES(mutex_) {
    std::erase(of.turns, at->first);
    of.lanes.erase(at);
  }

  std::optional<T> take_next() OL_REQUIRES(mutex_) {
    if (!own_.empty()) {
      std::optional<T> out(std::move(own_.front()));
      own_.pop_front();
      return out;
    }
    Rank& strangers = ranks_[index_of(PeerRank::Stranger)];
    Rank& validators = ranks_[index_of(PeerRank::Validator)];
    if (strangers.items == 0 && validators.items == 0) return std::nullopt;
    const bool waited = since_stranger_ + 1 >= kStrangersEvery;
    const bool stranger = strangers.items > 0 && (validators.items == 0 || waited);
    since_stranger_ = stranger || strangers.items == 0 ? 0 : since_stranger_ + 1;
    return take_turn(stranger ? strangers : validators);
  }

  std::optional<T> take_turn(Rank& of) OL_REQUIRES(mutex_) {
    const p2p::PeerId peer = of.turns.front();
    of.turns.pop_front();
    const auto at = of.lanes.find(peer);
    Entry first = std::move(at->second.items.front());
    at->second.items.pop_front();
    forget(of, at, first.bytes);
    if (at->second.items.empty()) {
      of.lanes.erase(at);
    } else {
      of.turns.push_back(peer);
    }
    return std::optional<T>(std::move(first.item));
  }

  template <typename Which>
  std::vector<T> drop_locked(const p2p::PeerId& peer, const Which& which) OL_REQUIRES(mutex_) {
    std::vector<T> out;
    for (Rank& of : ranks_) {
      const auto at = of.lanes.find(peer);
      if (at == of.lanes.end()) continue;
      std::deque<Entry> kept;
      for (Entry& entry : at->second.items) {
        if (!which(entry.item)) {
          kept.push_back(std::move(entry));
          continue;
        }
        forget(of, at, entry.bytes);
        out.push_back(std::move(entry.item));
      }
      at->second.items = std::move(kept);
      if (at->second.items.empty()) erase_lane(of, at);
    }
    return out;
  }

  /// Whether a peer holds that part of what it may, or in a rank that holds half of what it may
  /// more than its share of that.
  [[nodiscard]] bool holds(const p2p::PeerId& peer, PeerRank rank, std::size_t part) const
      OL_REQUIRES(mutex_) {
    const FairLimits& limits = limits_[index_of(rank)];
    const Rank& of = ranks_[index_of(rank)];
    const auto at = of.lanes.find(peer);
    if (at == of.lanes.end()) return false;
    const std::size_t items = at->second.items.size();
    const std::size_t bytes = at->second.bytes;
    if (items * part >= limits.peer_items || bytes * part >= limits.peer_bytes) return true;
    const std::size_t shares = 2 * of.lanes.size();
    return (of.items * 2 >= limits.rank_items && items * shares >= limits.rank_items) ||
           (of.bytes * 2 >= limits.rank_bytes && bytes * shares >= limits.rank_bytes);
  }

  const std::array<FairLimits, kPeerRankCount> limits_;
  mutable Mutex mutex_;
  std::condition_variable ready_;
  std::deque<T> own_ OL_GUARDED_BY(mutex_);
  std::array<Rank, kPeerRankCount> ranks_ OL_GUARDED_BY(mutex_);
  std::map<p2p::PeerId, std::uint64_t> muted_ OL_GUARDED_BY(mutex_);
  std::size_t since_stranger_ OL_GUARDED_BY(mutex_) = 0;
  bool closed_ OL_GUARDED_BY(mutex_) = false;
  std::size_t size_max_ OL_GUARDED_BY(mutex_) = 0;
  std::uint64_t accepted_ OL_GUARDED_BY(mutex_) = 0;
  std::uint64_t rejected_ OL_GUARDED_BY(mutex_) = 0;
};

}  // namespace ol::node
