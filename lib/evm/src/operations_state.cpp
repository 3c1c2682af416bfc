// Instructions that change state: storage, logs, self-destruction.
#include "operations.hpp"

#include <utility>

#include "machine.hpp"

namespace ol::evm::operations {
namespace {

constexpr std::int64_t kStorageSentry = 2'300;  // EIP-2200
constexpr std::int64_t kLogByte = 8;            // Yellow Paper appendix G
constexpr std::int64_t kNewAccount = 25'000;    // Yellow Paper appendix G

/// What a write costs before access is charged. EIP-1283, 2200, 2929.
std::int64_t storage_price(const Schedule& rules, const U256& original, const U256& current,
                           const U256& value) {
  if (rules.storage_rule == StorageRule::Plain) {
    return current.is_zero() && !value.is_zero() ? rules.storage_set : rules.storage_reset;
  }
  if (current == value || original != current) return rules.storage_noop;
  return original.is_zero() ? rules.storage_set : rules.storage_reset;
}

/// What a write adds to the refund, or takes back. EIP-1283, 2200, 3529.
std::int64_t storage_refund(const Schedule& rules, const U256& original, const U256& current,
                            const U256& value) {
  const std::int64_t clear = rules.storage_clear_refund;
  if (rules.storage_rule == StorageRule::Plain) {
    return !current.is_zero() && value.is_zero() ? clear : 0;
  }
  if (current == value) return 0;
  if (original == current) return !original.is_zero() && value.is_zero() ? clear : 0;
  std::int64_t refund = 0;
  if (!original.is_zero()) {
    if (current.is_zero()) refund -= clear;
    if (value.is_zero()) refund += clear;
  }
  if (original == value) {
    refund += (original.is_zero() ? rules.storage_set : rules.storage_reset) - rules.storage_noop;
  }
  return refund;
}

bool charge_slot(Frame& frame, WorldSlot& slot, std::int64_t cold_price) {
  Machine& machine = frame.machine;
  if (!machine.rules().tracks_access || !machine.world().warm(slot)) return true;
  return frame.charge(cold_price);
}

bool log(Frame& frame, const U256* top, int topics) {
  if (frame.is_static()) return frame.fail(Status::StaticViolation);
  if (!frame.expand(top[0], top[-1])) return false;
  if (!frame.charge(kLogByte * static_cast<std::int64_t>(top[-1].low64()))) return false;
  primitives::Log entry;
  entry.address = frame.message.recipient->address;
  entry.topics.reserve(static_cast<std::size_t>(topics));
  for (int i = 0; i < topics; ++i)
    entry.topics.push_back(top[-2 - i].to_fixed<Hash256>());
  entry.data = to_bytes(frame.view(top[0].low64(), top[-1].low64()));
  frame.machine.world().add_log(std::move(entry));
  return true;
}

/// What giving the balance to `to` costs beside the static price. EIP-150, 161, 2929.
bool charge_beneficiary(Frame& frame, WorldAccount& to, const U256& wei) {
  Machine& machine = frame.machine;
  const Schedule& rules = machine.rules();
  if (!machine.charge_access(frame, to, rules.selfdestruct_cold_account)) return false;
  if (!rules.selfdestruct_new_account) return true;
  const bool is_new =
      rules.state_clearing ? !wei.is_zero() && (!to.exists || to.is_empty()) : !to.exists;
  return !is_new || frame.charge(kNewAccount);
}

}  // namespace

bool sload(Frame& frame, U256* top) {
  WorldSlot& slot = frame.machine.world().slot(*frame.message.recipient, top[0]);
  if (!charge_slot(frame, slot, frame.machine.rules().cold_slot)) return false;
  top[0] = slot.current;
  return true;
}

bool sstore(Frame& frame, U256* top) {
  if (frame.is_static()) return frame.fail(Status::StaticViolation);
  World& world = frame.machine.world();
  const Schedule& rules = frame.machine.rules();
  if (rules.storage_rule == StorageRule::NetSentried && frame.gas <= kStorageSentry) {
    return frame.fail(Status::OutOfGas);
  }
  WorldSlot& slot = world.slot(*frame.message.recipient, top[0]);
  const U256 value = top[-1];
  // A cold slot costs the whole 2,100 here: the warm 100 is not part of a static price.
  const std::int64_t cold = rules.cold_slot + rules.storage_noop;
  if (!charge_slot(frame, slot, cold)) return false;
  const U256 original = world.original(slot);
  if (!frame.charge(storage_price(rules, original, slot.current, value))) return false;
  world.add_refund(storage_refund(rules, original, slot.current, value));
  if (slot.current != value) world.set_storage(slot, value);
  return true;
}

bool tload(Frame& frame, U256* top) {
  top[0] = frame.machine.world().transient(*frame.message.recipient, top[0]);
  return true;
}

bool tstore(Frame& frame, U256* top) {
  if (frame.is_static()) return frame.fail(Status::StaticViolation);
  frame.machine.world().set_transient(*frame.message.recipient, top[0], top[-1]);
  return true;
}

bool log0(Frame& frame, U256* top) {
  return log(frame, top, 0);
}
bool log1(Frame& frame, U256* top) {
  return log(frame, top, 1);
}
bool log2(Frame& frame, U256* top) {
  return log(frame, top, 2);
}
bool log3(Frame& frame, U256* top) {
  return log(frame, top, 3);
}
bool log4(Frame& frame, U256* top) {
  return log(frame, top, 4);
}

bool selfdestruct(Frame& frame, U256* top) {
  if (frame.is_static()) return frame.fail(Status::StaticViolation);
  World& world = frame.machine.world();
  const Schedule& rules = frame.machine.rules();
  WorldAccount& self = *frame.message.recipient;
  WorldAccount& to = world.account(to_address(top[0]));
  const U256 wei = self.balance;
  if (!charge_beneficiary(frame, to, wei)) return false;

  const bool dies = !rules.selfdestruct_only_new || world.is_created(self);
  world.subtract_balance(self, wei);
  // Ether given to itself is burnt with the account; an account that survives keeps it (EIP-6780).
  const bool burns = dies && &to == &self;
  world.add_balance(to, burns ? U256{} : wei);
  if (dies && world.mark_destroyed(self)) world.add_refund(rules.selfdestruct_refund);
  return frame.fail(Status::Success);
}

}  // namespace ol::evm::operations
