#pragma once

#include <array>
#include <span>
#include <vector>

#include <ol/state/trie.hpp>

#include "trie_node.hpp"

namespace ol::state {

/// A node whose place is known but which its parent may still absorb: a branch left with one child
/// merges with it, an extension with what it leads to. Leaves and extensions are therefore encoded
/// only once they are known to stay (`TrieSink::commit`), branches at once.
struct PendingNode {
  enum class Kind : std::uint8_t {
    Empty,      // no node
    Leaf,       // path, value
    Extension,  // path, ref to its child
    Branch,     // ref to itself, encoded already
    Unread,     // ref to a stored node that nothing has changed, of unknown shape
  };

  Kind kind = Kind::Empty;
  NibblePath path;  // below the node's own place
  ByteView value;
  NodeRef ref;
  bool changed = false;  // differs from what was at this place before
};

/// Encodes nodes, hashes them, and records the stored ones where someone wants them. Nodes wait for
/// their hashes until many can be hashed side by side, level by level from below; until then zeros
/// stand for them in their parents.
class TrieSink {
 public:
  /// Records nodes of `owner` in `changes`, and by their hash in `cache`; null records nothing.
  TrieSink(const Hash256& owner, TrieNodeChanges* changes, TrieNodeCache* cache = nullptr)
      : owner_(owner), changes_(changes), cache_(cache) {}

  /// Encodes a leaf or extension at `place`; the others are final already.
  [[nodiscard]] NodeRef commit(const PendingNode& node, const NibblePath& place);
  /// Makes a branch of at least two of: child, value. Commits the children.
  [[nodiscard]] PendingNode make_branch(const NibblePath& place,
                                        const std::array<PendingNode, 16>& children,
                                        ByteView value);
  /// Notes that the node stored at `place` is gone, unless another was put there.
  void erase(const NibblePath& place);
  /// The root hash of a trie whose topmost node is `node`. Records all that was not recorded yet:
  /// the last call.
  [[nodiscard]] Hash256 finish(const PendingNode& node);

 private:
  /// A node whose hash is awaited. Nodes are numbered in order; the first ones have their hashes.
  struct Waiting {
    NibblePath place;
    Bytes rlp;
    std::uint32_t parent = NodeRef::kNotAwaited;  // in `waiting_`, which holds the hash
    std::uint32_t offset = 0;                     // where in the parent
    std::uint32_t level = 0;                      // above all waiting nodes it holds
  };

  [[nodiscard]] NodeRef seal(const NibblePath& place, Bytes rlp);
  /// Tells the node sealed last that the reference at `offset` of it is `ref`.
  void link(const NodeRef& ref, std::size_t offset);
  static void put_hash(Bytes& rlp, std::size_t offset, const Hash256& hash);
  /// Hashes all waiting nodes and records them.
  void hash_waiting();
  /// Hashes these, whose children have their hashes.
  void hash_level(std::span<const std::uint32_t> nodes, std::span<Hash256> hashes);
  void record(Waiting& node, const Hash256& hash);

  Hash256 owner_;
  TrieNodeChanges* changes_;
  TrieNodeCache* cache_;
  /// Writes what was recorded to `changes`, in its order.
  void write_changes();

  struct Record {
    NibblePath place;
    Bytes rlp;  // empty: erased
  };

  std::vector<Record> records_;
  std::vector<Hash256> hashes_;   // of the first nodes
  std::vector<Waiting> waiting_;  // the nodes behind them
};

/// The node at `place` of a trie holding exactly `items`, whose keys start with `place` and whose
/// values are not empty.
[[nodiscard]] PendingNode build_subtrie(TrieSink& sink, const NibblePath& place,
                                        std::span<const TrieChange> items);

/// The first items, those whose key has `nibble` at `depth`; `items` loses them.
[[nodiscard]] std::span<const TrieChange> take_group(std::span<const TrieChange>& items,
                                                     std::size_t depth, std::uint8_t nibble);

/// How many nibbles of `a` and `b` agree, counted from nibble `from` of each on.
[[nodiscard]] std::size_t common_nibbles(ByteView a, ByteView b, std::size_t from);

/// Stops the process unless keys are sorted without repetition.
void check_sorted(std::span<const TrieChange> changes);

}  // namespace ol::state
