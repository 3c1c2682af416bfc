#include "differential.hpp"

#include <array>
#include <memory>

#include <ol/base/hex.hpp>
#include <ol/base/u256.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/evm/opcode.hpp>
#include <ol/evm/schedule.hpp>
#include <ol/evm/transition.hpp>
#include <ol/state/memory_state.hpp>

namespace ol::evm::differential {
namespace {

constexpr Address kCaller{{0xca, 0x11, 0xe4}};
constexpr Address kContract{{0xc0, 0xde}};
constexpr Address kCallee{{0xca, 0x11, 0xee}};

constexpr std::array kRevisionsTried{Revision::Frontier, Revision::Byzantium, Revision::Istanbul,
                                     Revision::London,   Revision::Shanghai,  Revision::Cancun,
                                     Revision::Prague,   Revision::Osaka};

std::uint64_t split_mix(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

/// Writes code, counting the words that will lie on the stack as long as no jump is taken.
class Author {
 public:
  Author(Choices& choices, const OpcodeTable& table) : choices_(choices), table_(table) {}

  Bytes write(std::size_t instructions) {
    for (std::size_t i = 0; i < instructions && !choices_.exhausted(); ++i)
      write_one();
    if (choices_.below(2) == 0) finish();
    link_jumps();
    return std::move(code_);
  }

 private:
  void write_one() {
    switch (choices_.below(24)) {
      case 0:
        return write_jump();
      case 1:
        destinations_.push_back(code_.size());
        return put(Opcode::Jumpdest);
      case 2:
        return write_memory();
      case 3:
      case 4:
      case 5:
        return push_word();
      case 6:
        return write_storage();
      case 7:
        return choices_.below(4) == 0 ? write_call() : write_memory();
      case 8:
        return choices_.below(16) == 0 ? put_byte(static_cast<std::uint8_t>(choices_.next()))
                                       : push_word();
      default:
        return write_common();
    }
  }

  /// Arithmetic and stack instructions, more likely the more there is on the stack.
  void write_common() {
    const std::uint64_t kind = choices_.below(8);
    std::uint8_t op = 0;
    if (kind < 3) {
      op = static_cast<std::uint8_t>(choices_.below(0x20));
      if (op == 0) op = static_cast<std::uint8_t>(Opcode::Add);
    } else if (kind < 5) {
      op = static_cast<std::uint8_t>(0x80 + choices_.below(choices_.below(2) == 0 ? 4 : 16));
    } else if (kind < 7) {
      op = static_cast<std::uint8_t>(0x90 + choices_.below(choices_.below(2) == 0 ? 3 : 16));
    } else {
      constexpr std::array<std::uint8_t, 24> kOthers{
          0x50, 0x50, 0x58, 0x59, 0x5a, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36,
          0x38, 0x3a, 0x3b, 0x3d, 0x3f, 0x40, 0x41, 0x42, 0x43, 0x46, 0x47, 0x48};
      op = kOthers[choices_.below(kOthers.size())];
    }
    provide(op);
    put_byte(op);
  }

  /// Mostly pushes what `op` will take. Undefined ones rarely pass.
  void provide(std::uint8_t& op) {
    if (!table_[op].defined() && choices_.below(32) != 0)
      op = static_cast<std::uint8_t>(Opcode::Add);
    const int missing = table_[op].inputs - height_;
    if (missing <= 0 || choices_.below(32) == 0) return;
    for (int i = 0; i < missing; ++i)
      push_word();
  }

  void put_byte(std::uint8_t op) {
    code_.push_back(op);
    height_ += table_[op].defined() ? table_[op].growth() : 0;
  }
  void put(Opcode op) { put_byte(static_cast<std::uint8_t>(op)); }

  void push_bytes(ByteView bytes) {
    code_.push_back(static_cast<std::uint8_t>(0x5f + bytes.size()));
    append(code_, bytes);
    ++height_;
  }
  void push_number(std::uint64_t value) {
    Bytes bytes = U256{value}.to_minimal_big_endian();
    if (bytes.empty()) bytes.push_back(0);
    push_bytes(bytes);
  }

  void push_word() {
    switch (choices_.below(6)) {
      case 0:
        return push_number(choices_.below(256));
      case 1:
        return push_number(choices_.next());
      case 2:
        return push_number(std::uint64_t{1} << choices_.below(64));
      case 3: {
        Bytes word;
        for (std::size_t i = 0, size = 1 + choices_.below(32); i < size; ++i)
          word.push_back(static_cast<std::uint8_t>(choices_.next()));
        return push_bytes(word);
      }
      case 4: {
        const U256 edge = (U256{1} << static_cast<unsigned>(choices_.below(256))) - U256{1};
        const auto bytes = (choices_.below(2) == 0 ? edge : ~edge).to_big_endian();
        return push_bytes(bytes);
      }
      default:
        return push_number(choices_.below(4));
    }
  }

  void push_offset() {
    if (choices_.below(64) == 0) return push_word();
    push_number(choices_.below(choices_.below(8) == 0 ? 20'000 : 300));
  }

  void write_memory() {
    constexpr std::array<std::uint8_t, 9> kOps{0x51, 0x52, 0x53, 0x20, 0x37,
                                               0x39, 0x5e, 0x3e, 0xa0};
    std::uint8_t op = kOps[choices_.below(kOps.size())];
    if (op == 0xa0) op = static_cast<std::uint8_t>(op + choices_.below(5));
    if (!table_[op].defined()) return push_word();
    for (int i = 0; i < table_[op].inputs; ++i) {
      // Values stored may be anything on the stack.
      if (i == 0 && (op == 0x52 || op == 0x53)) continue;
      push_offset();
    }
    if (height_ < table_[op].inputs) push_word();
    put_byte(op);
  }

  void write_storage() {
    constexpr std::array<std::uint8_t, 4> kOps{0x54, 0x55, 0x5c, 0x5d};
    const std::uint8_t op = kOps[choices_.below(kOps.size())];
    if (!table_[op].defined()) return push_word();
    push_number(choices_.below(3));
    push_number(choices_.below(3));
    put_byte(op);
  }

  void push_target() {
    switch (choices_.below(4)) {
      case 0:
        return push_bytes(kContract.view());
      case 1:
        return push_number(1 + choices_.below(10));
      default:
        return push_bytes(kCallee.view());
    }
  }

  void write_call() {
    constexpr std::array<std::uint8_t, 6> kOps{0xf1, 0xf2, 0xf4, 0xfa, 0xf0, 0xf5};
    const std::uint8_t op = kOps[choices_.below(kOps.size())];
    if (!table_[op].defined()) return push_word();
    const int inputs = table_[op].inputs;
    const bool creates = op == 0xf0 || op == 0xf5;
    for (int i = creates ? 1 : 2; i < inputs; ++i)
      push_number(choices_.below(i + 1 == inputs && inputs == 7 ? 3 : 100));
    if (creates) {
      push_number(choices_.below(2));
    } else {
      push_target();
      push_number(choices_.below(8) == 0 ? 100 : 20'000);
    }
    put_byte(op);
  }

  /// The destination is filled in at the end, when it is known where destinations are.
  void write_jump() {
    const bool conditional = choices_.below(3) != 0;
    if (conditional && height_ == 0) push_word();
    push_destination();
    if (height_ >= 2 && choices_.below(4) == 0) move_destinations();
    put(conditional ? Opcode::Jumpi : Opcode::Jump);
  }

  void push_destination() {
    code_.push_back(0x61);
    jumps_.push_back(code_.size());
    append(code_, Bytes{0, 0});
    ++height_;
  }

  /// Destinations on the stack change places, as those to return to do around functions: which one
  /// is on top then, the translator has to follow.
  void move_destinations() {
    for (std::uint64_t more = choices_.below(3); more > 0; --more)
      push_destination();
    constexpr std::array<Opcode, 5> kMoves{Opcode::Swap1, Opcode::Swap1, Opcode::Dup1, Opcode::Pop,
                                           Opcode::Add};
    for (std::uint64_t moves = choices_.below(5); moves > 0; --moves) {
      const Opcode move = kMoves[choices_.below(kMoves.size())];
      const bool shrinks = move == Opcode::Pop || move == Opcode::Add;
      if (height_ < (shrinks ? 4 : 2)) continue;
      const bool deeper = !shrinks && height_ >= 4 && choices_.below(2) == 0;
      put_byte(static_cast<std::uint8_t>(static_cast<std::uint8_t>(move) + (deeper ? 1 : 0)));
    }
  }

  void link_jumps() {
    for (const std::size_t at : jumps_) {
      std::uint64_t target = choices_.below(code_.size() + 1);
      if (!destinations_.empty() && choices_.below(32) != 0) {
        target = destinations_[choices_.below(destinations_.size())];
      }
      code_[at] = static_cast<std::uint8_t>(target >> 8);
      code_[at + 1] = static_cast<std::uint8_t>(target);
    }
  }

  void finish() {
    push_number(choices_.below(100));
    push_number(choices_.below(100));
    const bool reverts = choices_.below(4) == 0;
    put(reverts ? Opcode::Revert : Opcode::Return);
  }

  Choices& choices_;
  const OpcodeTable& table_;
  Bytes code_;
  int height_ = 0;
  std::vector<std::size_t> destinations_;
  std::vector<std::size_t> jumps_;
};

void put_contract(const Address& address, const Bytes& code, state::StateDiff& diff) {
  state::Account account;
  account.nonce = 1;
  account.balance = 1'000'000;
  if (!code.empty()) {
    account.code_hash = crypto::keccak256(code);
    diff.code.emplace(account.code_hash, std::make_shared<const Bytes>(code));
  }
  diff.accounts.emplace(address, account);
  diff.storage.emplace(state::StorageKey{address, U256{1}.to_fixed<Hash256>()}, U256{7});
}

/// What a run left behind, but for the exact reason of a failure: translated blocks may find
/// another one first.
struct Ending {
  bool success = false;
  bool reverted = false;
  CallOutcome outcome;
  state::StateDiff diff;
};

Ending run(Evm& machine, const state::MemoryState& state, const Experiment& experiment) {
  World world(state);
  BlockEnv block;
  block.number = 1000;
  block.timestamp = 1'700'000'000;
  block.gas_limit = 30'000'000;
  block.base_fee = 7;
  CallRequest request;
  request.caller = kCaller;
  request.gas = experiment.gas;
  request.value = 5;
  request.gas_price = 11;
  if (experiment.create) {
    request.data = experiment.code;
  } else {
    request.to = kContract;
    request.data = experiment.input;
  }
  Ending out;
  out.outcome = machine.call(world, block, request).value();
  out.success = out.outcome.status == Status::Success;
  out.reverted = out.outcome.status == Status::Revert;
  out.diff = world.take_diff();
  return out;
}

}  // namespace

struct Comparison::Machines {
  explicit Machines(Revision revision)
      : fast(std::make_unique<Evm>(revision, Engine::Fast)),
        reference(std::make_unique<Evm>(revision, Engine::Reference)) {}
  std::unique_ptr<Evm> fast;
  std::unique_ptr<Evm> reference;
};

Comparison::Comparison() {
  for (std::size_t i = 0; i < kRevisions; ++i)
    machines_.emplace_back(static_cast<Revision>(i));
}
Comparison::~Comparison() = default;

std::uint64_t Choices::next() {
  if (!from_bytes_) return split_mix(state_);
  std::uint64_t out = 0;
  for (int i = 0; i < 2 && !bytes_.empty(); ++i) {
    out = (out << 8) | bytes_[0];
    bytes_ = bytes_.subspan(1);
  }
  // Two bytes decide; the rest of the word follows from them.
  std::uint64_t spread = out;
  return out == 0 ? 0 : (split_mix(spread) << 16) | out;
}

Experiment make_experiment(Choices& choices) {
  Experiment out;
  out.revision = kRevisionsTried[choices.below(kRevisionsTried.size())];
  const OpcodeTable& table = schedule(out.revision).opcodes;
  out.gas = static_cast<std::int64_t>(choices.below(4) == 0 ? choices.below(3'000)
                                                            : choices.below(200'000));
  out.create = choices.below(8) == 0;
  for (std::uint64_t i = 0, size = choices.below(70); i < size; ++i)
    out.input.push_back(static_cast<std::uint8_t>(choices.next()));
  out.callee = Author(choices, table).write(choices.below(16));
  out.code = Author(choices, table).write(2 + choices.below(choices.below(8) == 0 ? 300 : 60));
  return out;
}

std::optional<std::string> Comparison::find_difference(const Experiment& experiment) {
  state::MemoryState state;
  state::StateDiff diff;
  diff.accounts.emplace(kCaller, state::Account{.balance = 1'000'000});
  put_contract(kContract, experiment.create ? Bytes{} : experiment.code, diff);
  put_contract(kCallee, experiment.callee, diff);
  state.apply(diff);
  const Machines& machines = machines_[static_cast<std::size_t>(experiment.revision)];
  const Ending fast = run(*machines.fast, state, experiment);
  const Ending plain = run(*machines.reference, state, experiment);
  if (plain.success) ++successes_;
  const auto both = [&] {
    return std::string(" (fast: ") + evm::describe(fast.outcome.status) +
           ", reference: " + evm::describe(plain.outcome.status) + ")";
  };
  if (fast.success != plain.success || fast.reverted != plain.reverted) return "status" + both();
  if (fast.outcome.gas_left != plain.outcome.gas_left) {
    return "gas left " + std::to_string(fast.outcome.gas_left) + " against " +
           std::to_string(plain.outcome.gas_left) + both();
  }
  if (fast.outcome.output != plain.outcome.output) return "output" + both();
  if (fast.outcome.logs != plain.outcome.logs) return "logs" + both();
  if (!(fast.diff == plain.diff)) return "state" + both();
  return std::nullopt;
}

std::string describe(const Experiment& experiment) {
  return std::string(evm::describe(experiment.revision)) + (experiment.create ? " create" : "") +
         " gas " + std::to_string(experiment.gas) + " code " + to_hex(experiment.code) +
         " callee " + to_hex(experiment.callee) + " input " + to_hex(experiment.input);
}

}  // namespace ol::evm::differential
