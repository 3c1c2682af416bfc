#include "run.hpp"

#include <chrono>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <ol/base/hex.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/evm/tracers.hpp>
#include <ol/evm/transition.hpp>
#include <ol/state/memory_state.hpp>

#include "command.hpp"
#include "gas_flag.hpp"
#include "state_file.hpp"
#include "statetest_load.hpp"
#include "step_log.hpp"

namespace ol::app {
namespace {

constexpr auto kFork = evm::Revision::Prague;

struct RunFlags {
  std::string code;
  std::string code_file;
  std::string input = "0x";
  std::string input_file;
  std::string sender = "0xca11e40000000000000000000000000000000000";
  std::string receiver = "0xc0de000000000000000000000000000000000000";
  std::string value = "0";
  std::string price = "0";
  std::string fork;  // as the prestate says, otherwise kFork
  std::string gas = "1000000000";
  bool create = false;
  bool reference = false;
  bool trace = false;
  std::string tracer;
  std::string prestate;
  bool dump = false;
  std::uint64_t repeat = 0;
};

Bytes bytes_of(std::string text, const char* what) {
  std::erase_if(text, [](unsigned char c) { return std::isspace(c) != 0; });
  auto bytes = from_hex(text);
  if (!bytes) throw CommandError(std::string(what) + " is not hex");
  return std::move(*bytes);
}

/// A file's; standard input's if it is called "-".
Bytes bytes_in(const std::string& path, const char* what) {
  if (path == "-") return bytes_of({std::istreambuf_iterator<char>(std::cin), {}}, what);
  std::ifstream in(path);
  if (!in) throw CommandError("cannot read " + path);
  return bytes_of({std::istreambuf_iterator<char>(in), {}}, what);
}

Bytes code_of(const RunFlags& flags) {
  if (flags.code_file.empty()) return bytes_of(flags.code, "the code");
  return bytes_in(flags.code_file, "the code in the file");
}

Bytes input_of(const RunFlags& flags) {
  if (flags.input_file.empty()) return bytes_of(flags.input, "the input");
  return bytes_in(flags.input_file, "the input in the file");
}

Address address_of(const std::string& text, const char* what) {
  const auto address = fixed_from_hex<Address>(text);
  if (!address) throw CommandError(std::string(what) + " is not an address");
  return *address;
}

U256 wei_of(const std::string& text, const char* what) {
  const auto wei = text.starts_with("0x") ? U256::from_hex(text) : U256::from_decimal(text);
  if (!wei || !(*wei < (U256{1} << 128)))
    throw CommandError(std::string(what) + " is not an amount");
  return *wei;
}

void put_code(const Bytes& code, state::Account& account, state::StateDiff& diff) {
  account.code_hash = crypto::keccak256(code);
  diff.code.emplace(account.code_hash, std::make_shared<const Bytes>(code));
}

/// A caller with ether, and the code in an account unless it is to be created.
void fill_state(const Bytes& code, const Address& caller, const std::optional<Address>& contract,
                RootedState& out) {
  state::StateDiff diff;
  diff.accounts.emplace(caller, state::Account{.balance = U256{1} << 128});
  if (contract) {
    // Who calls itself has both.
    state::Account& account = *diff.accounts.try_emplace(*contract, state::Account{}).first->second;
    account.nonce = 1;
    put_code(code, account, diff);
  }
  apply_diff(std::move(diff), out);
}

/// The state of a file, with the code in an account of it if there is any to put there. Returns the
/// rules that the file has for its block, if it has any.
std::optional<evm::Revision> read_state(const RunFlags& flags, const Bytes& code,
                                        const evm::CallRequest& request, RootedState& out,
                                        evm::BlockEnv& block) {
  const auto configured = load_genesis_state(flags.prestate, out, block);
  if (request.to && !code.empty()) {
    state::StateDiff diff;
    auto& account = diff.accounts[*request.to];
    account = out.state.account(*request.to).value().value_or(state::Account{});
    put_code(code, *account, diff);
    apply_diff(std::move(diff), out);
  }
  const auto caller = out.state.account(request.caller).value();
  if ((caller ? caller->balance : U256{}) < request.value)
    throw CommandError("the sender does not hold the value");
  return configured;
}

void print(std::int64_t gas, const evm::CallOutcome& outcome) {
  std::cout << "status: " << evm::describe(outcome.status) << '\n'
            << "gas used: " << gas - outcome.gas_left << '\n'
            << "output: " << to_hex_prefixed(outcome.output) << '\n';
  if (outcome.created) std::cout << "created: " << to_hex_prefixed(outcome.created->view()) << '\n';
  for (const primitives::Log& log : outcome.logs) {
    std::cout << "log: " << to_hex_prefixed(log.address.view());
    for (const Hash256& topic : log.topics)
      std::cout << ' ' << to_hex_prefixed(topic.view());
    std::cout << ' ' << to_hex_prefixed(log.data) << '\n';
  }
}

evm::TraceOptions tracer_named(const std::string& name) {
  if (name == "structLogger") return evm::StructLogOptions{.memory = true, .return_data = true};
  if (name == "callTracer") return evm::CallTraceOptions{.with_log = true};
  if (name == "prestateTracer") return evm::PrestateOptions{};
  if (name == "diff") return evm::PrestateOptions{.diff_mode = true};
  if (name == "4byteTracer") return evm::FourByteOptions{};
  throw CommandError(name + " is no tracer; there are structLogger, callTracer, prestateTracer, " +
                     "diff (prestateTracer in diff mode) and 4byteTracer");
}

void run_command(const RunFlags& flags) {
  std::optional<evm::Revision> revision;
  if (!flags.fork.empty()) revision = named_fork(flags.fork);
  const Bytes code = code_of(flags);
  const Bytes input = input_of(flags);
  RootedState state;
  evm::CallRequest request;
  request.caller = address_of(flags.sender, "the sender");
  request.value = wei_of(flags.value, "the value");
  request.gas_price = wei_of(flags.price, "the price");
  request.data = input;
  request.gas = gas_of(flags.gas);
  if (flags.create) {
    request.data = code;
  } else {
    request.to = address_of(flags.receiver, "the receiver");
  }
  evm::BlockEnv block;
  block.number = 1;
  block.gas_limit = static_cast<std::uint64_t>(request.gas);
  if (flags.prestate.empty()) {
    fill_state(code, request.caller, request.to, state);
  } else {
    const auto configured = read_state(flags, code, request, state, block);
    if (!revision) revision = configured;
  }
  evm::Evm machine(revision.value_or(kFork),
                   flags.reference ? evm::Engine::Reference : evm::Engine::Fast);
  state::StateDiff changes;
  const auto once = [&] {
    evm::World world(state.state);
    auto outcome = machine.call(world, block, request).value();
    if (flags.dump) changes = world.take_diff();
    return outcome;
  };
  if (!flags.tracer.empty()) {
    const auto tracer = evm::make_tracer(tracer_named(flags.tracer));
    machine.trace(tracer.get());
    static_cast<void>(once());
    if (tracer->ending() != evm::TraceEnding::Whole) throw CommandError("the trace is too large");
    std::cout << tracer->json() << '\n';
    return;
  }
  if (flags.trace) {
    StepLog log(std::cout);
    machine.trace(&log);
    static_cast<void>(once());
    return;
  }
  print(request.gas, once());
  if (flags.dump) {
    apply_diff(std::move(changes), state);
    std::cout << dump_of(state) << '\n';
  }
  if (flags.repeat == 0) return;
  const auto start = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < flags.repeat; ++i)
    (void)once();
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
  std::cout << "time per run: " << spent.count() * 1e6 / static_cast<double>(flags.repeat)
            << " us\n";
}

void add_flags(CLI::App& command, RunFlags& flags) {
  auto* const code = command.add_option("code", flags.code, "The code, in hex");
  // The second names are geth's.
  command
      .add_option("--code-file,--codefile", flags.code_file,
                  "A file with the code, in hex; - for standard input")
      ->excludes(code);
  auto* const input = command.add_option("--input", flags.input, "Call data, in hex");
  command
      .add_option("--input-file,--inputfile", flags.input_file,
                  "A file with the call data, in hex; - for standard input")
      ->excludes(input);
  command.add_option("--sender", flags.sender, "Who calls")->capture_default_str();
  command.add_option("--receiver", flags.receiver, "Where the code is")->capture_default_str();
  command.add_option("--price", flags.price, "What GASPRICE says, wei, decimal or 0x");
  command.add_option("--value", flags.value, "Wei sent along, decimal or 0x");
  command.add_option("--gas", flags.gas, "Gas of the call")->capture_default_str();
  command.add_option("--fork", flags.fork,
                     "The rules to run under; otherwise those of the prestate's config, or Prague");
  command.add_option("--prestate", flags.prestate,
                     "A genesis file of geth: its accounts, and what it says of block and chain");
  command.add_flag("--create", flags.create, "Take the code for init code and deploy it");
}

}  // namespace

void add_evm_run(CLI::App& evm) {
  auto* const command =
      evm.add_subcommand("run", "Run bytecode on an empty state or that of a file");
  const auto flags = std::make_shared<RunFlags>();
  add_flags(*command, *flags);
  command->add_flag("--dump", flags->dump, "Print the state behind the run, as geth does");
  command->add_flag("--reference", flags->reference, "Use the plain reference interpreter");
  command->add_option("--repeat", flags->repeat, "Then run it so many times and print the time");
  command->callback([flags] { run_command(*flags); });
}

void add_evm_trace(CLI::App& evm) {
  auto* const command =
      evm.add_subcommand("trace", "Run bytecode and print each instruction (EIP-3155)");
  const auto flags = std::make_shared<RunFlags>();
  flags->trace = true;
  add_flags(*command, *flags);
  command->add_option("--tracer", flags->tracer,
                      "Print what a tracer of geth's answers instead: structLogger, callTracer, "
                      "prestateTracer, diff, 4byteTracer");
  command->callback([flags] { run_command(*flags); });
}

}  // namespace ol::app
