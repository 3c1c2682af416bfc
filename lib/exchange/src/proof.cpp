#include <ol/exchange/proof.hpp>

#include <algorithm>

#include <ol/base/check.hpp>

#include "persistence.hpp"

namespace ol::exchange {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint16_t kStepsMax = 256;  // the bits of a place

// The place after this one, if there is one.
std::optional<TreeKey> after(TreeKey place) {
  for (std::size_t i = place.bytes.size(); i > 0; --i) {
    if (++place.bytes[i - 1] != 0) return place;
  }
  return std::nullopt;
}

// The first leaf at a place or beyond it.
std::optional<TreeKey> leaf_from(const KeyTree& tree, const std::optional<TreeKey>& place) {
  if (!place) return std::nullopt;
  if (tree.path_of(*place)) return place;
  return tree.neighbours(*place).second;
}

bool is_edge(const TreePath& path, bool left_edge) {
  return std::ranges::none_of(path,
                              [&](const TreeStep& step) { return step.sibling_left == left_edge; });
}

}  // namespace

StateRecords records_of(const State& state) {
  return dump_records(state);
}

std::pair<TreeKey, TreeKey> places_below(ByteView prefix) {
  OL_CHECK(prefix.size() <= 32, "longer keys lie in no order");
  std::pair<TreeKey, TreeKey> out;
  out.second.bytes.fill(0xff);
  std::ranges::copy(prefix, out.first.bytes.begin());
  std::ranges::copy(prefix, out.second.bytes.begin());
  return out;
}

RangeProof prove_range(const KeyTree& tree, const TreeKey& first, const TreeKey& last,
                       std::size_t leaves_max, const ValueAt& value_at) {
  OL_CHECK(tree.size() > 0, "a state without records");
  RangeProof out{first, last, {}};
  const auto add = [&](const TreeKey& place) {
    out.leaves.push_back({place, value_at(place), *tree.path_of(place)});
  };
  if (first == last && tree.path_of(first)) {
    add(first);
    return out;
  }
  if (!tree.path_of(first)) {
    if (const auto below = tree.neighbours(first).first) add(*below);
  }
  std::size_t taken = 0;
  auto at = leaf_from(tree, first);
  for (; at && *at <= out.last; at = leaf_from(tree, after(*at))) {
    add(*at);
    if (++taken == leaves_max) out.last = *at;
  }
  if (at) add(*at);
  return out;
}

Result<ProvenRange, ProofError> verify_range(const RangeProof& proof) {
  if (proof.leaves.empty() || proof.last < proof.first) return fail(ProofError::NoLeaf);
  ProvenRange out;
  for (std::size_t i = 0; i < proof.leaves.size(); ++i) {
    const ProvenLeaf& leaf = proof.leaves[i];
    const Hash256 root = follow(leaf_hash(leaf.place, leaf.value), leaf.path);
    if (i == 0) {
      out.root = root;
    } else {
      const ProvenLeaf& before = proof.leaves[i - 1];
      if (before.place >= leaf.place) return fail(ProofError::Disorder);
      if (root != out.root) return fail(ProofError::TwoRoots);
      if (!adjacent(before.path, leaf.path)) return fail(ProofError::Gap);
    }
    if (proof.first <= leaf.place && leaf.place <= proof.last) {
      out.records.emplace_back(leaf.place, leaf.value);
    }
  }
  const bool one = proof.first == proof.last && !out.records.empty();
  const ProvenLeaf& low = proof.leaves.front();
  const ProvenLeaf& high = proof.leaves.back();
  const bool closed_below = low.place <= proof.first || is_edge(low.path, true);
  // A leaf at an end of the range has nothing between itself and that end.
  const bool closed_above = high.place >= proof.last || is_edge(high.path, false);
  if (!one && !(closed_below && closed_above)) return fail(ProofError::OpenEnd);
  return out;
}

Bytes encode_range_proof(const RangeProof& proof) {
  Writer out;
  out.u8(kVersion).raw(proof.first.bytes).raw(proof.last.bytes);
  out.u32(static_cast<std::uint32_t>(proof.leaves.size()));
  for (const ProvenLeaf& leaf : proof.leaves) {
    out.raw(leaf.place.bytes).blob(leaf.value);
    out.u16(static_cast<std::uint16_t>(leaf.path.size()));
    for (const TreeStep& step : leaf.path)
      out.u8(step.sibling_left ? 1 : 0).fixed(step.sibling);
  }
  return out.take();
}

namespace {

TreeKey read_place(Reader& in) {
  TreeKey out;
  const ByteView bytes = in.raw(out.bytes.size());
  std::ranges::copy(bytes, out.bytes.begin());
  return out;
}

ProvenLeaf read_leaf(Reader& in) {
  ProvenLeaf out;
  out.place = read_place(in);
  out.value = to_bytes(in.blob(kProvenValueBytesMax));
  const std::uint16_t steps = in.u16();
  if (steps > kStepsMax) in.reject(DecodeError::BadValue);
  for (std::uint16_t i = 0; i < steps && in.ok(); ++i) {
    const std::uint8_t side = in.u8();
    if (side > 1) in.reject(DecodeError::BadValue);
    out.path.push_back({in.fixed<Hash256>(), side == 1});
  }
  return out;
}

}  // namespace

Result<RangeProof, DecodeError> decode_range_proof(ByteView bytes) {
  Reader in(bytes);
  if (in.u8() != kVersion) in.reject(DecodeError::BadValue);
  RangeProof out;
  out.first = read_place(in);
  out.last = read_place(in);
  const std::uint32_t leaves = in.count(static_cast<std::uint32_t>(kProvenLeavesMax));
  for (std::uint32_t i = 0; i < leaves && in.ok(); ++i)
    out.leaves.push_back(read_leaf(in));
  OL_TRY_VOID(in.finish());
  return out;
}

const char* describe(ProofError error) {
  switch (error) {
    case ProofError::NoLeaf:
      return "it has no leaf, or its range ends before it begins";
    case ProofError::Disorder:
      return "its leaves do not ascend";
    case ProofError::TwoRoots:
      return "its leaves lead to different roots";
    case ProofError::Gap:
      return "between two of its leaves the state may have more";
    case ProofError::OpenEnd:
      return "beyond its ends the range may have more";
  }
  OL_CHECK(false, "unknown ProofError");
}

}  // namespace ol::exchange
