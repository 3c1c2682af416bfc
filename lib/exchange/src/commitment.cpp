#include <ol/exchange/commitment.hpp>

#include <algorithm>

#include <ol/crypto/hash.hpp>
#include <ol/exchange/archive.hpp>
#include <ol/state/account.hpp>

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

constexpr std::size_t kTrieKeyMax = 32;

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

struct Change {
  Bytes key;
  ByteView value;
};

// Changes sorted by the trie's key, which is not the record's where that is long.
std::vector<Change> changes_of(const StateDiff& diff) {
  std::vector<Change> out;
  out.reserve(diff.size());
  for (const auto& [key, value] : diff)
    out.push_back({commitment_key(key), value ? ByteView(*value) : ByteView{}});
  std::ranges::sort(out, {}, &Change::key);
  return out;
}

std::vector<state::TrieChange> borrow(const std::vector<Change>& changes) {
  std::vector<state::TrieChange> out;
  out.reserve(changes.size());
  for (const Change& change : changes)
    out.push_back({change.key, change.value});
  return out;
}

StateDiff all_of(const StateRecords& records) {
  return {records.begin(), records.end()};
}

}  // namespace

Bytes commitment_key(ByteView record_key) {
  if (record_key.size() <= kTrieKeyMax) return to_bytes(record_key);
  Bytes out = {0xff};
  append(out, crypto::keccak256(record_key).view().first(kTrieKeyMax - 1));
  return out;
}

Hash256 state_root(const StateRecords& records) {
  const StateDiff all = all_of(records);
  const std::vector<Change> changes = changes_of(all);
  return state::trie_root(borrow(changes));
}

Result<std::optional<Bytes>, state::StateError> Commitment::Nodes::trie_node(
    const state::TrieNodeKey& key) const {
  const auto it = nodes_.find(key);
  if (it == nodes_.end()) return std::optional<Bytes>{};
  return std::optional<Bytes>(it->second);
}

state::TrieNodeChanges Commitment::Nodes::apply(state::TrieNodeChanges changes) {
  state::TrieNodeChanges undo;
  for (auto& [key, value] : changes) {
    const auto it = nodes_.find(key);
    undo[key] = it == nodes_.end() ? std::nullopt : std::optional(std::move(it->second));
    if (value) {
      nodes_[key] = std::move(*value);
    } else if (it != nodes_.end()) {
      nodes_.erase(it);
    }
  }
  return undo;
}

Commitment::Commitment(const StateRecords& records) : root_(state::kEmptyTrieRoot) {
  apply(all_of(records));
  commit();
}

const Hash256& Commitment::apply(const StateDiff& diff) {
  const std::vector<Change> changes = changes_of(diff);
  auto update = state::update_trie(nodes_, Hash256{}, root_, borrow(changes));
  OL_CHECK(update.has_value(), "the exchange's trie is in memory and complete");
  blocks_.push_back({root_, nodes_.apply(std::move(update->nodes))});
  root_ = update->root;
  return root_;
}

void Commitment::undo() {
  OL_CHECK(!blocks_.empty(), "no block to undo");
  nodes_.apply(std::move(blocks_.back().undo));
  root_ = blocks_.back().root_before;
  blocks_.pop_back();
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
  return state::ordered_root(encoded);
}

}  // namespace

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
