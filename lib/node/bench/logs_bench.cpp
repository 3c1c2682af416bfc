// eth_getLogs over 100,000 blocks, as the node answers it: the log index and the receipts of a
// database that was filled through Database::commit.
#include <benchmark/benchmark.h>

#include <ol/base/check.hpp>
#include <ol/crypto/hash.hpp>

#include "../../storage/test/chain_maker.hpp"
#include "../../storage/test/temp_directory.hpp"
#include "rpc_reads.hpp"

namespace ol::node {
namespace {

constexpr std::uint64_t kBlocks = 100'000;
constexpr std::uint64_t kLogsPerBlock = 5;  // each of a transaction of its own
constexpr std::uint64_t kTokens = 50;
constexpr std::uint64_t kAccounts = 20'000;
constexpr std::uint64_t kRareEvery = 1'000;
constexpr std::uint64_t kRareToken = 1'000'000;

Hash256 word_of(std::uint64_t n) {
  return U256{n}.to_fixed<Hash256>();
}

Hash256 transfer_topic() {
  static const Hash256 kTopic = crypto::keccak256(as_bytes("Transfer(address,address,uint256)"));
  return kTopic;
}

/// A chain of token transfers between accounts that lie apart; one in a thousand blocks has one of
/// a rare token.
class LogChain {
 public:
  LogChain() {
    storage::DatabaseOptions options;
    options.path = directory_ / "db";
    auto opened = storage::Database::open(options, storage::test_identity());
    OL_CHECK(opened.has_value(), "a database can be made");
    database_ = *std::move(opened);
    for (std::uint64_t height = 0; height < kBlocks; ++height)
      commit(height);
  }

  [[nodiscard]] const storage::Database& database() const { return *database_; }

 private:
  void commit(std::uint64_t height) {
    const auto now = database_->snapshot().value();
    storage::MadeBlock block =
        storage::make_block(now->head(), *now, *now, {}, height == 0 ? 0 : kLogsPerBlock, 120);
    for (std::uint64_t i = 0; i < block.receipts.size(); ++i) {
      const std::uint64_t n = height * kLogsPerBlock + i;
      const bool rare = i == 0 && height % kRareEvery == kRareEvery / 2;
      primitives::Receipt& receipt = block.receipts[i];
      receipt.logs.push_back(
          {.address = storage::test_address(rare ? kRareToken : n * 31 % kTokens),
           .topics = {transfer_topic(), word_of(n * 7919 % kAccounts),
                      word_of(kAccounts + n * 104'729 % kAccounts)},
           .data = Bytes(32, 0x01)});
      receipt.bloom = primitives::logs_bloom(receipt.logs);
    }
    OL_CHECK(database_->commit(block.committed()).has_value(), "the disk takes the block");
  }

  storage::TempDirectory directory_;
  std::unique_ptr<storage::Database> database_;
};

const LogChain& chain() {
  static const LogChain kChain;
  return kChain;
}

void get_logs(benchmark::State& state, const rpc::LogFilter& filter, std::uint64_t blocks) {
  const rpc::LogQuery query{
      .first = kBlocks - blocks, .last = kBlocks - 1, .filter = filter, .logs_max = 20'000};
  // Made before the clock runs.
  const storage::Database& database = chain().database();
  std::size_t found = 0;
  for (auto _ : state) {
    const auto logs = read_logs(database, query);
    OL_CHECK(logs.has_value(), "the database answers");
    found = logs->size();
  }
  state.counters["logs"] = static_cast<double>(found);
}

void rare_token(benchmark::State& state) {
  get_logs(state, {.addresses = {storage::test_address(kRareToken)}, .topics = {}}, kBlocks);
}
BENCHMARK(rare_token)->Unit(benchmark::kMillisecond);

// Every block has the topic.
void rare_token_with_a_common_topic(benchmark::State& state) {
  get_logs(state,
           {.addresses = {storage::test_address(kRareToken)}, .topics = {{transfer_topic()}}},
           kBlocks);
}
BENCHMARK(rare_token_with_a_common_topic)->Unit(benchmark::kMillisecond);

void one_sender(benchmark::State& state) {
  get_logs(state, {.addresses = {}, .topics = {{transfer_topic()}, {word_of(7)}}}, kBlocks);
}
BENCHMARK(one_sender)->Unit(benchmark::kMillisecond);

// A tenth of the blocks has the token, few of them with this sender.
void one_sender_of_a_common_token(benchmark::State& state) {
  get_logs(state,
           {.addresses = {storage::test_address(7)}, .topics = {{transfer_topic()}, {word_of(7)}}},
           kBlocks);
}
BENCHMARK(one_sender_of_a_common_token)->Unit(benchmark::kMillisecond);

void nothing(benchmark::State& state) {
  get_logs(state, {.addresses = {storage::test_address(99)}, .topics = {{transfer_topic()}}},
           kBlocks);
}
BENCHMARK(nothing)->Unit(benchmark::kMillisecond);

void common_token(benchmark::State& state) {
  get_logs(state, {.addresses = {storage::test_address(7)}, .topics = {}}, kBlocks);
}
BENCHMARK(common_token)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ol::node
