#include <ol/storage/snapshot.hpp>

#include <algorithm>

#include <ol/base/check.hpp>
#include <ol/base/hex.hpp>
#include <ol/state/diff.hpp>

#include "kv_store.hpp"
#include "records.hpp"
#include "snapshot_read.hpp"
#include "state_cache.hpp"

namespace ol::storage {

using primitives::Height;
using state::StateError;

Snapshot::Snapshot(const KvStore& store, const primitives::ChainDomain& domain, StateCache* cache,
                   std::unique_ptr<KvSnapshot> moment)
    : store_(store), domain_(domain), cache_(cache), moment_(std::move(moment)) {}

Snapshot::~Snapshot() = default;

StorageResult<std::unique_ptr<Snapshot>> Snapshot::take(const KvStore& store,
                                                        const primitives::ChainDomain& domain,
                                                        StateCache* cache) {
  std::unique_ptr<Snapshot> out(new Snapshot(store, domain, cache, store.snapshot()));
  OL_TRY(out->head_,
         read<Head>(store, *out->moment_, Column::Meta, as_bytes(kHeadKey), decode_head));
  OL_TRY(const auto floor, read<Height>(store, *out->moment_, Column::Meta,
                                        as_bytes(kHistoryFloorKey), decode_height));
  out->history_floor_ = floor.value_or(Height(0));
  if (!out->head_) out->cache_ = nullptr;
  return out;
}

bool Snapshot::has(Height height) const {
  return head_ && height <= head_->height;
}

Snapshot::Found<Height> Snapshot::height_of(const primitives::BlockHash& hash) const {
  return read<Height>(store_, *moment_, Column::HeightByHash, hash.view(), decode_height);
}

Snapshot::Found<Height> Snapshot::height_of(const primitives::EvmHash& hash) const {
  return read<Height>(store_, *moment_, Column::HeightByEvmHash, hash.view(), decode_height);
}

Snapshot::Found<primitives::Header> Snapshot::header(Height height) const {
  if (!has(height)) return std::nullopt;
  const auto decode = [](ByteView bytes) -> std::optional<primitives::Header> {
    Reader in(bytes);
    auto header = primitives::decode_header(in);
    if (!in.finish()) return std::nullopt;
    return header;
  };
  return read<primitives::Header>(store_, *moment_, Column::Headers, height_key(height), decode);
}

Snapshot::Found<primitives::Block> Snapshot::block(Height height) const {
  if (!has(height)) return std::nullopt;
  const auto decode = [&](ByteView bytes) { return primitives::decode_block(domain_, bytes); };
  return read<primitives::Block>(store_, *moment_, Column::Blocks, height_key(height), decode);
}

Snapshot::Found<Bytes> Snapshot::block_bytes(Height height) const {
  if (!has(height)) return std::nullopt;
  return store_.get(Column::Blocks, height_key(height), moment_.get());
}

Snapshot::Found<primitives::QuorumCertificate> Snapshot::certificate(Height height) const {
  if (!has(height)) return std::nullopt;
  const auto decode = [](ByteView bytes) -> std::optional<primitives::QuorumCertificate> {
    Reader in(bytes);
    auto certificate = primitives::decode_quorum_certificate(in);
    if (!in.finish()) return std::nullopt;
    return certificate;
  };
  return read<primitives::QuorumCertificate>(store_, *moment_, Column::Certificates,
                                             height_key(height), decode);
}

Snapshot::Found<primitives::EvmHeader> Snapshot::evm_header(Height height) const {
  if (!has(height)) return std::nullopt;
  return read<primitives::EvmHeader>(store_, *moment_, Column::EvmHeaders, height_key(height),
                                     primitives::decode_evm_header);
}

Snapshot::Found<std::vector<primitives::Receipt>> Snapshot::receipts(Height height) const {
  if (!has(height)) return std::nullopt;
  return read<std::vector<primitives::Receipt>>(store_, *moment_, Column::Receipts,
                                                height_key(height), decode_receipts);
}

Snapshot::Found<TxnLocation> Snapshot::txn_location(const primitives::TxnHash& hash) const {
  return read<TxnLocation>(store_, *moment_, Column::Txns, hash.view(), decode_location);
}

StorageResult<void> Snapshot::visit_exchange(
    const std::function<bool(ByteView key, ByteView value)>& visit) const {
  // Keys begin with a word in ASCII; the empty key is the column's watermark.
  const Bytes first{0x00};
  const Bytes end{0xff};
  return store_.scan(Column::Exchange, first, end, moment_.get(), visit);
}

Snapshot::Found<Bytes> Snapshot::exchange_roots(primitives::Height height) const {
  if (!has(height)) return std::nullopt;
  return store_.get(Column::ExchangeRoots, height_key(height), moment_.get());
}

StateError Snapshot::record_failure(StorageError error, StateError as) const {
  const MutexLock lock(mutex_);
  if (!failure_) failure_ = std::move(error);
  return as;
}

std::optional<StorageError> Snapshot::failure() const {
  const MutexLock lock(mutex_);
  return failure_;
}

Result<std::optional<state::Account>, StateError> Snapshot::account(const Address& address) const {
  if (cache_ != nullptr) {
    if (auto known = cache_->accounts().find(address, head_->height.value())) return *known;
  }
  auto found = read<state::Account>(store_, *moment_, Column::Accounts, address.view(),
                                    state::decode_account);
  if (found) {
    if (cache_ != nullptr) cache_->accounts().keep(address, *found, head_->height.value());
    return *found;
  }
  const auto as = found.error().kind == StorageErrorKind::Corrupted ? StateError::Corrupt
                                                                    : StateError::ReadFailed;
  return fail(record_failure(std::move(found.error()), as));
}

Result<U256, StateError> Snapshot::storage(const Address& address, const Hash256& slot) const {
  if (cache_ != nullptr) {
    const auto known = cache_->slots().find({address, slot}, head_->height.value());
    if (known) return *known;
  }
  auto found = read<U256>(store_, *moment_, Column::Slots, slot_key(address, slot), decode_slot);
  if (found) {
    const U256 value = found->value_or(U256{});
    if (cache_ != nullptr) cache_->slots().keep({address, slot}, value, head_->height.value());
    return value;
  }
  const auto as = found.error().kind == StorageErrorKind::Corrupted ? StateError::Corrupt
                                                                    : StateError::ReadFailed;
  return fail(record_failure(std::move(found.error()), as));
}

Result<state::Code, StateError> Snapshot::code(const Hash256& code_hash) const {
  if (code_hash == state::kEmptyCodeHash) return std::make_shared<const Bytes>();
  if (cache_ != nullptr) {
    if (auto known = cache_->code().find(code_hash, 0)) return *std::move(known);
  }
  auto found = store_.get(Column::Codes, code_hash.view(), moment_.get());
  if (!found) return fail(record_failure(std::move(found.error()), StateError::ReadFailed));
  // Like every value, it was read under the checksum of its block; hashing it as well would take
  // far longer than its reader pays for.
  if (!found->has_value()) {
    return fail(
        record_failure(undecodable(store_, Column::Codes, code_hash.view()), StateError::Corrupt));
  }
  auto code = std::make_shared<const Bytes>(**std::move(found));
  if (cache_ != nullptr) cache_->code().keep(code_hash, code, 0);
  return code;
}

Result<std::optional<Bytes>, StateError> Snapshot::trie_node(const state::TrieNodeKey& key) const {
  auto found = store_.get(Column::TrieNodes, key.encode(), moment_.get());
  if (found) return *std::move(found);
  return fail(record_failure(std::move(found.error()), StateError::ReadFailed));
}

}  // namespace ol::storage
