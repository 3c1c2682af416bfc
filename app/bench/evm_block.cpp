#include "bench/evm_block.hpp"

#include <time.h>

#include <atomic>
#include <thread>

#include <ol/execution/execute.hpp>
#include <ol/execution/genesis_state.hpp>
#include <ol/execution/select.hpp>
#include <ol/state/trie_node_cache.hpp>
#include <ol/storage/database.hpp>

#include "bench/evm_block_load.hpp"
#include "bench/machine.hpp"
#include "command.hpp"

namespace ol::app::bench {
namespace {

using execution::TxnPtr;

template <typename T>
T must(storage::StorageResult<T> result) {
  if (!result) throw CommandError(result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

/// Processor time this thread has taken so far, which other work on the machine does not change.
std::uint64_t thread_time_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(now.tv_nsec);
}

/// What one part of the work took, over all blocks: by the clock, and of the processor.
class Timed {
 public:
  template <typename Work>
  auto operator()(Work&& work) {
    const auto started = Clock::now();
    const std::uint64_t before = thread_time_ns();
    auto out = work();
    processor_ns_ += thread_time_ns() - before;
    seconds_ += seconds_between(started, Clock::now());
    return out;
  }
  /// What other threads took for it.
  void add_processor(std::uint64_t ns) { processor_ns_ += ns; }
  [[nodiscard]] double seconds() const { return seconds_; }
  [[nodiscard]] double processor_seconds() const {
    return static_cast<double>(processor_ns_) / 1e9;
  }

 private:
  double seconds_ = 0;
  std::uint64_t processor_ns_ = 0;
};

/// @param helpers_ns  What threads other than this one took of the processor is added to it.
std::vector<TxnPtr> recover(const std::vector<Bytes>& envelopes, std::uint32_t threads,
                            std::atomic<std::uint64_t>& helpers_ns) {
  std::vector<TxnPtr> out(envelopes.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < envelopes.size(); i = next++) {
      auto txn = primitives::VerifiedTxn::verify(envelopes[i]);
      if (txn) out[i] = std::make_shared<const primitives::VerifiedTxn>(*std::move(txn));
    }
  };
  std::vector<std::thread> helpers;
  for (std::uint32_t i = 1; i < threads; ++i)
    helpers.emplace_back([&] {
      work();
      helpers_ns += thread_time_ns();
    });
  work();
  for (std::thread& helper : helpers)
    helper.join();
  return out;
}

class Run {
 public:
  explicit Run(const EvmBlockOptions& options)
      : options_(options),
        load_(make_evm_block_load(options)),
        home_(options.directory),
        machine_(measure_machine(home_.path())),
        engine_(load_.genesis.revision, 0x5eed) {
    storage::DatabaseOptions database;
    database.path = home_.path() / "db";
    database_ = must(storage::Database::open(
        database, {load_.genesis.domain, primitives::genesis_hash(load_.genesis)}));
    auto start = execution::genesis_state(load_.genesis);
    head_.state_root = start.root;
    head_.gas_limit = load_.genesis.gas_limit;
    head_.base_fee = load_.genesis.base_fee;
    execution::ExecutedBlock genesis;
    genesis.diff = std::move(start.diff);
    genesis.header = head_;
    commit({}, genesis);
  }

  Report report() {
    for (const std::vector<Bytes>& envelopes : load_.blocks) {
      if (!run_block(envelopes)) break;
    }
    return describe();
  }

