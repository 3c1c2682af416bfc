// Requests through the dispatcher, without a socket: parse, answer, encode.
#include <benchmark/benchmark.h>

#include <ol/rpc/dispatcher.hpp>

#include "../test/fake_backend.hpp"

namespace ol::rpc {
namespace {

Dispatcher& dispatcher() {
  static test::FakeBackend backend;
  static Dispatcher instance([] {
    // A block of a thousand transfers, number 4.
    std::vector<TxnRecord> txns(1000, test::FakeBackend::signed_transfer({.nonce = 3,
                                                                          .tip = 1,
                                                                          .fee_cap = 2'000'000'000,
                                                                          .value = 1,
                                                                          .access_list = {},
                                                                          .data = {}}));
    backend.add_block(std::move(txns));
    Registry registry;
    add_standard_methods(registry, backend);
    return registry;
  }());
  return instance;
}

void run(benchmark::State& state, const std::string& request) {
  Dispatcher& target = dispatcher();
  std::size_t bytes = 0;
  for (auto _ : state) {
    const std::string response = target.handle(request);
    bytes += response.size();
    benchmark::DoNotOptimize(response.data());
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

std::string request(const std::string& method, const std::string& params) {
  return R"({"jsonrpc":"2.0","id":1,"method":")" + method + R"(","params":)" + params + "}";
}

void block_number(benchmark::State& state) {
  run(state, request("eth_blockNumber", "[]"));
}
BENCHMARK(block_number);

void get_balance(benchmark::State& state) {
  run(state,
      request("eth_getBalance", R"(["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266","latest"])"));
}
BENCHMARK(get_balance);

void empty_block(benchmark::State& state) {
  run(state, request("eth_getBlockByNumber", R"(["0x3",false])"));
}
BENCHMARK(empty_block);

void block_of_1000_hashes(benchmark::State& state) {
  run(state, request("eth_getBlockByNumber", R"(["0x4",false])"));
}
BENCHMARK(block_of_1000_hashes);

void block_of_1000_transactions(benchmark::State& state) {
  run(state, request("eth_getBlockByNumber", R"(["0x4",true])"));
}
BENCHMARK(block_of_1000_transactions);

void receipts_of_1000_transactions(benchmark::State& state) {
  run(state, request("eth_getBlockReceipts", R"(["0x4"])"));
}
BENCHMARK(receipts_of_1000_transactions);

void batch_of_100(benchmark::State& state) {
  std::string batch;
  for (int i = 0; i < 100; ++i)
    batch += (i == 0 ? "[" : ",") + request("eth_blockNumber", "[]");
  run(state, batch + "]");
}
BENCHMARK(batch_of_100);

}  // namespace
}  // namespace ol::rpc
