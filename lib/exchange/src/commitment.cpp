#include <ol/exchange/commitment.hpp>

#include <array>
#include <ranges>

#include <ol/base/check.hpp>
#include <ol/crypto/blake3_many.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/exchange/archive.hpp>

namespace ol::exchange {

// The records of blocks, field by field.
template <typename A>
static void fields(A& a, OrderResult& v) {
  a(v.kind, v.error, v.oid, v.total_sz, v.avg_px, v.px);
}
template <typename A>
static void fields(A& a, ActionResult& v) {
  a(v.hash, v.ok, v.error, v.orders, v.aux);
}
template <typename A>
static void fields(A& a, FillEvent& v) {
  a(v.tid, v.asset, v.px, v.sz, v.taker, v.maker, v.taker_oid, v.maker_oid, v.taker_side,
    v.taker_fee, v.maker_fee, v.kind, v.taker_builder_fee, v.maker_builder_fee, v.taker_twap);
}
template <typename A>
static void fields(A& a, RestEvent& v) {
  a(v.oid, v.account, v.asset, v.side, v.px, v.sz);
}
template <typename A>
static void fields(A& a, CancelEvent& v) {
  a(v.oid, v.account, v.asset, v.left, v.reason);
}
template <typename A>
static void fields(A& a, FundingEvent& v) {
  a(v.account, v.asset, v.paid);
}
template <typename A>
static void fields(A& a, LiquidationEvent& v) {
  a(v.account, v.asset, v.method, v.usd);
}
template <typename A>
static void fields(A& a, AlertEvent& v) {
  a(v.kind, v.asset, v.validator);
}

namespace {

// The number of an event's kind in its encoding.
constexpr std::uint8_t kind_of(const FillEvent&) {
  return 1;
}
constexpr std::uint8_t kind_of(const RestEvent&) {
  return 2;
}
constexpr std::uint8_t kind_of(const CancelEvent&) {
  return 3;
}
constexpr std::uint8_t kind_of(const FundingEvent&) {
  return 4;
}
constexpr std::uint8_t kind_of(const LiquidationEvent&) {
  return 5;
}
constexpr std::uint8_t kind_of(const AlertEvent&) {
  return 6;
}

/// Hashes the messages of leaves; those of one length that follow each other side by side, which
/// records of one kind mostly are. Borrows them.
class LeafHasher {
 public:
  /// `digests` is where they will lie; kept by the caller for its memory.
  LeafHasher(std::vector<Hash256>& digests, std::size_t count) : digests_(digests) {
    messages_.reserve(count);
    if (digests_.size() < count) digests_.resize(count);
  }

  /// @pre Fewer than `count` were added.
  void add(ByteView message) {
    const std::size_t blocks = message.size() / kBlockBytes;
    if (blocks != blocks_) hash();
    blocks_ = blocks;
    messages_.push_back(message.data());
  }
  /// Hashes what is not hashed yet.
  void hash() {
    const auto run = std::span(messages_).subspan(hashed_);
    const auto out = std::span(digests_).subspan(hashed_, run.size());
    if (blocks_ <= crypto::kBlake3ManyBlocksMax) {
      if (!run.empty()) crypto::blake3_many(run, blocks_, out);
    } else {  // too long for the vectors
      for (std::size_t i = 0; i < run.size(); ++i)
        out[i] = crypto::blake3({run[i], blocks_ * kBlockBytes});
    }
    hashed_ = messages_.size();
  }
  /// In the order of `add`. @pre Hashed.
  [[nodiscard]] const Hash256& operator[](std::size_t i) const { return digests_[i]; }

 private:
  static constexpr std::size_t kBlockBytes = 64;

