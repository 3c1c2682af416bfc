#include <ol/api/prover.hpp>

#include <chrono>
#include <map>
#include <mutex>
#include <thread>

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
  explicit Tree(exchange::Access& access) : access_(access) {}

  // Brings the tree up to what is final, by the diffs of blocks if they are still kept.
  void catch_up() {
    const std::lock_guard lock(mutex_);
    if (!commitment_ || access_.height() > height_ + access_.blocks_kept()) load();
    if (!commitment_) return;
    const std::uint64_t head = access_.height();
    while (height_ < head) {
      const exchange::CommittedBlockPtr block = access_.block(height_ + 1);
      if (block == nullptr) {
        commitment_.reset();  // made anew the next time
        break;
      }
      apply(*block);
    }
    access_.keep_from(this, exchange::Access::kNoHeight);
  }

  // Within a read of the state, where nobody may be kept waiting: blocks beyond a few are left to
  // `catch_up`, and so is a tree that another thread is busy with.
  std::optional<Proved> prove(const State& state, const std::vector<ProofRange>& ranges) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock() || !commitment_) return std::nullopt;
    const std::uint64_t head = state.global().height;
    for (int i = 0; i < kBlocksInRead && height_ < head; ++i) {
      const exchange::CommittedBlockPtr block = access_.block(height_ + 1);
      if (block == nullptr) break;
      apply(*block);
    }
    if (height_ != head) return std::nullopt;
    Proved out{height_, {}};
    for (const ProofRange& range : ranges) {
      out.proofs.push_back(
          exchange::prove_range(commitment_->tree(), range.first, range.last, range.records_max,
                                [&](const TreeKey& place) { return value_at(state, place); }));
    }
    return out;
  }

 private:
  static constexpr std::size_t kPlaceBytes = sizeof(TreeKey::bytes);
  static constexpr int kBlocksInRead = 2;

  void apply(const exchange::CommittedBlock& block) {
    commitment_->apply(block.result.diff);
    commitment_->commit();
    for (const auto& [key, value] : block.result.diff)
      note(key, value.has_value());
    ++height_;
  }

  // From what is stored: nobody waits for it, and blocks since are kept meanwhile.
  void load() {
    commitment_.reset();
    const auto cut = access_.cut(0);
    if (cut == nullptr) return;
    access_.keep_from(this, cut->height() + 1);
    exchange::StateRecords records;
    const bool whole = cut->visit([&](ByteView key, ByteView value) {
      records.emplace_hint(records.end(), to_bytes(key), to_bytes(value));
    });
    if (!whole) return access_.keep_from(this, exchange::Access::kNoHeight);
    commitment_ = std::make_unique<exchange::Commitment>(records);
    long_keys_.clear();
    for (const auto& [key, value] : records)
      note(key, true);
    height_ = cut->height();
  }

  // The place of a long key does not tell the key.
  void note(ByteView key, bool exists) {
    if (key.size() <= kPlaceBytes) return;
    if (exists) {
      long_keys_[exchange::tree_key(key)] = to_bytes(key);
    } else {
      long_keys_.erase(exchange::tree_key(key));
    }
  }

  [[nodiscard]] Bytes value_at(const State& state, const TreeKey& place) const {
    const auto long_key = long_keys_.find(place);
    const ByteView key =
        long_key == long_keys_.end() ? ByteView(place.bytes) : ByteView(long_key->second);
    auto value = exchange::find_record(state, key);
    OL_CHECK(value.has_value(), "every leaf has a record");
    return *std::move(value);
  }

  exchange::Access& access_;
  std::mutex mutex_;  // guards what follows
  std::unique_ptr<exchange::Commitment> commitment_;
  std::map<TreeKey, Bytes> long_keys_;
  std::uint64_t height_ = 0;
};

ProofRange one_record(ByteView key) {
  const TreeKey place = exchange::tree_key(key);
  return {place, place};
}

ProofRange records_below(ByteView prefix) {
  const auto [first, last] = exchange::places_below(prefix);
  return {first, last};
}

Prover::Prover(exchange::Access& access) : access_(access), tree_(std::make_unique<Tree>(access)) {}

Prover::~Prover() = default;

void Prover::prepare() {
  tree_->catch_up();
}

std::optional<Prover::Proved> Prover::prove_in(const State& state,
                                               const std::vector<ProofRange>& ranges) {
  return tree_->prove(state, ranges);
}

std::optional<Prover::Proved> Prover::prove(const std::vector<ProofRange>& ranges) {
  for (int i = 0; i < kTries; ++i) {
    prepare();
    std::optional<Proved> out;
    access_.read([&](const State& state) { out = prove_in(state, ranges); });
    if (out) return out;
    std::this_thread::sleep_for(kPause);
  }
  return std::nullopt;
}

}  // namespace ol::api