 private:
  bool run_block(const std::vector<Bytes>& envelopes) {
    std::atomic<std::uint64_t> helpers_ns{0};
    const auto txns = recovering_([&] { return recover(envelopes, options_.threads, helpers_ns); });
    recovering_.add_processor(helpers_ns);
    const auto snapshot = must(database_->snapshot());
    const auto context = execution::next_block_context(
        load_.genesis.domain.chain_id, head_, primitives::TimeMs(1'000 * (head_.number + 1)),
        Address{{0xc0}}, primitives::BlockHash{{0xbb}});
    // Filling a block tells what running the transactions costs without the roots. It also warms
    // what executing reads, as a proposer's filling does, so every other block goes without.
    if (head_.number % 2 == 1) {
      const auto filled =
          filling_([&] { return execution::select_txns(engine_, *snapshot, context, txns, {}); });
      if (filled) filled_ += filled->txns.size();
    }
    auto block = executing_([&] {
      return execution::execute_block(engine_, *snapshot, *snapshot, context, txns, &trie_nodes_);
    });
    if (!block) {
      failure_ = describe(block.error());
      return false;
    }
    for (const primitives::Receipt& receipt : block->receipts) {
      if (!receipt.success) failure_ = "a transaction failed";
    }
    gas_ += block->gas_used;
    executed_ += txns.size();
    committing_([&] {
      commit(envelopes, *block);
      return 0;
    });
    return failure_.empty();
  }

  void commit(std::vector<Bytes> payload, const execution::ExecutedBlock& executed) {
    primitives::Header header;
    header.chain_id = load_.genesis.domain.chain_id;
    header.height = primitives::Height(executed.header.number);
    header.view = primitives::View(executed.header.number);
    header.parent =
        parent_ ? *parent_ : retag<primitives::BlockHash>(primitives::genesis_hash(load_.genesis));
    const auto block =
        primitives::Block::propose(load_.genesis.domain, std::move(header), std::move(payload));
    primitives::QuorumCertificate certificate;
    certificate.subject.height = block.header.height;
    certificate.subject.view = block.header.view;
    certificate.subject.block = block.hash;
    if (!certificate.is_genesis()) certificate.signature = Bytes(48, 0x5a);
    must(database_->commit({.block = block,
                            .certificate = certificate,
                            .evm_header = executed.header,
                            .receipts = executed.receipts,
                            .diff = executed.diff}));
    parent_ = block.hash;
    head_ = executed.header;
  }

  static std::string describe(const execution::ExecutionError& error) {
    return execution::describe(error);
  }

  [[nodiscard]] Report describe() const {
    Report out("blocks of " + std::to_string(options_.txns) + " x " + options_.load);
    const double txns = static_cast<double>(executed_);
    const double mgas = static_cast<double>(gas_) / 1e6;
    const double wall = recovering_.seconds() + executing_.seconds();
    // What recovers side by side takes the time of one of the threads.
    const double processor =
        recovering_.processor_seconds() / options_.threads + executing_.processor_seconds();
    out.number("txns_per_s", "transactions, from bytes to root", txns / processor, "1/s");
    out.number("mgas_per_s", "gas, from bytes to root", mgas / processor, "Mgas/s", 1);
    out.number("execute_mgas_per_s", "gas, executing and root alone",
               mgas / executing_.processor_seconds(), "Mgas/s", 1);
    out.number("gas_per_txn", "gas of a transaction", mgas * 1e6 / txns, "gas");
    out.number("wall_txns_per_s", "transactions, by the clock, beside what else runs here",
               txns / wall, "1/s");
    out.section("where the processor's time goes, per transaction");
    const auto per_txn = [&](const Timed& part, double count) {
      return part.processor_seconds() * 1e6 / count;
    };
    const double run_us = filled_ == 0 ? 0 : per_txn(filling_, static_cast<double>(filled_));
    out.number("recover_us", "recovering the sender", per_txn(recovering_, txns), "us", 1);
    out.number("run_us", "running it, no roots, state not read before", run_us, "us", 1);
    out.number("execute_us", "executing, roots included", per_txn(executing_, txns), "us", 1);
    out.number("commit_us", "writing (another thread's)", per_txn(committing_, txns), "us", 1);
    out.number("threads", "threads that recover", options_.threads, "");
    add_machine(out, machine_);
    if (!failure_.empty()) out.failure(failure_);
    return out;
  }

  EvmBlockOptions options_;
  EvmBlockLoad load_;
  TemporaryHome home_;
  Machine machine_;
  execution::Engine engine_;
  state::TrieNodeCache trie_nodes_{65'536};
  std::unique_ptr<storage::Database> database_;
  primitives::EvmHeader head_;
  std::optional<primitives::BlockHash> parent_;
  Timed recovering_;
  Timed filling_;
  Timed executing_;
  Timed committing_;
  std::uint64_t gas_ = 0;
  std::size_t executed_ = 0;
  std::size_t filled_ = 0;
  std::string failure_;
};

}  // namespace

Report bench_evm_block(const EvmBlockOptions& options) {
  return Run(options).report();
}

}  // namespace ol::app::bench
