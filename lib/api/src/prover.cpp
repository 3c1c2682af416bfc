#include <ol/api/prover.hpp>

#include <chrono>
#include <map>
#include <thread>

#include <ol/base/thread_safety.hpp>

namespace ol::api {
namespace {

using exchange::State;
using exchange::TreeKey;

constexpr int kTries = 200;
constexpr std::chrono::milliseconds kPause{2};

}  // namespace

/// The tree over the records after one block.
class Prover::Tree {
 public:
  explicit Tree(const exchange::Access& access) : access_(access) {}

  std::optional<Proved> prove(const State& state, const std::vector<ProofRange>& ranges) {
    const MutexLock lock(mutex_);
    if (!follow(state)) return std::nullopt;
    Proved out{height_, {}};
    // The analysis does not see through the lambda.
    const std::map<TreeKey, Bytes>* const long_keys = &long_keys_;
    for (const ProofRange& range : ranges) {
      out.proofs.push_back(exchange::prove_range(
          commitment_->tree(), range.first, range.last, range.records_max,
          [&](const TreeKey& place) { return value_at(state, *long_keys, place); }));
    }
    return out;
  }

 private:
  static constexpr std::size_t kPlaceBytes = sizeof(TreeKey::bytes);

  // Brings the tree up to the state, by the diffs of blocks if they are still kept.
  bool follow(const State& state) OL_REQUIRES(mutex_) {
    const std::uint64_t head = state.global().height;
    if (!commitment_ || head < height_ || head - height_ > access_.blocks_kept()) {
      load(state);
      return true;
    }
    while (height_ < head) {
      const exchange::CommittedBlockPtr block = access_.block(height_ + 1);
      if (block == nullptr && height_ + 1 == head) return false;  // out in a moment
      if (block == nullptr) {
        load(state);
        return true;
      }
      commitment_->apply(block->result.diff);
      commitment_->commit();
      for (const auto& [key, value] : block->result.diff)
        note(key, value.has_value());
      ++height_;
    }
    return true;
  }

  void load(const State& state) OL_REQUIRES(mutex_) {
    const exchange::StateRecords records = exchange::records_of(state);
    commitment_ = std::make_unique<exchange::Commitment>(records);
    long_keys_.clear();
    for (const auto& [key, value] : records)
      note(key, true);
    height_ = state.global().height;
  }

  // The place of a long key does not tell the key.
  void note(ByteView key, bool exists) OL_REQUIRES(mutex_) {
    if (key.size() <= kPlaceBytes) return;
    if (exists) {
      long_keys_[exchange::tree_key(key)] = to_bytes(key);
    } else {
      long_keys_.erase(exchange::tree_key(key));
    }
  }

  static Bytes value_at(const State& state, const std::map<TreeKey, Bytes>& long_keys,
                        const TreeKey& place) {
    const auto long_key = long_keys.find(place);
    const ByteView key =
        long_key == long_keys.end() ? ByteView(place.bytes) : ByteView(long_key->second);
    auto value = exchange::find_record(state, key);
    OL_CHECK(value.has_value(), "every leaf has a record");
    return *std::move(value);
  }

  const exchange::Access& access_;
  Mutex mutex_;
  std::unique_ptr<exchange::Commitment> commitment_ OL_GUARDED_BY(mutex_);
  std::map<TreeKey, Bytes> long_keys_ OL_GUARDED_BY(mutex_);
  std::uint64_t height_ OL_GUARDED_BY(mutex_) = 0;
};

ProofRange one_record(ByteView key) {
  const TreeKey place = exchange::tree_key(key);
  return {place, place};
}

ProofRange records_below(ByteView prefix) {
  const auto [first, last] = exchange::places_below(prefix);
  return {first, last};
}

Prover::Prover(const exchange::Access& access)
    : access_(access), tree_(std::make_unique<Tree>(access)) {}

Prover::~Prover() = default;

std::optional<Prover::Proved> Prover::prove_in(const State& state,
                                               const std::vector<ProofRange>& ranges) {
  return tree_->prove(state, ranges);
}

std::optional<Prover::Proved> Prover::prove(const std::vector<ProofRange>& ranges) {
  for (int i = 0; i < kTries; ++i) {
    std::optional<Proved> out;
    access_.read([&](const State& state) { out = prove_in(state, ranges); });
    if (out) return out;
    std::this_thread::sleep_for(kPause);
  }
  return std::nullopt;
}

}  // namespace ol::api
