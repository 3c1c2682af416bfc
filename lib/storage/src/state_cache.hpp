#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

#include <ol/base/thread_safety.hpp>
#include <ol/primitives/types.hpp>
#include <ol/state/diff.hpp>
#include <ol/state/state_view.hpp>

namespace ol::storage {

/// Newest values by key, for readers of several moments at once. An entry holds the value its key
/// has had since some height; a shard knows up to which height its entries are the newest. Keys may
/// be chosen by strangers: they are hashed with a secret and can only push each other out.
/// Any thread; the lock of a shard is held for one look.
template <typename Key, typename Value>
class NewestValues {
 public:
  NewestValues(std::size_t entries_min, std::uint64_t seed) : seed_(seed) {
    std::size_t sets = 1;
    while (kShards * sets * kWays < entries_min)
      sets *= 2;
    set_mask_ = sets - 1;
    for (Shard& shard : shards_) {
      const MutexLock lock(shard.mutex);
      shard.entries.resize(sets * kWays);
    }
  }

  /// The value after the block at `height`, if it is known.
  [[nodiscard]] std::optional<Value> find(const Key& key, std::uint64_t height) {
    const std::uint64_t hash = hash_of(key);
    Shard& shard = shard_of(hash);
    const MutexLock lock(shard.mutex);
    Entry* const entry = look_up(shard, hash, key);
    if (entry == nullptr || height < entry->since || height > shard.newest) return std::nullopt;
    entry->used = ++shard.clock;
    return entry->value;
  }

  /// Remembers what was read after the block at `height`, unless there are newer blocks.
  void keep(const Key& key, const Value& value, std::uint64_t height) {
    const std::uint64_t hash = hash_of(key);
    Shard& shard = shard_of(hash);
    const MutexLock lock(shard.mutex);
    if (height != shard.newest) return;
    if (look_up(shard, hash, key) == nullptr) put(shard, hash, key, value, height);
  }

  /// Follows a commit up to `height` that changed `changes`.
  template <typename Changes>
  void follow(const Changes& changes, std::uint64_t height) {
    std::array<std::vector<const typename Changes::value_type*>, kShards> by_shard;
    for (const auto& change : changes)
      by_shard[shard_index(hash_of(change.first))].push_back(&change);
    for (std::size_t i = 0; i < kShards; ++i) {
      const MutexLock lock(shards_[i].mutex);
      for (const auto* change : by_shard[i])
        put(shards_[i], hash_of(change->first), change->first, Value(change->second), height);
      shards_[i].newest = height;
    }
  }

  /// Forgets everything; `height` is the newest.
  void reset(std::uint64_t height) {
    for (Shard& shard : shards_) {
      const MutexLock lock(shard.mutex);
      for (Entry& entry : shard.entries)
        entry = {};
      shard.newest = height;
    }
  }

 private:
  static constexpr std::size_t kShards = 16;
  static constexpr std::size_t kWays = 4;

  struct Entry {
    Key key{};
    Value value{};
    std::uint64_t since = 0;
    std::uint64_t used = 0;  // 0: empty
  };
  struct Shard {
    Mutex mutex;
    std::vector<Entry> entries OL_GUARDED_BY(mutex);
    std::uint64_t newest OL_GUARDED_BY(mutex) = 0;
    std::uint64_t clock OL_GUARDED_BY(mutex) = 0;
  };

  [[nodiscard]] static std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }
  [[nodiscard]] std::uint64_t hash_bytes(ByteView bytes, std::uint64_t hash) const {
    for (std::size_t i = 0; i < bytes.size(); i += 8) {
      std::uint64_t part = 0;
      std::memcpy(&part, bytes.data() + i, std::min<std::size_t>(8, bytes.size() - i));
      hash = mix(hash ^ part, 0x9e3779b97f4a7c15ULL ^ seed_);
    }
    return hash;
  }
  [[nodiscard]] std::uint64_t hash_of(const Address& key) const {
    return hash_bytes(key.view(), seed_);
  }
  [[nodiscard]] std::uint64_t hash_of(const Hash256& key) const {
    return hash_bytes(key.view(), seed_);
  }
  [[nodiscard]] std::uint64_t hash_of(const state::StorageKey& key) const {
    return hash_bytes(key.slot.view(), hash_bytes(key.address.view(), seed_));
  }
  [[nodiscard]] static std::size_t shard_index(std::uint64_t hash) { return hash >> 60; }
  [[nodiscard]] Shard& shard_of(std::uint64_t hash) { return shards_[shard_index(hash)]; }

  [[nodiscard]] Entry* set_of(Shard& shard, std::uint64_t hash) OL_REQUIRES(shard.mutex) {
    return &shard.entries[(hash & set_mask_) * kWays];
  }
  [[nodiscard]] Entry* look_up(Shard& shard, std::uint64_t hash, const Key& key)
      OL_REQUIRES(shard.mutex) {
    Entry* const set = set_of(shard, hash);
    for (std::size_t i = 0; i < kWays; ++i) {
      if (set[i].used != 0 && set[i].key == key) return &set[i];
    }
    return nullptr;
  }
  void put(Shard& shard, std::uint64_t hash, const Key& key, Value value, std::uint64_t since)
      OL_REQUIRES(shard.mutex) {
    Entry* entry = look_up(shard, hash, key);
    if (entry == nullptr) {
      Entry* const set = set_of(shard, hash);
      entry = set;
      for (std::size_t i = 1; i < kWays; ++i) {
        if (set[i].used < entry->used) entry = &set[i];
      }
    }
    *entry = {key, std::move(value), since, ++shard.clock};
  }

  std::uint64_t seed_;
  std::size_t set_mask_ = 0;
  std::array<Shard, kShards> shards_;
};

/// The state of the head in memory, in front of RocksDB: accounts, slots and code that were read or
/// written lately. Never changes an answer. Any thread; `follow` belongs to the committing one.
class StateCache {
 public:
  /// @param bytes  About how much memory it takes, code apart: that is at most 24 MiB more.
  StateCache(std::size_t bytes, std::uint64_t seed);

  /// An account that is known not to exist is a value without an account in it.
  using MaybeAccount = std::optional<state::Account>;
  NewestValues<Address, MaybeAccount>& accounts() { return accounts_; }
  NewestValues<state::StorageKey, U256>& slots() { return slots_; }
  /// Code under a hash never changes: its height is always 0.
  NewestValues<Hash256, state::Code>& code() { return code_; }

  /// The head is at `height` and nothing is known of it.
  void reset(primitives::Height height);
  /// The head moved to `height` by these diffs, which are in the store already.
  void follow(primitives::Height height, const std::vector<const state::StateDiff*>& diffs);

 private:
  NewestValues<Address, MaybeAccount> accounts_;
  NewestValues<state::StorageKey, U256> slots_;
  NewestValues<Hash256, state::Code> code_;
};

}  // namespace ol::storage
