#include <ol/exchange/commitment.hpp>

#include <algorithm>
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
    v.taker_fee, v.maker_fee, v.kind);
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

constexpr std::uint8_t kLongKey = 0xff;  // begins no record's key

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

// Leaves of many records, hashed side by side with others of their length.
class LeafHasher {
 public:
  explicit LeafHasher(std::size_t count) { at_.reserve(count); }

  void add(const TreeKey& key, ByteView value) {
    const std::size_t blocks = leaf_blocks(value.size());
    if (blocks >= by_blocks_.size()) by_blocks_.resize(blocks + 1);
    by_blocks_[blocks].push_back(at_.size());
    at_.push_back(messages_.size());
    append_leaf(messages_, key, value);
  }

  /// In the order of `add`.
  [[nodiscard]] std::vector<Hash256> finish() const {
    std::vector<Hash256> out(at_.size());
    for (std::size_t blocks = 0; blocks < by_blocks_.size(); ++blocks)
      hash_group(by_blocks_[blocks], blocks, out);
    return out;
  }

  static void append_leaf(Bytes& out, const TreeKey& key, ByteView value) {
    const std::size_t end = out.size() + leaf_blocks(value.size()) * kBlockBytes;
    append(out, key.bytes);
    const auto size = static_cast<std::uint32_t>(value.size());
    for (unsigned shift = 32; shift > 0; shift -= 8)
      out.push_back(static_cast<std::uint8_t>(size >> (shift - 8)));
    append(out, value);
    out.resize(end);
  }

 private:
  static constexpr std::size_t kBlockBytes = 64;
  static constexpr std::size_t kHeadBytes = 32 + 4;

  static std::size_t leaf_blocks(std::size_t value_bytes) {
    return std::max<std::size_t>(2, (kHeadBytes + value_bytes + kBlockBytes - 1) / kBlockBytes);
  }

  void hash_group(const std::vector<std::size_t>& group, std::size_t blocks,
                  std::vector<Hash256>& out) const {
    if (blocks > crypto::kBlake3ManyBlocksMax) {
      for (const std::size_t i : group)
        out[i] = crypto::blake3(ByteView(messages_).subspan(at_[i], blocks * kBlockBytes));
      return;
    }
    std::vector<const std::uint8_t*> messages;
    messages.reserve(group.size());
    for (const std::size_t i : group)
      messages.push_back(messages_.data() + at_[i]);
    std::vector<Hash256> digests(group.size());
    if (!group.empty()) crypto::blake3_many(messages, blocks, digests);
    for (std::size_t k = 0; k < group.size(); ++k)
      out[group[k]] = digests[k];
  }

  Bytes messages_;
  std::vector<std::size_t> at_;                      // where each message begins
  std::vector<std::vector<std::size_t>> by_blocks_;  // messages by their length
};

}  // namespace

TreeKey tree_key(ByteView record_key) {
  TreeKey out;
  if (record_key.size() <= out.bytes.size()) {
    std::ranges::copy(record_key, out.bytes.begin());
    return out;
  }
  const Hash256 hash = crypto::blake3(record_key);
  out.bytes[0] = kLongKey;
  std::copy_n(hash.bytes.begin(), out.bytes.size() - 1, out.bytes.begin() + 1);
  return out;
}

Hash256 leaf_hash(const TreeKey& key, ByteView value) {
  Bytes message;
  LeafHasher::append_leaf(message, key, value);
  return crypto::blake3(message);
}

Hash256 state_root(const StateRecords& records) {
  return Commitment(records).root();
}

Commitment::Commitment(const StateRecords& records) {
  LeafHasher leaves(records.size());
  for (const auto& [key, value] : records)
    leaves.add(tree_key(key), value);
  const std::vector<Hash256> hashes = leaves.finish();
  std::size_t i = 0;
  for (const auto& [key, value] : records)
    tree_.set(tree_key(key), hashes[i++]);
  tree_.rehash();
}

const Hash256& Commitment::apply(const StateDiff& diff) {
  LeafHasher leaves(diff.size());
  for (const auto& [key, value] : diff) {
    if (value) leaves.add(tree_key(key), *value);
  }
  const std::vector<Hash256> hashes = leaves.finish();
  Undo& undo = blocks_.emplace_back();
  undo.reserve(diff.size());
  std::size_t i = 0;
  for (const auto& [key, value] : diff) {
    const TreeKey place = tree_key(key);
    undo.emplace_back(place, value ? tree_.set(place, hashes[i++]) : tree_.erase(place));
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
  LeafHasher leaves(items.size());
  for (std::size_t i = 0; i < items.size(); ++i)
    leaves.add(list_key(static_cast<std::uint32_t>(i)), items[i]);
  const std::vector<Hash256> hashes = leaves.finish();
  KeyTree tree;
  for (std::size_t i = 0; i < hashes.size(); ++i)
    tree.set(list_key(static_cast<std::uint32_t>(i)), hashes[i]);
  return tree.rehash();
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
