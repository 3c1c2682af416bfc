#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <ol/base/hex.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/evm/opcode.hpp>
#include <ol/evm/transition.hpp>
#include <ol/state/memory_state.hpp>

namespace ol::evm::test {

inline constexpr Address kCaller{{0xca, 0x11, 0xe4}};
inline constexpr Address kContract{{0xc0, 0xde}};
inline constexpr Address kOther{{0x07, 0x4e, 0x12}};

/// Assembles opcodes, bytes and hex.
class Code {
 public:
  Code& op(Opcode op) {
    bytes_.push_back(static_cast<std::uint8_t>(op));
    return *this;
  }
  Code& ops(std::initializer_list<Opcode> list) {
    for (const Opcode one : list)
      op(one);
    return *this;
  }
  Code& byte(std::uint8_t b) {
    bytes_.push_back(b);
    return *this;
  }
  Code& push(const U256& v) {
    Bytes word = v.to_minimal_big_endian();
    if (word.empty()) word.push_back(0);
    bytes_.push_back(static_cast<std::uint8_t>(0x5f + word.size()));
    append(bytes_, word);
    return *this;
  }
  Code& push(const Address& address) {
    bytes_.push_back(0x73);
    append(bytes_, address.view());
    return *this;
  }
  Code& repeat(std::size_t times, std::string_view hex) {
    for (std::size_t i = 0; i < times; ++i)
      append(bytes_, from_hex(hex).value());
    return *this;
  }
  /// Stores the top word and returns it.
  Code& return_top() { return push(0).op(Opcode::Mstore).push(32).push(0).op(Opcode::Return); }
  [[nodiscard]] const Bytes& bytes() const { return bytes_; }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

 private:
  Bytes bytes_;
};

/// A state whose accounts are written down in place. Copies share what was written before.
class Accounts {
 public:
  Accounts& account(const Address& address, const U256& balance, const Bytes& code = {},
                    std::uint64_t nonce = 0) {
    state::Account account;
    account.balance = balance;
    account.nonce = nonce;
    if (!code.empty()) {
      account.code_hash = crypto::keccak256(code);
      diff_.code.emplace(account.code_hash, std::make_shared<const Bytes>(code));
    }
    diff_.accounts.insert_or_assign(address, account);
    return *this;
  }
  Accounts& slot(const Address& address, const U256& key, const U256& value) {
    diff_.storage[{address, key.to_fixed<Hash256>()}] = value;
    return *this;
  }
  void fill(state::MemoryState& state) const { state.apply(diff_); }

 private:
  state::StateDiff diff_;
};

[[nodiscard]] inline std::string engine_name(Engine engine) {
  switch (engine) {
    case Engine::Fast:
      return "fast";
    case Engine::Stoppable:
      return "stoppable";
    case Engine::Reference:
      return "reference";
  }
  return {};
}

struct RunOptions {
  Revision revision = Revision::Prague;
  std::int64_t gas = 1'000'000;
  Bytes input = {};
  U256 value = {};
  StopSign stop = {};
  Tracer* tracer = nullptr;
};

struct RunResult {
  CallOutcome outcome;
  std::int64_t gas_used = 0;
  state::StateDiff diff;
  [[nodiscard]] U256 word() const { return U256::from_big_endian(outcome.output).value(); }
};

/// Calls kContract, which has `code`, beside the accounts given.
inline RunResult run_on(Engine engine, Accounts accounts, const Bytes& code,
                        const RunOptions& options = {}) {
  accounts.account(kCaller, U256{1} << 100);
  accounts.account(kContract, 1000, code, 1);
  state::MemoryState state;
  accounts.fill(state);
  World world(state);
  Evm machine(options.revision, engine);
  if (options.stop) machine.stop_when(options.stop);
  if (options.tracer != nullptr) machine.trace(options.tracer);
  BlockEnv block;
  block.number = 300;
  block.timestamp = 1'700'000'000;
  block.gas_limit = 30'000'000;
  block.base_fee = 7;
  CallRequest request;
  request.caller = kCaller;
  request.to = kContract;
  request.value = options.value;
  request.data = options.input;
  request.gas = options.gas;
  request.gas_price = 9;
  RunResult out;
  out.outcome = machine.call(world, block, request).value();
  out.gas_used = options.gas - out.outcome.gas_left;
  out.diff = world.take_diff();
  return out;
}

}  // namespace ol::evm::test
