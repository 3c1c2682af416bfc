#include "commit.hpp"

#include <algorithm>

#include <ol/base/check.hpp>

#include "records.hpp"

namespace ol::storage {
namespace {

using primitives::Height;

// A window that shrank is caught up with over many commits, so that none takes long.
constexpr std::uint64_t kPrunePerBlock = 256;

template <typename T>
Bytes encoded(const T& value) {
  Writer out;
  encode(out, value);
  return out.take();
}

}  // namespace

StorageResult<void> CommitBuilder::add(std::span<const CommittedBlock> blocks) {
  if (blocks.empty()) return {};
  const Height first = now_.head ? now_.head->height.next() : Height(0);
  floor_after_ = next_floor(blocks);
  for (const CommittedBlock& block : blocks)
    OL_TRY_VOID(add_block(block));
  OL_TRY_VOID(prune_history(first));
  now_.history_floor = floor_after_;
  for (std::size_t i = 0; i < kColumns; ++i) {
    batch_.put(static_cast<Column>(i), as_bytes(kWatermarkKey), height_key(now_.head->height));
  }
  if (const auto mark = manifest_.mark()) {
    batch_.put(Column::Meta, as_bytes(kManifestKey), encode_manifest_mark(*mark));
  }
  batch_.put(Column::Meta, as_bytes(kHistoryFloorKey), height_key(floor_after_));
  batch_.put(Column::Meta, as_bytes(kHeadKey), encode_head(*now_.head));
  return {};
}

StorageResult<void> CommitBuilder::add_block(const CommittedBlock& block) {
  OL_TRY_VOID(check_block(block, now_.head, identity_));
  put_chain(block);
  OL_TRY_VOID(put_history(block));
  put_state(block.diff);
  const primitives::Header& header = block.block.header;
  now_.head = Head{header.height, header.view, block.block.hash,
                   primitives::evm_header_hash(block.evm_header), block.evm_header.state_root};
  return {};
}

void CommitBuilder::put_chain(const CommittedBlock& block) {
  const Height height = block.block.header.height;
  const Bytes key = height_key(height);
  const auto evm_hash = primitives::evm_header_hash(block.evm_header);
  batch_.put(Column::Headers, key, encoded(block.block.header));
  batch_.put(Column::Blocks, key, encoded(block.block));
  batch_.put(Column::HeightByHash, block.block.hash.view(), key);
  batch_.put(Column::HeightByEvmHash, evm_hash.view(), key);
  batch_.put(Column::Certificates, key, encoded(block.certificate));
  batch_.put(Column::Receipts, key, encode_receipts(block.receipts));
  batch_.put(Column::EvmHeaders, key, primitives::encode_evm_header(block.evm_header));
  std::uint32_t index = 0;
  for (const primitives::TxnHash& hash : block.block.item_hashes)
    batch_.put(Column::Txns, hash.view(), encode_location({height, index++}));
}

StorageResult<void> CommitBuilder::put_history(const CommittedBlock& block) {
  const Height height = block.block.header.height;
  std::vector<Address> touched;
  for (const auto& [address, value] : block.diff.accounts) {
    // No question is answered by what was before genesis, nor by what lies below the floor.
    if (height > floor_after_) {
      OL_TRY(const Bytes previous, stored_account(address));
      batch_.put(Column::History, history_key(address, height), previous);
      touched.push_back(address);
    }
    written_accounts_[address] = encode_previous(value);
  }
  if (!touched.empty()) {
    batch_.put(Column::HistoryIndex, height_key(height), encode_addresses(touched));
  }
  return {};
}

StorageResult<Bytes> CommitBuilder::stored_account(const Address& address) const {
  const auto written = written_accounts_.find(address);
  if (written != written_accounts_.end()) return written->second;
  OL_TRY(auto stored, store_.get(Column::Accounts, address.view(), nullptr));
  return std::move(stored).value_or(Bytes{});
}

void CommitBuilder::put_state(const state::StateDiff& diff) {
  for (const auto& [address, owner] : diff.storage_cleared) {
    batch_.erase_range(Column::Slots, address.view(), slots_end(address));
    batch_.erase_range(Column::TrieNodes, owner.view(), trie_nodes_end(owner));
  }
  for (const auto& [address, account] : diff.accounts) {
    if (account) {
      batch_.put(Column::Accounts, address.view(), state::encode_account(*account));
    } else {
      batch_.erase(Column::Accounts, address.view());
    }
  }
  for (const auto& [key, value] : diff.storage) {
    const Bytes stored = slot_key(key.address, key.slot);
    if (value.is_zero()) {
      batch_.erase(Column::Slots, stored);
    } else {
      batch_.put(Column::Slots, stored, value.to_minimal_big_endian());
    }
  }
  for (const auto& [hash, code] : diff.code)
    batch_.put(Column::Codes, hash.view(), *code);
  for (const auto& [key, node] : diff.trie) {
    if (node) {
      batch_.put(Column::TrieNodes, key.encode(), *node);
    } else {
      batch_.erase(Column::TrieNodes, key.encode());
    }
  }
}

Height CommitBuilder::next_floor(std::span<const CommittedBlock> blocks) const {
  if (!window_) return now_.history_floor;
  const std::uint64_t last = (now_.head ? now_.head->height.value() : 0) + blocks.size();
  const std::uint64_t head = now_.head ? last : last - 1;
  const std::uint64_t wanted = head > *window_ ? head - *window_ : 0;
  const std::uint64_t reachable = now_.history_floor.value() + kPrunePerBlock * blocks.size();
  return std::max(now_.history_floor, Height(std::min(wanted, reachable)));
}

StorageResult<void> CommitBuilder::prune_history(Height first_new) {
  for (Height h = now_.history_floor.next(); h <= floor_after_ && h < first_new; h = h.next()) {
    OL_TRY(const auto index, store_.get(Column::HistoryIndex, height_key(h), nullptr));
    if (!index) continue;
    const auto addresses = decode_addresses(*index);
    if (!addresses) {
      return fail(StorageError{StorageErrorKind::Corrupted,
                               "the database's history index of block " +
                                   std::to_string(h.value()) + " cannot be read"});
    }
    for (const Address& address : *addresses)
      batch_.erase(Column::History, history_key(address, h));
    batch_.erase(Column::HistoryIndex, height_key(h));
  }
  return {};
}

}  // namespace ol::storage
