#include "block_records.hpp"

#include <ol/primitives/item.hpp>

namespace ol::node {
namespace {

// What a record takes in memory, near enough for a bound.
std::size_t bytes_of(const rpc::BlockRecord& record) {
  std::size_t bytes = sizeof record;
  for (const rpc::TxnRecord& txn : record.txns)
    bytes += sizeof txn + 2 * txn.envelope.size();  // as bytes and decoded
  for (const primitives::Receipt& receipt : record.receipts) {
    bytes += sizeof receipt;
    for (const primitives::Log& log : receipt.logs)
      bytes += sizeof log + log.topics.size() * sizeof(Hash256) + log.data.size();
  }
  return bytes;
}

}  // namespace

rpc::TxnRecord record_of(const primitives::VerifiedTxn& txn) {
  return {.txn = txn.txn(), .sender = txn.sender(), .hash = txn.hash(), .envelope = txn.envelope()};
}

void BlockRecords::Shelf::put(rpc::BlockPtr record, std::size_t blocks_max, std::size_t bytes_max) {
  bytes += bytes_of(*record);
  blocks.push_back(std::move(record));
  while (blocks.size() > 1 && (blocks.size() > blocks_max || bytes > bytes_max)) {
    bytes -= bytes_of(*blocks.front());
    blocks.pop_front();
  }
}

rpc::BlockPtr BlockRecords::Shelf::find(std::uint64_t number) const {
  for (const rpc::BlockPtr& block : blocks) {
    if (block->header.number == number) return block;
  }
  return nullptr;
}

storage::StorageResult<void> BlockRecords::load_head() {
  OL_TRY(const auto snapshot, database_.snapshot());
  rpc::BlockPtr record = read(*snapshot, snapshot->head()->height);
  if (!record) {
    return fail(
        storage::StorageError{storage::StorageErrorKind::Corrupted,
                              "the head block cannot be read from the database; restore it "
                              "from a backup or remove it and let the node fetch the chain"});
  }
  MutexLock lock(mutex_);
  keep(std::move(record));
  return {};
}

void BlockRecords::add(const FinalBlock& block) {
  auto record = std::make_shared<rpc::BlockRecord>();
  record->header = block.executed->result.header;
  record->hash = block.executed->result.evm_hash;
  record->receipts = block.executed->result.receipts;
  record->txns.reserve(block.executed->txns.size());
  for (const TxnPtr& txn : block.executed->txns)
    record->txns.push_back(record_of(*txn));
  MutexLock lock(mutex_);
  keep(std::move(record));
}

void BlockRecords::keep(rpc::BlockPtr record) {
  head_ = record;
  recent_.put(std::move(record), limits_.recent_blocks_max, limits_.recent_bytes_max);
}

std::size_t BlockRecords::kept() const {
  MutexLock lock(mutex_);
  return recent_.blocks.size() + older_.blocks.size();
}

rpc::BlockPtr BlockRecords::head() const {
  MutexLock lock(mutex_);
  return head_;
}

rpc::BlockPtr BlockRecords::find(std::uint64_t number) const {
  MutexLock lock(mutex_);
  if (rpc::BlockPtr recent = recent_.find(number)) return recent;
  return older_.find(number);
}

rpc::BlockPtr BlockRecords::by_number(std::uint64_t number) const {
  if (rpc::BlockPtr recent = find(number)) return recent;
  if (number > head()->header.number) return nullptr;
  const auto snapshot = database_.snapshot();
  return snapshot ? read(**snapshot, primitives::Height(number)) : nullptr;
}

rpc::BlockPtr BlockRecords::by_hash(const primitives::EvmHash& hash) const {
  const auto snapshot = database_.snapshot();
  if (!snapshot) return nullptr;
  const auto height = (*snapshot)->height_of(hash);
  if (!height || !*height) return nullptr;
  if (rpc::BlockPtr recent = find((*height)->value())) return recent;
  return read(**snapshot, **height);
}

rpc::BlockPtr BlockRecords::read(const storage::Snapshot& snapshot,
                                 primitives::Height height) const {
  const auto block = snapshot.block(height);
  const auto header = snapshot.evm_header(height);
  auto receipts = snapshot.receipts(height);
  if (!block || !*block || !header || !*header || !receipts || !*receipts) return nullptr;
  auto record = std::make_shared<rpc::BlockRecord>();
  record->header = **header;
  record->hash = primitives::evm_header_hash(**header);
  record->receipts = **std::move(receipts);
  const std::size_t txns = primitives::transaction_count(**block);
  record->txns.reserve(txns);
  for (std::size_t i = 0; i < txns; ++i) {
    if (const TxnPtr known = cache_.find((*block)->item_hashes[i])) {
      record->txns.push_back(record_of(*known));
      continue;
    }
    auto txn = primitives::VerifiedTxn::verify((*block)->payload[i]);
    if (!txn) return nullptr;
    record->txns.push_back(record_of(*txn));
  }
  MutexLock lock(mutex_);
  if (!older_.find(height.value()))
    older_.put(record, limits_.older_blocks_max, limits_.older_bytes_max);
  return record;
}

}  // namespace ol::node