  std::vector<Hash256>& digests_;
  std::vector<const std::uint8_t*> messages_;
  std::size_t hashed_ = 0;
  std::size_t blocks_ = 0;  // of those that wait
};

/// A tree of all items, each a place and a value.
template <typename Items, typename PlaceOf, typename ValueOf>
void build(KeyTree& tree, const Items& items, PlaceOf place_of, ValueOf value_of) {
  std::size_t bytes = 0;
  for (const auto& item : items)
    bytes += leaf_bytes(value_of(item).size());
  Bytes messages;
  messages.reserve(bytes);
  std::vector<Hash256> digests;
  LeafHasher leaves(digests, items.size());
  for (const auto& item : items) {
    const std::size_t at = messages.size();
    append_leaf(messages, place_of(item), value_of(item));
    leaves.add(ByteView(messages).subspan(at));
  }
  leaves.hash();
  std::size_t i = 0;
  for (const auto& item : items)
    tree.set(place_of(item), leaves[i++]);
  tree.rehash();
}

}  // namespace

Hash256 state_root(const StateRecords& records) {
  return Commitment(records).root();
}

Commitment::Commitment(const StateRecords& records) {
  build(
      tree_, records, [](const auto& record) { return tree_key(record.first); },
      [](const auto& record) { return ByteView(record.second); });
}

const Hash256& Commitment::apply(const StateDiff& diff) {
  LeafHasher leaves(digests_, diff.size());
  for (std::size_t i = 0; i < diff.size(); ++i) {
    if (diff.has_value(i)) leaves.add(diff.message(i));
  }
  leaves.hash();
  Undo& undo = blocks_.emplace_back(std::exchange(spare_, {}));
  undo.reserve(diff.size());
  std::size_t leaf = 0;
  for (std::size_t i = 0; i < diff.size(); ++i) {
    const TreeKey place = diff.place(i);
    auto& [unused, before] = undo.emplace_back(place, std::nullopt);
    const auto was = diff.has_value(i) ? tree_.set(place, leaves[leaf++]) : tree_.erase(place);
    if (was) before.emplace(*was);
  }
  return tree_.rehash();
}

void Commitment::undo() {
  OL_CHECK(!blocks_.empty(), "no block to undo");
  // Backwards, so that a key that a diff names twice ends as it was before both.
  for (const auto& [key, leaf] : std::views::reverse(blocks_.back())) {
    if (leaf) {
      tree_.set(key, *leaf);
    } else {
      tree_.erase(key);
    }
  }
  blocks_.pop_back();
  tree_.rehash();
}

void Commitment::commit() {
  OL_CHECK(!blocks_.empty(), "no block to commit");
  spare_ = std::move(blocks_.front());
  spare_.clear();
  blocks_.erase(blocks_.begin());
}

Bytes encode_result(const ActionResult& result) {
  Writer out;
  FieldWriter archive(out);
  ActionResult copy = result;
  fields(archive, copy);
  return out.take();
}

Bytes encode_event(const Event& event) {
  Writer out;
  FieldWriter archive(out);
  std::visit(
      [&](auto copy) {
        archive(kind_of(copy));
        fields(archive, copy);
      },
      event);
  return out.take();
}

namespace {

template <typename Item, typename Encode>
Hash256 root_of(const std::vector<Item>& items, Encode encode) {
  std::vector<Bytes> encoded;
  encoded.reserve(items.size());
  for (const Item& item : items)
    encoded.push_back(encode(item));
  return list_root(encoded);
}

}  // namespace

TreeKey list_key(std::uint32_t index) {
  TreeKey out;
  for (unsigned i = 0; i < 4; ++i)
    out.bytes[i] = static_cast<std::uint8_t>(index >> (24 - 8 * i));
  return out;
}

Hash256 list_root(const std::vector<Bytes>& items) {
  KeyTree tree;
  const auto place_of = [&](const Bytes& item) {
    return list_key(static_cast<std::uint32_t>(&item - items.data()));
  };
  build(tree, items, place_of, [](const Bytes& item) { return ByteView(item); });
  return tree.root();
}

Hash256 action_root(const std::vector<VerifiedAction>& actions) {
  return root_of(actions,
                 [](const VerifiedAction& action) { return to_bytes(action.hash.view()); });
}

Hash256 result_root(const std::vector<ActionResult>& results) {
  return root_of(results, encode_result);
}

Hash256 event_root(const std::vector<Event>& events) {
  return root_of(events, encode_event);
}

}  // namespace ol::exchange
