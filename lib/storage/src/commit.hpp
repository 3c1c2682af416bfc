#pragma once

#include <map>

#include <ol/storage/database.hpp>

#include "kv_store.hpp"
#include "manifest_watch.hpp"

namespace ol::storage {

/// Where the database stands between two commits.
struct Standing {
  std::optional<Head> head;
  primitives::Height history_floor;
};

/// Turns final blocks into one batch. Checks what Database::commit promises to check; leaves the
/// store alone. Use once.
class CommitBuilder {
 public:
  /// `history_window` as in DatabaseOptions.
  CommitBuilder(const KvStore& store, ManifestWatch& manifest, const ChainIdentity& identity,
                const Standing& before, std::optional<std::uint64_t> history_window)
      : store_(store),
        manifest_(manifest),
        identity_(identity),
        now_(before),
        window_(history_window) {}

  [[nodiscard]] StorageResult<void> add(std::span<const CommittedBlock> blocks);
  [[nodiscard]] KvBatch& batch() { return batch_; }
  /// Where the database stands once the batch is written.
  [[nodiscard]] const Standing& after() const { return now_; }

 private:
  StorageResult<void> add_block(const CommittedBlock& block);
  void put_chain(const CommittedBlock& block);
  void put_parent_certificate(const primitives::Header& header);
  StorageResult<void> put_history(const CommittedBlock& block);
  StorageResult<Bytes> stored_account(const Address& address) const;
  StorageResult<void> put_slot_history(const CommittedBlock& block);
  StorageResult<Bytes> stored_slot(const state::StorageKey& slot) const;
  /// Every slot of the account that is not zero.
  StorageResult<std::vector<state::StorageKey>> slots_of(const Address& address) const;
  void put_logs(const CommittedBlock& block);
  void put_state(const state::StateDiff& diff);
  void put_exchange(const CommittedBlock& block);
  StorageResult<void> prune_history(primitives::Height first_new);
  StorageResult<void> prune_accounts(primitives::Height height);
  StorageResult<void> prune_slots(primitives::Height height);
  [[nodiscard]] primitives::Height next_floor(std::span<const CommittedBlock> blocks) const;

  const KvStore& store_;
  ManifestWatch& manifest_;
  const ChainIdentity& identity_;
  Standing now_;
  std::optional<std::uint64_t> window_;
  KvBatch batch_;
  primitives::Height floor_after_;
  /// Accounts that earlier blocks of this batch wrote, as stored: the store does not know yet.
  std::map<Address, Bytes> written_accounts_;
  std::map<state::StorageKey, Bytes> written_slots_;
};

/// Whether `block` is the child of `head` (genesis if there is none) and its parts belong together.
[[nodiscard]] StorageResult<void> check_block(const CommittedBlock& block,
                                              const std::optional<Head>& head,
                                              const ChainIdentity& identity);

}  // namespace ol::storage
