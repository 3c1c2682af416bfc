// A transaction from buying gas to paying for it: Yellow Paper section 6.2 and the EIPs named.
#include <ol/evm/transition.hpp>

#include <algorithm>
#include <utility>

#include <ol/base/check.hpp>
#include <ol/evm/trace.hpp>

#include "authorization.hpp"
#include "machine.hpp"

namespace ol::evm {
namespace {

U256 effective_gas_price(const TxnRequest& txn, const BlockEnv& block) {
  if (txn.is_free) return {};
  const U256 room = txn.max_fee_per_gas - block.base_fee;
  return block.base_fee + std::min(room, txn.max_priority_fee_per_gas,
                                   [](const U256& a, const U256& b) { return a < b; });
}

/// Takes the price of all the gas and the blobs, which `check_transaction` found affordable.
void buy_gas(World& world, WorldAccount& sender, const BlockEnv& block, const TxnRequest& txn,
             const U256& price) {
  const U256 blob_gas = U256{kGasPerBlob} * U256{txn.blob_hashes.size()};
  world.subtract_balance(sender, price * U256{txn.gas_limit} + block.blob_base_fee * blob_gas);
  world.set_nonce(sender, txn.nonce + 1);
}

/// EIP-2929, 2930, 3651. Precompiles are warm without a mark.
void warm_up(World& world, const Schedule& rules, const BlockEnv& block, const Message& message,
             std::span<const primitives::AccessListEntry> access_list) {
  if (!rules.tracks_access) return;
  world.warm(*message.sender);
  // What is created is warmed when it is.
  if (message.kind == CallKind::Call) world.warm(*message.recipient);
  if (rules.warm_coinbase) world.warm(world.account(block.coinbase));
  for (const primitives::AccessListEntry& entry : access_list) {
    WorldAccount& account = world.account(entry.address);
    world.warm(account);
    for (const Hash256& key : entry.storage_keys)
      world.warm(world.slot(account, U256::from_fixed(key)));
  }
}

/// What the outermost message of a call or creation has in common.
Message outermost(World& world, WorldAccount& sender, const std::optional<Address>& to,
                  std::uint64_t creation_nonce, const U256& value, ByteView data,
                  std::int64_t gas) {
  Message message;
  message.kind = to ? CallKind::Call : CallKind::Create;
  message.gas = gas;
  message.sender = &sender;
  message.recipient =
      &world.account(to ? *to : primitives::contract_address(sender.address, creation_nonce));
  message.code = message.recipient;
  message.value = value;
  message.input = data;
  return message;
}

void follow_delegation(Machine& machine, Message& message) {
  if (message.kind != CallKind::Call) return;
  WorldAccount* const delegate = machine.delegate(*message.recipient);
  if (delegate == nullptr) return;
  message.code = delegate;
  message.code_is_delegated = true;
  machine.world().warm(*delegate);  // EIP-7702, at no price
}

struct Settled {
  std::uint64_t used = 0;
  std::uint64_t refunded = 0;
  std::uint64_t used_max = 0;
};

/// EIP-3529's cap on refunds, then EIP-7623's floor.
Settled settle(const Schedule& rules, const TxnRequest& txn, std::uint64_t floor,
               std::int64_t gas_left, std::int64_t refund) {
  OL_CHECK(gas_left >= 0, "a message never uses more than its gas");
  OL_CHECK(refund >= 0, "what SSTORE takes back it gave before");
  const std::uint64_t spent = txn.gas_limit - static_cast<std::uint64_t>(gas_left);
  const std::uint64_t refunded =
      std::min(static_cast<std::uint64_t>(refund), spent / rules.refund_quotient);
  return {std::max(spent - refunded, floor), refunded, std::max(spent, floor)};
}

void pay(World& world, WorldAccount& sender, const Schedule& rules, const BlockEnv& block,
         const TxnRequest& txn, const U256& price, std::uint64_t gas_used) {
  world.add_balance(sender, price * U256{txn.gas_limit - gas_used});
  // The base fee is burnt (EIP-1559).
  const U256 tip = rules.base_fee && !txn.is_free ? price - block.base_fee : price;
  world.add_balance(world.account(block.coinbase), tip * U256{gas_used});
}

}  // namespace

Evm::Evm(Revision revision, Engine engine)
    : machine_(std::make_unique<Machine>(revision, engine)) {}
Evm::~Evm() = default;

void Evm::trace(Tracer* tracer) {
  machine_->trace(tracer);
}

void Evm::move_precompiles(PrecompileMoves moves) {
  machine_->move_precompiles(std::move(moves));
}

void Evm::stop_when(StopSign sign) {
  machine_->stop_when(std::move(sign));
}

void Evm::forget_code() {
  machine_->programs().clear();
}

Revision Evm::revision() const {
  return machine_->revision();
}

Result<TxnOutcome, TxnFailure> Evm::transact(World& world, const BlockEnv& block,
                                             const TxnRequest& txn) {
  const Schedule& rules = machine_->rules();
  const auto valid = check_transaction(world, block, revision(), txn);
  if (world.error()) return fail(TxnFailure(*world.error()));
  if (!valid) return fail(TxnFailure(valid.error()));

  const U256 price = effective_gas_price(txn, block);
  const IntrinsicGas gas = intrinsic_gas(txn, revision());
  world.begin_transaction();
  Tracer* const tracer = machine_->tracer();
  if (tracer != nullptr) tracer->on_begin({world, block, revision(), &txn});
  machine_->bind(world, block, {txn.sender, price, txn.blob_hashes});
  WorldAccount& sender = world.account(txn.sender);
  Message message = outermost(world, sender, txn.to, txn.nonce, txn.value, txn.data,
                              static_cast<std::int64_t>(txn.gas_limit - gas.intrinsic));
  buy_gas(world, sender, block, txn, price);
  warm_up(world, rules, block, message, txn.access_list);
  const std::int64_t authorization_refund =
      apply_authorizations(world, block.chain_id, txn.authorizations);
  follow_delegation(*machine_, message);
  const MessageResult result = machine_->run_outermost(message);

  const Settled settled =
      settle(rules, txn, gas.floor, result.gas_left, world.refund() + authorization_refund);
  pay(world, sender, rules, block, txn, price, settled.used);
  TxnOutcome outcome;
  outcome.status = result.status;
  outcome.gas_used = settled.used;
  outcome.gas_refunded = settled.refunded;
  outcome.gas_used_max = settled.used_max;
  outcome.effective_gas_price = price;
  outcome.output = std::exchange(machine_->return_data(), {});
  if (!txn.to && result.status == Status::Success) outcome.created = message.recipient->address;
  outcome.logs = world.end_transaction(rules);
  if (tracer != nullptr) tracer->on_end({outcome.status, outcome.gas_used, outcome.output});
  if (world.error()) return fail(TxnFailure(*world.error()));
  return outcome;
}

Result<CallOutcome, state::StateError> Evm::call(World& world, const BlockEnv& block,
                                                 const CallRequest& request) {
  OL_CHECK(request.gas >= 0, "a call's gas is not negative");
  world.begin_transaction();
  Tracer* const tracer = machine_->tracer();
  if (tracer != nullptr) tracer->on_begin({world, block, revision(), nullptr});
  machine_->bind(world, block, {request.caller, request.gas_price, {}});
  WorldAccount& sender = world.account(request.caller);
  OL_CHECK(!(sender.balance < request.value), "the caller holds what it sends");
  Message message =
      outermost(world, sender, request.to, sender.nonce, request.value, request.data, request.gas);
  if (!request.to) world.set_nonce(sender, sender.nonce + 1);
  warm_up(world, machine_->rules(), block, message, {});
  follow_delegation(*machine_, message);
  const MessageResult result = machine_->run_outermost(message);
  CallOutcome outcome;
  outcome.status = result.status;
  outcome.gas_left = result.gas_left;
  outcome.output = std::exchange(machine_->return_data(), {});
  if (!request.to && result.status == Status::Success) outcome.created = message.recipient->address;
  outcome.logs = world.end_transaction(machine_->rules());
  if (tracer != nullptr) {
    tracer->on_end({outcome.status, static_cast<std::uint64_t>(request.gas - outcome.gas_left),
                    outcome.output});
  }
  if (world.error()) return fail(*world.error());
  return outcome;
}

}  // namespace ol::evm
