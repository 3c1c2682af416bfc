#include "fake_backend.hpp"

#include <algorithm>

#include <ol/base/check.hpp>
#include <ol/base/hex.hpp>
#include <ol/crypto/secp256k1.hpp>
#include <ol/primitives/txn_rules.hpp>

namespace ol::rpc::test {
namespace {

using primitives::EvmHeader;
using primitives::Transaction;
using primitives::TxnType;

const char* const kAliceKey = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const U256 kGwei = 1'000'000'000;
const U256 kEther = kGwei * kGwei;

const crypto::Secp256k1SecretKey& alice_key() {
  static const auto key = crypto::Secp256k1SecretKey::from_bytes(*from_hex(kAliceKey));
  OL_CHECK(key.has_value(), "the key is sound");
  return *key;
}

Hash256 repeated(std::uint8_t byte) {
  Hash256 out;
  out.bytes.fill(byte);
  return out;
}

EvmHeader genesis_header() {
  EvmHeader header;
  header.coinbase = *fixed_from_hex<Address>("00000000000000000000000000000000000000c0");
  header.state_root = repeated(0x51);
  header.transactions_root = repeated(0x71);
  header.receipts_root = repeated(0x4e);
  header.gas_limit = 30'000'000;
  header.timestamp = 1'700'000'000;
  header.extra_data = to_bytes(repeated(0xee).view());
  header.prev_randao = repeated(0x0a);
  header.base_fee = kGwei;
  return header;
}

/// Runs whatever the backend says.
class FakeCallState final : public CallState {
 public:
  FakeCallState(const FakeBackend& backend, std::uint64_t number)
      : backend_(backend), number_(number) {}

  Result<AccountRecord, StateError> account(const Address& address) override {
    return backend_.account(address, number_);
  }
  std::uint64_t block_gas_limit() const override { return 30'000'000; }
  Result<CallResult, CallFailure> call(const CallRequest& request, std::uint64_t gas) override {
    return backend_.on_call ? backend_.on_call(request, gas) : transfer(request, gas);
  }
  Result<std::string, CallFailure> trace(const CallRequest& request, std::uint64_t gas,
                                         const TraceOptions& options) override {
    OL_TRY_VOID(call(request, gas));
    backend_.trace_options = options;
    return "{\"gas\":" + std::to_string(gas) + "}";
  }
  Result<Listed, CallFailure> list(const CallRequest& request, std::uint64_t gas) override {
    OL_TRY(CallResult result, call(request, gas));
    return Listed{std::move(result), backend_.reached};
  }

 private:
  Result<CallResult, CallFailure> transfer(const CallRequest& request, std::uint64_t gas) {
    Transaction txn;
    txn.to = request.to;
    txn.data = request.data;
    txn.access_list = request.access_list;
    const std::uint64_t needed =
        std::max(primitives::intrinsic_gas(txn), primitives::floor_gas(txn));
    if (gas < needed) return fail(CallFailure{CallFault::GasTooLow, "intrinsic gas too low"});
    if (account(request.from)->balance < request.value) {
      return fail(CallFailure{CallFault::Refused, "insufficient funds for gas * price + value"});
    }
    CallResult result;
    result.success = true;
    result.gas_used = needed;
    return result;
  }

