#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include <ol/base/bytes.hpp>
#include <ol/base/codec.hpp>
#include <ol/base/result.hpp>
#include <ol/exchange/commitment.hpp>
#include <ol/exchange/key_tree.hpp>
#include <ol/exchange/state.hpp>

// Proofs of records of the state (dex.md 18). Format: docs/protocol/state-proof.md.

namespace ol::exchange {

/// The value of a record by its key, padded with zeros or not; nothing if there is none. Places of
/// keys above 32 bytes are no keys (`tree_key`).
[[nodiscard]] std::optional<Bytes> find_record(const State& state, ByteView key);

/// The whole state as records: what `Engine::records` gives, for who has the state alone.
[[nodiscard]] StateRecords records_of(const State& state);

/// First and last place of the records whose keys begin so. @pre At most 32 bytes.
[[nodiscard]] std::pair<TreeKey, TreeKey> places_below(ByteView prefix);

/// A record as its leaf has it, and the way from there to the root.
struct ProvenLeaf {
  TreeKey place;
  Bytes value;
  TreePath path;
};

/// What the state has between two places, both included: every leaf there, and the next one on
/// either side where there is one. A single place with a leaf needs no neighbours.
struct RangeProof {
  TreeKey first;
  TreeKey last;
  std::vector<ProvenLeaf> leaves;
};

constexpr std::size_t kProvenLeavesMax = 1'002;
constexpr std::size_t kProvenValueBytesMax = std::size_t{1} << 16;

[[nodiscard]] Bytes encode_range_proof(const RangeProof& proof);
/// Strict and bounded.
[[nodiscard]] Result<RangeProof, DecodeError> decode_range_proof(ByteView bytes);

/// Why a proof proves nothing.
enum class ProofError : std::uint8_t {
  NoLeaf,    // it has no leaf, or its range ends before it begins
  Disorder,  // leaves do not ascend
  TwoRoots,  // leaves lead to different roots
  Gap,       // between two of its leaves the tree may have more
  OpenEnd,   // beyond its ends the range may have more
};
/// What is wrong, for people.
[[nodiscard]] const char* describe(ProofError error);

/// What a proof proves of the state with that root: these are all records of the range.
struct ProvenRange {
  Hash256 root;
  std::vector<std::pair<TreeKey, Bytes>> records;
};
[[nodiscard]] Result<ProvenRange, ProofError> verify_range(const RangeProof& proof);

/// The value at a place that has a leaf.
using ValueAt = std::function<Bytes(const TreeKey&)>;

/// The proof of what is between two places; of the first `leaves_max` records if there are more,
/// its range ending with the last of them. @pre No change of the tree since its last `rehash`, a
/// leaf somewhere, first <= last, 1 <= leaves_max <= kProvenLeavesMax - 2.
[[nodiscard]] RangeProof prove_range(const KeyTree& tree, const TreeKey& first, const TreeKey& last,
                                     std::size_t leaves_max, const ValueAt& value_at);

}  // namespace ol::exchange
