#include <ol/crypto/hash.hpp>
#include <ol/primitives/item.hpp>

#include "commit.hpp"

namespace ol::storage {
namespace {

using primitives::Height;

std::string name_of(const CommittedBlock& block) {
  return "block " + std::to_string(block.block.header.height.value());
}

StorageError not_consecutive(const CommittedBlock& block, const std::optional<Head>& head) {
  return {StorageErrorKind::NotConsecutive,
          name_of(block) + " is not the child of the head, " +
              (head ? "block " + std::to_string(head->height.value()) : "before genesis") +
              ": blocks are committed in order and once"};
}

StorageError mismatch(const CommittedBlock& block, std::string_view what) {
  return {StorageErrorKind::Mismatch,
          name_of(block) + " cannot be committed: its " + std::string(what)};
}

// The state root that the diff leads to: that of the new root node, or the parent's if the diff
// leaves it alone.
Hash256 root_after(const state::StateDiff& diff, const std::optional<Head>& head) {
  const auto root = diff.trie.find(state::TrieNodeKey{});
  if (root == diff.trie.end()) return head ? head->state_root : state::kEmptyTrieRoot;
  return root->second ? crypto::keccak256(*root->second) : state::kEmptyTrieRoot;
}

}  // namespace

StorageResult<void> check_block(const CommittedBlock& block, const std::optional<Head>& head,
                                const ChainIdentity& identity) {
  const primitives::Header& header = block.block.header;
  const auto parent = head ? head->hash : retag<primitives::BlockHash>(identity.genesis_hash);
  const Height height = head ? head->height.next() : Height(0);
  if (header.height != height) return fail(not_consecutive(block, head));
  if (header.parent != parent) return fail(not_consecutive(block, head));
  if (block.evm_header.number != height.value()) {
    return fail(mismatch(block, "Ethereum header has another number"));
  }
  if (head && block.evm_header.parent_hash != head->evm_hash) {
    return fail(mismatch(block, "Ethereum header has another parent"));
  }
  if (block.certificate.block() != block.block.hash || block.certificate.height() != height) {
    return fail(mismatch(block, "certificate is for another block"));
  }
  if (block.receipts.size() != primitives::transaction_count(block.block)) {
    return fail(mismatch(block, "receipts are not one per transaction"));
  }
  if (root_after(block.diff, head) != block.evm_header.state_root) {
    return fail(mismatch(block, "state changes do not lead to the state root in its header"));
  }
  return {};
}

}  // namespace ol::storage
