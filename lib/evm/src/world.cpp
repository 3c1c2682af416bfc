#include <ol/evm/world.hpp>

#include <bit>
#include <cstring>

#include <ol/base/check.hpp>
#include <ol/crypto/hash.hpp>

#include "program.hpp"

namespace ol::evm {
namespace {

std::uint64_t load_big_endian64(const std::uint8_t* bytes) {
  std::uint64_t v = 0;
  std::memcpy(&v, bytes, sizeof v);
  return __builtin_bswap64(v);
}

std::uint32_t load_big_endian32(const std::uint8_t* bytes) {
  std::uint32_t v = 0;
  std::memcpy(&v, bytes, sizeof v);
  return __builtin_bswap32(v);
}

const state::Code& no_code() {
  static const state::Code kNone = std::make_shared<const Bytes>();
  return kNone;
}

}  // namespace

U256 to_word(const Address& address) {
  const std::uint8_t* const bytes = address.bytes.data();
  return {load_big_endian64(bytes + 12), load_big_endian64(bytes + 4), load_big_endian32(bytes), 0};
}

Address to_address(const U256& word) {
  const auto bytes = word.to_big_endian();
  Address out;
  std::memcpy(out.bytes.data(), bytes.data() + 12, out.bytes.size());
  return out;
}

World::World(const state::StateView& view, std::uint64_t seed) : view_(view), seed_(seed) {}
World::~World() = default;

std::uint64_t World::hash_of(const Address& address) const {
  return seeded_hash(seed_, to_word(address));
}

void World::load(WorldAccount& account) {
  auto found = view_.account(account.address);
  if (!found) return note(found.error());
  account.original = *found;
  if (!account.original) return;
  account.exists = true;
  account.nonce = account.original->nonce;
  account.balance = account.original->balance;
  account.code_hash = account.original->code_hash;
}

WorldAccount& World::account(const Address& address) {
  const std::uint64_t hash = hash_of(address);
  const std::uint32_t found =
      account_index_.find(hash, [&](std::uint32_t i) { return accounts_[i].address == address; });
  if (found != IndexTable::kAbsent) return accounts_[found];
  const std::uint32_t index = accounts_.size();
  WorldAccount& added = accounts_.grow();
  added.address = address;
  added.index = index;
  load(added);
  account_index_.insert(hash, index,
                        [&](std::uint32_t i) { return hash_of(accounts_[i].address); });
  return added;
}

const state::Code& World::code(WorldAccount& account) {
  if (account.code) return account.code;
  account.code = no_code();
  if (account.has_code()) {
    auto found = view_.code(account.code_hash);
    if (found) {
      account.code = std::move(*found);
    } else {
      note(found.error());
    }
  }
  return account.code;
}

WorldSlot& World::slot(WorldAccount& account, const U256& key) {
  const std::uint64_t hash = hash_of_slot(account.index, key);
  const std::uint32_t found = slot_index_.find(hash, [&](std::uint32_t i) {
    return slots_[i].account == account.index && slots_[i].key == key;
  });
  if (found != IndexTable::kAbsent) return slots_[found];
  const std::uint32_t index = slots_.size();
  WorldSlot& added = slots_.grow();
  added.key = key;
  added.index = index;
  added.account = account.index;
  added.next = account.first_slot;
  account.first_slot = index;
  if (account.original && !account.storage_cleared) {
    const auto value = view_.storage(account.address, key.to_fixed<Hash256>());
    if (!value) note(value.error());
    added.current = added.in_view = value.value_or(U256{});
  }
  slot_index_.insert(
      hash, index, [&](std::uint32_t i) { return hash_of_slot(slots_[i].account, slots_[i].key); });
  return added;
}

bool World::has_storage(const WorldAccount& account) const {
  return account.original && !account.storage_cleared &&
         account.original->storage_root != state::kEmptyTrieRoot;
}

bool World::warm(WorldAccount& account) {
  if (account.warm_in == txn_) return false;
  account.warm_in = txn_;
  undo_.push_back({Kind::WarmAccount, account.index, {}});
  return true;
}

bool World::warm(WorldSlot& slot) {
  if (slot.warm_in == txn_) return false;
  slot.warm_in = txn_;
  undo_.push_back({Kind::WarmSlot, slot.index, {}});
  return true;
}

void World::touch(WorldAccount& account) {
  if (!account.exists) {
    account.exists = true;
    undo_.push_back({Kind::Existence, account.index, {}});
  }
  if (account.touched_in == txn_) return;
  account.touched_in = txn_;
  touched_.push_back(account.index);
  undo_.push_back({Kind::Touched, account.index, {}});
}

void World::add_balance(WorldAccount& account, const U256& wei) {
  touch(account);
  if (wei.is_zero()) return;
  undo_.push_back({Kind::Balance, account.index, account.balance});
  const auto sum = checked_add(account.balance, wei);
  OL_CHECK(sum.has_value(), "no balance exceeds the supply");
  account.balance = *sum;
}

void World::subtract_balance(WorldAccount& account, const U256& wei) {
  touch(account);
  if (wei.is_zero()) return;
  undo_.push_back({Kind::Balance, account.index, account.balance});
  const auto rest = checked_sub(account.balance, wei);
  OL_CHECK(rest.has_value(), "the caller checked the balance");
  account.balance = *rest;
}

void World::set_nonce(WorldAccount& account, std::uint64_t nonce) {
  touch(account);
  undo_.push_back({Kind::Nonce, account.index, account.nonce});
  account.nonce = nonce;
}

void World::set_code(WorldAccount& account, Bytes code) {
  touch(account);
  undo_.push_back({Kind::Code, account.index, old_codes_.size()});
  old_codes_.push_back({account.code_hash, account.code, account.program});
  account.code_hash = code.empty() ? state::kEmptyCodeHash : crypto::keccak256(code);
  account.code = std::make_shared<const Bytes>(std::move(code));
  account.program.reset();
}

void World::set_storage(WorldSlot& slot, const U256& value) {
  if (slot.started_in != txn_) {
    slot.started_in = txn_;
    slot.at_start = slot.current;
  }
  undo_.push_back({Kind::Storage, slot.index, slot.current});
  slot.current = value;
}

std::uint32_t World::find_transient(const WorldAccount& account, const U256& key) const {
  return transient_index_.find(hash_of_slot(account.index, key), [&](std::uint32_t i) {
    return transient_[i].account == account.index && transient_[i].key == key;
  });
}

U256 World::transient(const WorldAccount& account, const U256& key) const {
  const std::uint32_t found = find_transient(account, key);
  return found == IndexTable::kAbsent ? U256{} : transient_[found].value;
}

void World::set_transient(const WorldAccount& account, const U256& key, const U256& value) {
  std::uint32_t index = find_transient(account, key);
  if (index == IndexTable::kAbsent) {
    index = transient_.size();
    TransientSlot& added = transient_.grow();
    added.key = key;
    added.account = account.index;
    transient_index_.insert(hash_of_slot(account.index, key), index, [&](std::uint32_t i) {
      return hash_of_slot(transient_[i].account, transient_[i].key);
    });
  }
  undo_.push_back({Kind::Transient, index, transient_[index].value});
  transient_[index].value = value;
}

void World::mark_created(WorldAccount& account) {
  if (account.created_in == txn_) return;
  account.created_in = txn_;
  undo_.push_back({Kind::Created, account.index, {}});
}

bool World::mark_destroyed(WorldAccount& account) {
  if (account.destroyed_in == txn_) return false;
  account.destroyed_in = txn_;
  destroyed_.push_back(account.index);
  undo_.push_back({Kind::Destroyed, account.index, {}});
  return true;
}

void World::undo(const Undo& entry) {
  switch (entry.kind) {
    case Kind::Existence:
      accounts_[entry.index].exists = false;
      return;
    case Kind::Balance:
      accounts_[entry.index].balance = entry.before;
      return;
    case Kind::Nonce:
      accounts_[entry.index].nonce = entry.before.low64();
      return;
    case Kind::Code: {
      OldCode& old = old_codes_.back();
      accounts_[entry.index].code_hash = old.hash;
      accounts_[entry.index].code = std::move(old.code);
      accounts_[entry.index].program = std::move(old.program);
      old_codes_.pop_back();
      return;
    }
    case Kind::Storage:
      slots_[entry.index].current = entry.before;
      return;
    case Kind::Transient:
      transient_[entry.index].value = entry.before;
      return;
    case Kind::WarmAccount:
      accounts_[entry.index].warm_in = 0;
      return;
    case Kind::WarmSlot:
      slots_[entry.index].warm_in = 0;
      return;
    case Kind::Touched:
      accounts_[entry.index].touched_in = 0;
      touched_.pop_back();
      return;
    case Kind::Created:
      accounts_[entry.index].created_in = 0;
      return;
    case Kind::Destroyed:
      accounts_[entry.index].destroyed_in = 0;
      destroyed_.pop_back();
      return;
  }
  OL_CHECK(false, "every kind of change can be undone");
}

void World::revert_to(const Snapshot& snapshot) {
  OL_CHECK(snapshot.undo <= undo_.size(), "the snapshot is of this transaction");
  while (undo_.size() > snapshot.undo) {
    undo(undo_.back());
    undo_.pop_back();
  }
  logs_.resize(snapshot.logs);
  refund_ = snapshot.refund;
}

}  // namespace ol::evm
