#include "block_records.hpp"

namespace ol::node {
namespace {

rpc::TxnRecord record_of(const primitives::VerifiedTxn& txn) {
  return {.txn = txn.txn(), .sender = txn.sender(), .hash = txn.hash(), .envelope = txn.envelope()};
}

}  // namespace

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
  recent_[record->header.number] = record;
  head_ = std::move(record);
  while (recent_.size() > kKept)
    recent_.erase(recent_.begin());
}

rpc::BlockPtr BlockRecords::head() const {
  MutexLock lock(mutex_);
  return head_;
}

rpc::BlockPtr BlockRecords::find(std::uint64_t number) const {
  MutexLock lock(mutex_);
  const auto it = recent_.find(number);
  return it == recent_.end() ? nullptr : it->second;
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
  for (const Bytes& envelope : (*block)->payload) {
    auto txn = primitives::VerifiedTxn::verify(envelope);
    if (!txn) return nullptr;
    record->txns.push_back(record_of(*txn));
  }
  return record;
}

}  // namespace ol::node