  const FakeBackend& backend_;
  std::uint64_t number_;
};

}  // namespace

FakeBackend::FakeBackend() {
  auto genesis = std::make_shared<BlockRecord>();
  genesis->header = genesis_header();
  genesis->hash = primitives::evm_header_hash(genesis->header);
  blocks.push_back(std::move(genesis));
  add_block({signed_transfer({.type = TxnType::Legacy,
                              .nonce = 0,
                              .tip = kGwei * U256(2),
                              .fee_cap = kGwei * U256(2),
                              .value = kEther,
                              .access_list = {},
                              .data = {}})});
  add_block({signed_transfer({.type = TxnType::AccessList,
                              .nonce = 1,
                              .tip = kGwei * U256(4),
                              .fee_cap = kGwei * U256(4),
                              .value = 7,
                              .access_list = {{bob(), {repeated(1), repeated(2)}}},
                              .data = {}}),
             signed_transfer({.type = TxnType::DynamicFee,
                              .nonce = 2,
                              .tip = 1'500,
                              .fee_cap = kGwei * U256(3),
                              .value = kEther * U256(2),
                              .access_list = {},
                              .data = {0x00, 0xff}})});
  add_block({});
  add_to_pool(
      {.nonce = 3, .tip = 2'000, .fee_cap = kGwei, .value = 1, .access_list = {}, .data = {}});
  auto gapped = std::make_shared<TxnRecord>(signed_transfer(
      {.nonce = 9, .tip = 2'000, .fee_cap = kGwei, .value = 2, .access_list = {}, .data = {}}));
  queued.push_back(std::move(gapped));
}

Address FakeBackend::alice() {
  static const Address address = alice_key().address();
  return address;
}

Address FakeBackend::bob() {
  return *fixed_from_hex<Address>("70997970c51812dc3a010c7d01b50e0d17dc79c8");
}

Address FakeBackend::contract() {
  return *fixed_from_hex<Address>("c0de00000000000000000000000000000000c0de");
}

TxnRecord FakeBackend::signed_transfer(const TransferSpec& spec) {
  TxnRecord out;
  Transaction& txn = out.txn;
  txn.type = spec.type;
  txn.chain_id = 7777;
  txn.nonce = spec.nonce;
  txn.max_priority_fee_per_gas = spec.tip;
  txn.max_fee_per_gas = spec.fee_cap;
  txn.gas_limit = 50'000;
  txn.to = bob();
  txn.value = spec.value;
  txn.data = spec.data;
  txn.access_list = spec.access_list;
  const auto signature = crypto::sign_recoverable(alice_key(), primitives::signing_hash(txn));
  txn.y_parity = signature.recovery_id & 1;
  txn.r = *U256::from_big_endian(signature.r);
  txn.s = *U256::from_big_endian(signature.s);
  out.sender = alice();
  out.envelope = primitives::encode_transaction(txn);
  out.hash = primitives::transaction_hash(out.envelope);
  return out;
}

BlockPtr FakeBackend::add_block(std::vector<TxnRecord> txns) {
  const BlockRecord& parent = *blocks.back();
  auto block = std::make_shared<BlockRecord>();
  EvmHeader& header = block->header;
  header = parent.header;
  header.parent_hash = parent.hash;
  header.number += 1;
  header.timestamp += 1;
  header.base_fee = primitives::next_base_fee(parent.header);
  header.gas_used = 0;
  for (const TxnRecord& record : txns) {
    primitives::Receipt receipt;
    receipt.type = record.txn.type;
    receipt.success = true;
    receipt.gas_used = primitives::intrinsic_gas(record.txn);
    header.gas_used += receipt.gas_used;
    receipt.cumulative_gas_used = header.gas_used;
    const auto tip = primitives::effective_tip(record.txn, header.base_fee);
    receipt.effective_gas_price = header.base_fee + tip.value_or(U256{});
    block->receipts.push_back(std::move(receipt));
  }
  block->txns = std::move(txns);
  block->hash = primitives::evm_header_hash(header);
  blocks.push_back(block);
  return block;
}

void FakeBackend::add_to_pool(const TransferSpec& spec) {
  pending.push_back(std::make_shared<TxnRecord>(signed_transfer(spec)));
}

NodeStatus FakeBackend::status() const {
  NodeStatus out;
  out.chain_name = "fake";
  out.profile = "openliquid";
  out.height = head()->header.number;
  out.block = retag<primitives::BlockHash>(repeated(0xb1));
  out.evm_block = head()->hash;
  out.view = 12;
  out.leader = 2;
  out.validator = 1;
  out.committed_time_ms = 1'700'000'003'000;
  out.finality_ms = 250;
  out.peers = {{"12D3KooWfake", "10.0.0.2:9000", true, 2}, {"12D3KooWseed", "seed:1", false, {}}};
  out.validators = {{0, "node0", 1, bob()}};
  out.total_weight = 4;
  out.quorum_weight = 3;
  out.byzantine_budget = 1;
  out.crash_budget = 1;
  return out;
}

BlockPtr FakeBackend::block_by_number(std::uint64_t number) const {
  return number < blocks.size() ? blocks[number] : nullptr;
}

BlockPtr FakeBackend::block_by_hash(const primitives::EvmHash& hash) const {
  const auto found = std::find_if(blocks.begin(), blocks.end(),
                                  [&](const BlockPtr& block) { return block->hash == hash; });
  return found == blocks.end() ? nullptr : *found;
}

BlockPtr FakeBackend::pending_block() const {
  if (!builds_pending) return nullptr;
  auto block = std::make_shared<BlockRecord>();
  block->header = head()->header;
  block->header.parent_hash = head()->hash;
  block->header.number += 1;
  for (const TxnPtr& txn : pending)
    block->txns.push_back(*txn);
  return block;
}

std::optional<TxnLocation> FakeBackend::find_txn(const primitives::TxnHash& hash) const {
  for (const BlockPtr& block : blocks) {
    for (std::size_t i = 0; i < block->txns.size(); ++i) {
      if (block->txns[i].hash == hash) return TxnLocation{block, i};
    }
  }
  return std::nullopt;
}

TxnPtr FakeBackend::find_pool_txn(const primitives::TxnHash& hash) const {
  for (const auto* txns : {&pending, &queued}) {
    for (const TxnPtr& txn : *txns) {
      if (txn->hash == hash) return txn;
    }
  }
  const MutexLock lock(mutex_);
  for (const TxnPtr& txn : submitted_) {
    if (txn->hash == hash) return txn;
  }
  return nullptr;
}

Result<void, StateError> FakeBackend::check_state(std::uint64_t number) const {
  if (number >= blocks.size()) return fail(StateError::UnknownBlock);
  if (number < oldest_state) return fail(StateError::Unavailable);
  return {};
}

Result<AccountRecord, StateError> FakeBackend::account(const Address& address,
                                                       std::uint64_t number) const {
  OL_TRY_VOID(check_state(number));
  AccountRecord out;
  if (address == alice()) {
    out.balance = kEther * U256(100);
    for (std::uint64_t i = 0; i <= number; ++i)
      out.nonce += blocks[i]->txns.size();
  }
  if (address == contract()) out.code = {0x60, 0x00};
  return out;
}

Result<Hash256, StateError> FakeBackend::storage(const Address& address, const Hash256& slot,
                                                 std::uint64_t number) const {
  OL_TRY_VOID(check_state(number));
  // The contract stores each slot's own number.
  return address == contract() ? slot : Hash256{};
}

std::optional<primitives::EvmHash> FakeBackend::block_hash(std::uint64_t number) const {
  if (number >= blocks.size()) return std::nullopt;
  return blocks[number]->hash;
}

Result<AccountProof, StateError> FakeBackend::proof(const Address& address,
                                                    const std::vector<Hash256>& slots,
                                                    std::uint64_t number) const {
  OL_TRY(const AccountRecord record, account(address, number));
  AccountProof out;
  out.nonce = record.nonce;
  out.balance = record.balance;
  out.code_hash = repeated(0xcc);
  out.storage_root = repeated(0x55);
  out.nodes = {{0xc0}, {0xc1, 0x01}};
  for (const Hash256& slot : slots)
    out.slots.push_back({slot, U256::from_fixed(*storage(address, slot, number)), {{0x80}}});
  return out;
}

Result<std::vector<LogRecord>, LogFault> FakeBackend::logs(const LogQuery& query) const {
  std::vector<LogRecord> out;
  if (query.first < oldest_state) return fail(LogFault::Unavailable);
  for (std::uint64_t number = query.first; number <= query.last; ++number) {
    const BlockRecord& block = *blocks[number];
    std::uint64_t log_index = 0;
    for (std::size_t i = 0; i < block.receipts.size(); ++i) {
      for (const primitives::Log& log : block.receipts[i].logs) {
        const std::uint64_t place = log_index++;
        if (!query.filter.matches(log)) continue;
        out.push_back(
            {log, number, block.hash, block.header.timestamp, block.txns[i].hash, i, place});
      }
    }
  }
  if (out.size() > query.logs_max) return fail(LogFault::TooMany);
  return out;
}

Result<std::unique_ptr<CallState>, CallFailure> FakeBackend::call_state(
    const CallSetting& wanted) const {
  setting = wanted;
  if (const auto state = check_state(wanted.number); !state) {
    return fail(CallFailure{state.error() == StateError::UnknownBlock ? CallFault::UnknownBlock
                                                                      : CallFault::Unavailable,
                            {}});
  }
  return std::make_unique<FakeCallState>(*this, wanted.number);
}

Result<std::vector<std::string>, CallFailure> FakeBackend::trace_block(
    const BlockRecord& block, std::size_t first, std::size_t count,
    const TraceOptions& options) const {
  trace_options = options;
  if (block.header.number < oldest_state) return fail(CallFailure{CallFault::Unavailable, {}});
  std::vector<std::string> out;
  for (std::size_t i = first; i < first + count; ++i)
    out.push_back("{\"index\":" + std::to_string(i) + "}");
  return out;
}

Result<std::vector<SimulatedBlock>, RpcError> FakeBackend::simulate(
    const SimulateRequest& request) const {
  simulate_request = request;
  std::vector<SimulatedBlock> out;
  std::size_t next = 0;
  for (const SimulateBlock& wanted : request.blocks) {
    SimulatedBlock& simulated_block = out.emplace_back();
    BlockRecord& block = simulated_block.block;
    block.header.number = *wanted.block.number;
    block.header.timestamp = *wanted.block.time;
    block.hash = primitives::evm_header_hash(block.header);
    for (const CallRequest& call : wanted.calls) {
      primitives::Transaction txn;
      txn.type = primitives::TxnType::DynamicFee;
      txn.chain_id = chain_id();
      txn.to = call.to;
      const Bytes envelope = primitives::encode_transaction(txn);
      block.txns.push_back({txn, call.from, primitives::transaction_hash(envelope), envelope});
      SimulatedCallResult done;
      done.result.success = true;
      simulated_block.calls.push_back(next < simulated.size() ? simulated[next++] : done);
    }
  }
  return out;
}

std::uint64_t FakeBackend::pending_nonce(const Address& address) const {
  return address == alice() ? 3 + pending.size() : 0;
}

PoolStatus FakeBackend::pool_status() const {
  return {pending.size(), queued.size()};
}

PoolContent FakeBackend::pool_content() const {
  PoolContent out;
  out.pending[alice()] = pending;
  out.queued[alice()] = queued;
  return out;
}

Result<primitives::TxnHash, SubmitError> FakeBackend::submit_raw_transaction(Bytes envelope) {
  if (submit_error) return fail(*submit_error);
  auto verified = primitives::VerifiedTxn::verify(std::move(envelope));
  if (!verified) return fail(SubmitError{-32000, primitives::describe(verified.error())});
  auto record = std::make_shared<TxnRecord>(
      TxnRecord{verified->txn(), verified->sender(), verified->hash(), verified->envelope()});
  const MutexLock lock(mutex_);
  submitted_.push_back(std::move(record));
  return verified->hash();
}

}  // namespace ol::rpc::test
