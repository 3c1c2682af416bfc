#include "machine.hpp"

#include <algorithm>
#include <utility>

#include <ol/base/check.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/primitives/txn_rules.hpp>

#include "interpreter.hpp"

namespace ol::evm {
namespace {

constexpr std::int64_t kCodeDepositByte = 200;  // Yellow Paper appendix G

/// Between two looks at the stop sign: a millisecond of short blocks, or some calls.
constexpr std::int32_t kWorkPerLook = 10'000;
constexpr std::int32_t kWorkOfCall = 100;

}  // namespace

Address creation2_address(const Address& creator, const U256& salt, ByteView init_code) {
  std::array<std::uint8_t, 1 + 20 + 32 + 32> preimage{0xff};
  const Hash256 code_hash = crypto::keccak256(init_code);
  std::ranges::copy(creator.bytes, preimage.begin() + 1);
  std::ranges::copy(salt.to_big_endian(), preimage.begin() + 21);
  std::ranges::copy(code_hash.bytes, preimage.begin() + 53);
  return *Address::from(crypto::keccak256(preimage).view().last(Address::kSize));
}

Machine::Machine(Revision revision, Engine engine)
    : revision_(revision), engine_(engine), rules_(schedule(revision)) {}

void Machine::stop_when(StopSign sign) {
  OL_CHECK(!sign || engine_ != Engine::Fast, "only a stoppable engine is stopped");
  stop_sign_ = std::move(sign);
  work_left_ = kWorkPerLook;
  is_watched_ = tracer_ != nullptr || stop_sign_ != nullptr;
}

bool Machine::look_at_sign() {
  const bool stops = stop_sign_ && stop_sign_();
  // Once it stops, everything looks again.
  work_left_ = stops ? -1 : kWorkPerLook;
  return stops;
}

void Machine::bind(World& world, const BlockEnv& block, const TxnContext& txn) {
  world_ = &world;
  block_ = &block;
  txn_ = txn;
  return_data_.clear();
}

Precompile Machine::precompile_at(const Address& address) const {
  if (precompile_moves_.empty()) [[likely]]
    return find_precompile(address, revision_);
  const auto moved = precompile_moves_.find(address);
  if (moved == precompile_moves_.end()) return find_precompile(address, revision_);
  return moved->second ? find_precompile(*moved->second, revision_) : nullptr;
}

bool Machine::charge_access(Frame& frame, WorldAccount& account, std::int64_t cold_price) {
  if (!rules_.tracks_access || !world_->warm(account)) return true;
  // Precompiles are warm from the start (EIP-2929).
  return is_precompile(account.address) || frame.charge(cold_price);
}

WorldAccount* Machine::delegate(WorldAccount& account) {
  if (!rules_.delegations || !account.has_code()) return nullptr;
  const auto target = primitives::delegation(*world_->code(account));
  return target ? &world_->account(*target) : nullptr;
}

MessageResult Machine::run_outermost(Message message) {
  message.memory = memory_.bottom();
  message.stack = stack_.bottom();
  const MessageResult result = message.kind == CallKind::Create ? create(message) : call(message);
  memory_.trim();
  return result;
}

void Machine::move_value(const Message& message) {
  if (!message.value.is_zero()) world_->subtract_balance(*message.sender, message.value);
  world_->add_balance(*message.recipient, message.value);
}

MessageResult Machine::run(const Message& message, ByteView code, Program* program) {
  return_data_.clear();
  if (code.empty()) return {Status::Success, message.gas};
  Frame frame(*this, message, code);
  if (tracer_ != nullptr) {
    run_traced(frame, *tracer_);
  } else if (program != nullptr) {
    run_fast(frame, *program);
  } else {
    run_reference(frame);
  }
  if (frame.status != Status::Success && frame.status != Status::Revert) {
    return_data_.clear();
    return {frame.status, 0};
  }
  const ByteView output = frame.view(frame.output_offset, frame.output_size);
  return_data_.assign(output.begin(), output.end());
  return {frame.status, frame.gas};
}

MessageResult Machine::run_precompile(const Message& message, bool& found) {
  const Precompile precompile = precompile_at(message.code->address);
  found = precompile != nullptr;
  if (!found) return {};
  PrecompileResult result = precompile(message.input, message.gas, revision_);
  return_data_ = std::move(result.output);
  if (!result.success) {
    return_data_.clear();
    return {result.failure, 0};
  }
  return {Status::Success, result.gas_left};
}

MessageResult Machine::run_code(const Message& message) {
  if (!message.code_is_delegated) {
    bool found = false;
    const MessageResult result = run_precompile(message, found);
    if (found) return result;
  }
  if (!message.code->has_code()) return run(message, {}, nullptr);
  WorldAccount& account = *message.code;
  const state::Code& code = world_->code(account);
  if (engine_ == Engine::Reference) return run(message, *code, nullptr);
  if (!account.program) account.program = programs_.get(account.code_hash, code, rules_, looks());
  return run(message, *code, account.program.get());
}

MessageResult Machine::do_call(const Message& message) {
  const World::Snapshot snapshot = world_->snapshot();
  if (message.kind == CallKind::Call) move_value(message);
  const MessageResult result = run_code(message);
  if (result.status != Status::Success) world_->revert_to(snapshot);
  return result;
}

MessageResult Machine::do_create(const Message& message) {
  WorldAccount& account = *message.recipient;
  // Stays warm even if creation fails (EIP-2929).
  if (rules_.tracks_access) world_->warm(account);
  return_data_.clear();
  if (account.nonce != 0 || account.has_code() || world_->has_storage(account)) {
    return {Status::Collision, 0};
  }
  const World::Snapshot snapshot = world_->snapshot();
  world_->mark_created(account);
  if (rules_.state_clearing) world_->set_nonce(account, 1);
  move_value(message);
  MessageResult result = run_init_code(message);
  if (result.status == Status::Success) result = deploy(message, result.gas_left);
  if (result.status != Status::Success) world_->revert_to(snapshot);
  return result;
}

void Machine::trace_enter(const Message& message) {
  TraceEnter enter;
  switch (message.kind) {
    case CallKind::Call:
      enter.kind =
          message.mutability == Mutability::Static ? TraceKind::Staticcall : TraceKind::Call;
      break;
    case CallKind::Callcode:
      enter.kind = TraceKind::Callcode;
      break;
    case CallKind::Delegatecall:
      enter.kind = TraceKind::Delegatecall;
      break;
    case CallKind::Create:
      enter.kind = TraceKind::Create;
      break;
  }
  enter.depth = message.depth;
  enter.from = message.sender->address;
  enter.to = message.recipient->address;
  enter.code = message.kind == CallKind::Create ? enter.to : message.code->address;
  enter.value = message.value;
  enter.gas = message.gas;
  enter.input = message.input;
  enter.caller_cost = message.caller_cost;
  tracer_->on_enter(enter);
}

void Machine::trace_exit(const Message& message, const MessageResult& result) {
  const bool deployed = message.kind == CallKind::Create && result.status == Status::Success;
  const ByteView output = deployed ? *world_->code(*message.recipient) : return_data_;
  tracer_->on_exit(message.depth, result.status, message.gas - result.gas_left, output);
}

void Machine::trace_refusal(const Message& message, Status why) {
  trace_enter(message);
  tracer_->on_exit(message.depth, why, 0, {});
}

MessageResult Machine::call(const Message& message) {
  if (!is_watched_) [[likely]]
    return do_call(message);
  return watched_call(message);
}

MessageResult Machine::watched_call(const Message& message) {
  if (must_stop(kWorkOfCall)) return {Status::OutOfGas, 0};
  if (tracer_ == nullptr) return do_call(message);
  trace_enter(message);
  const MessageResult result = do_call(message);
  trace_exit(message, result);
  return result;
}

MessageResult Machine::create(const Message& message) {
  if (!is_watched_) [[likely]]
    return do_create(message);
  return watched_create(message);
}

MessageResult Machine::watched_create(const Message& message) {
  if (must_stop(kWorkOfCall)) return {Status::OutOfGas, 0};
  if (tracer_ == nullptr) return do_create(message);
  trace_enter(message);
  const MessageResult result = do_create(message);
  trace_exit(message, result);
  return result;
}

MessageResult Machine::run_init_code(const Message& message) {
  if (engine_ == Engine::Reference) return run(message, message.input, nullptr);
  // Runs once: not worth a place in the cache.
  Program program(message.input, rules_, looks());
  return run(message, message.input, &program);
}

MessageResult Machine::deploy(const Message& message, std::int64_t gas_left) {
  Bytes code = std::exchange(return_data_, {});
  if (code.size() > rules_.code_bytes_max) return {Status::CodeTooLarge, 0};
  if (rules_.rejects_ef_code && !code.empty() && code[0] == 0xef) {
    return {Status::CodeStartsWithEf, 0};
  }
  const std::int64_t price = kCodeDepositByte * static_cast<std::int64_t>(code.size());
  if (price > gas_left) {
    if (rules_.deposit_must_be_paid) return {Status::CodeDepositOutOfGas, 0};
    return {Status::Success, gas_left};
  }
  if (!code.empty()) world_->set_code(*message.recipient, std::move(code));
  return {Status::Success, gas_left - price};
}

}  // namespace ol::evm
