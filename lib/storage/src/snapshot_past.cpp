// What a snapshot knows of blocks below its head.
#include <algorithm>
#include <set>

#include <ol/state/state_root.hpp>

#include "log_search.hpp"
#include "records.hpp"
#include "snapshot_read.hpp"

namespace ol::storage {

using primitives::Height;
using state::StateError;

StorageResult<void> Snapshot::check_past(Height height) const {
  if (!has(height)) {
    return fail(StorageError{StorageErrorKind::Missing, "block " + std::to_string(height.value()) +
                                                            " is above the head of the chain"});
  }
  if (height < history_floor_) {
    return fail(StorageError{StorageErrorKind::Pruned,
                             "the state at block " + std::to_string(height.value()) +
                                 " is no longer kept: history begins at block " +
                                 std::to_string(history_floor_.value())});
  }
  return {};
}

// The next change above a height holds the value that stood until then.

Snapshot::Found<state::Account> Snapshot::account_at(const Address& address, Height height) const {
  OL_TRY_VOID(check_past(height));
  if (height < head_->height) {
    const Bytes key = history_key(address, height.next());
    OL_TRY(const auto pair, store_.seek(Column::History, key, moment_.get()));
    const bool changed_later =
        pair && std::ranges::equal(ByteView(pair->first).first(Address::kSize), address.view());
    if (changed_later) {
      auto previous = decode_previous(pair->second);
      if (!previous) return fail(undecodable(store_, Column::History, pair->first));
      return *previous;
    }
  }
  return read<state::Account>(store_, *moment_, Column::Accounts, address.view(),
                              state::decode_account);
}

StorageResult<U256> Snapshot::storage_at(const Address& address, const Hash256& slot,
                                         Height height) const {
  OL_TRY_VOID(check_past(height));
  const Bytes current = slot_key(address, slot);
  if (height < head_->height) {
    const Bytes key = slot_history_key({address, slot}, height.next());
    OL_TRY(const auto pair, store_.seek(Column::SlotHistory, key, moment_.get()));
    const bool changed_later =
        pair && std::ranges::equal(ByteView(pair->first).first(current.size()), current);
    if (changed_later) {
      const auto previous = decode_previous_slot(pair->second);
      if (!previous) return fail(undecodable(store_, Column::SlotHistory, pair->first));
      return *previous;
    }
  }
  OL_TRY(const auto value, read<U256>(store_, *moment_, Column::Slots, current, decode_slot));
  return value.value_or(U256{});
}

namespace {

template <typename T, typename Decode>
StorageResult<void> gather(const KvStore& store, const KvSnapshot& at, Column column, Height height,
                           const Decode& decode, std::set<T>& out) {
  OL_TRY(const auto found, read<std::vector<T>>(store, at, column, height_key(height), decode));
  if (found) out.insert(found->begin(), found->end());
  return {};
}

}  // namespace

StorageResult<state::Touched> Snapshot::touched_since(Height height) const {
  OL_TRY_VOID(check_past(height));
  state::Touched out;
  for (Height h = height.next(); h <= head_->height; h = h.next()) {
    OL_TRY_VOID(gather(store_, *moment_, Column::HistoryIndex, h, decode_addresses, out.accounts));
    OL_TRY_VOID(gather(store_, *moment_, Column::SlotHistoryIndex, h, decode_slots, out.slots));
  }
  return out;
}

StorageResult<state::StateDiff> Snapshot::rewind(Height height) const {
  OL_TRY(const state::Touched touched, touched_since(height));
  auto back = state::lead_back({*this, *this, head_->state_root}, StateAt(*this, height), touched);
  OL_TRY(const auto header, evm_header(height));
  if (back && header && back->root == header->state_root) return std::move(back->diff);
  return fail(StorageError{StorageErrorKind::Corrupted,
                           "the history of the database " + store_.path().string() +
                               " does not lead back to block " + std::to_string(height.value())});
}

StorageResult<void> Snapshot::visit_log_heights(const LogQuery& query, Height first, Height last,
                                                const std::function<bool(Height)>& visit) const {
  if (!head_) return {};
  return LogSearch(store_, *moment_, query, std::min(last, head_->height)).run(first, visit);
}

namespace {

StateError to_state_error(const StorageError& error) {
  return error.kind == StorageErrorKind::Corrupted ? StateError::Corrupt : StateError::ReadFailed;
}

}  // namespace

Result<std::optional<state::Account>, StateError> StateAt::account(const Address& address) const {
  auto found = snapshot_.account_at(address, height_);
  if (!found) return fail(to_state_error(found.error()));
  return *found;
}

Result<U256, StateError> StateAt::storage(const Address& address, const Hash256& slot) const {
  const auto found = snapshot_.storage_at(address, slot, height_);
  if (!found) return fail(to_state_error(found.error()));
  return *found;
}

Result<state::Code, StateError> StateAt::code(const Hash256& code_hash) const {
  return snapshot_.code(code_hash);
}

}  // namespace ol::storage
