#include "commit.hpp"

#include <algorithm>
#include <set>

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

StorageError unreadable_index(Height height) {
  return {StorageErrorKind::Corrupted, "the database's history index of block " +
                                           std::to_string(height.value()) + " cannot be read"};
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
  put_logs(block);
  OL_TRY_VOID(put_history(block));
  OL_TRY_VOID(put_slot_history(block));
  put_state(block.diff);
  put_exchange(block);
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
  put_parent_certificate(block.block.header);
  batch_.put(Column::Receipts, key, encode_receipts(block.receipts));
  batch_.put(Column::EvmHeaders, key, primitives::encode_evm_header(block.evm_header));
  for (std::uint32_t index = 0; index < block.receipts.size(); ++index) {
    const primitives::TxnHash& hash = block.block.item_hashes[index];
    batch_.put(Column::Txns, hash.view(), encode_location({height, index}));
  }
}

// Which of the certificates of its parent a block carries is the same for every node, and it names
// the voters that the first quorum did not wait for.
void CommitBuilder::put_parent_certificate(const primitives::Header& header) {
  const primitives::QuorumCertificate& justify = header.justify;
  if (justify.signers.empty() || justify.block() != header.parent) return;
  batch_.put(Column::Certificates, height_key(Height(header.height.value() - 1)), encoded(justify));
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

StorageResult<void> CommitBuilder::put_slot_history(const CommittedBlock& block) {
  const Height height = block.block.header.height;
  std::map<state::StorageKey, Bytes> now;
  // Storage goes with its account; what was written after that is in the diff.
  for (const auto& [address, owner] : block.diff.storage_cleared) {
    OL_TRY(const auto slots, slots_of(address));
    for (const state::StorageKey& slot : slots)
      now.emplace(slot, Bytes{});
  }
  for (const auto& [slot, value] : block.diff.storage)
    now[slot] = value.to_minimal_big_endian();
  std::vector<state::StorageKey> touched;
  for (auto& [slot, value] : now) {
    if (height > floor_after_) {
      OL_TRY(const Bytes previous, stored_slot(slot));
      batch_.put(Column::SlotHistory, slot_history_key(slot, height), previous);
      touched.push_back(slot);
    }
    written_slots_[slot] = std::move(value);
  }
  if (!touched.empty())
    batch_.put(Column::SlotHistoryIndex, height_key(height), encode_slots(touched));
  return {};
}

StorageResult<Bytes> CommitBuilder::stored_slot(const state::StorageKey& slot) const {
  const auto written = written_slots_.find(slot);
  if (written != written_slots_.end()) return written->second;
  OL_TRY(auto stored, store_.get(Column::Slots, slot_key(slot.address, slot.slot), nullptr));
  return std::move(stored).value_or(Bytes{});
}

StorageResult<std::vector<state::StorageKey>> CommitBuilder::slots_of(
    const Address& address) const {
  std::map<state::StorageKey, bool> is_set;
  const auto add = [&](ByteView key, ByteView) {
    is_set[{address, *Hash256::from(key.subspan(Address::kSize))}] = true;
    return true;
  };
  OL_TRY_VOID(store_.scan(Column::Slots, address.view(), slots_end(address), nullptr, add));
  for (auto it = written_slots_.lower_bound({address, Hash256{}});
       it != written_slots_.end() && it->first.address == address; ++it) {
    is_set[it->first] = !it->second.empty();
  }
  std::vector<state::StorageKey> out;
  for (const auto& [slot, set] : is_set) {
    if (set) out.push_back(slot);
  }
  return out;
}

// Once per block and item: a query asks which blocks to look at.
void CommitBuilder::put_logs(const CommittedBlock& block) {
  std::set<Bytes> items;
  for (const primitives::Receipt& receipt : block.receipts) {
    for (const primitives::Log& log : receipt.logs) {
      items.insert(log_address_key(log.address));
      for (const Hash256& topic : log.topics)
        items.insert(log_topic_key(topic));
    }
  }
  if (!items.empty()) items.insert(any_log_key());
  for (const Bytes& item : items)
    batch_.put(Column::LogIndex, log_key(item, block.block.header.height), {});
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

void CommitBuilder::put_exchange(const CommittedBlock& block) {
  if (block.exchange == nullptr) return;
  batch_.put(Column::ExchangeRoots, height_key(block.block.header.height), block.exchange->roots);
  for (const auto& [key, value] : block.exchange->records) {
    if (value) {
      batch_.put(Column::Exchange, key, *value);
    } else {
      batch_.erase(Column::Exchange, key);
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
    OL_TRY_VOID(prune_accounts(h));
    OL_TRY_VOID(prune_slots(h));
  }
  return {};
}

StorageResult<void> CommitBuilder::prune_accounts(Height height) {
  OL_TRY(const auto index, store_.get(Column::HistoryIndex, height_key(height), nullptr));
  if (!index) return {};
  const auto addresses = decode_addresses(*index);
  if (!addresses) return fail(unreadable_index(height));
  for (const Address& address : *addresses)
    batch_.erase(Column::History, history_key(address, height));
  batch_.erase(Column::HistoryIndex, height_key(height));
  return {};
}

StorageResult<void> CommitBuilder::prune_slots(Height height) {
  OL_TRY(const auto index, store_.get(Column::SlotHistoryIndex, height_key(height), nullptr));
  if (!index) return {};
  const auto slots = decode_slots(*index);
  if (!slots) return fail(unreadable_index(height));
  for (const state::StorageKey& slot : *slots)
    batch_.erase(Column::SlotHistory, slot_history_key(slot, height));
  batch_.erase(Column::SlotHistoryIndex, height_key(height));
  return {};
}

}  // namespace ol::storage
