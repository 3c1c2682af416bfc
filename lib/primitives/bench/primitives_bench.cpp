#include <benchmark/benchmark.h>

#include <ol/primitives/block.hpp>
#include <ol/primitives/receipt.hpp>
#include <ol/primitives/signing.hpp>

namespace ol::primitives {
namespace {

constexpr ChainDomain kBlake3{.chain_id = ChainId(7777), .hash = crypto::HashAlgorithm::Blake3};
constexpr ChainDomain kSha256{.chain_id = ChainId(7777), .hash = crypto::HashAlgorithm::Sha256};

Bytes transfer(std::uint64_t nonce) {
  static const auto kKey = *crypto::Secp256k1SecretKey::from_bytes(Bytes(32, 0x11));
  Transaction txn;
  txn.type = TxnType::DynamicFee;
  txn.chain_id = 7777;
  txn.nonce = nonce;
  txn.max_priority_fee_per_gas = U256(1'000'000'000);
  txn.max_fee_per_gas = U256(3'000'000'000);
  txn.gas_limit = 21'000;
  txn.to = Address{{0x44}};
  txn.value = U256(1'000'000'000'000'000'000);
  return sign_transaction(txn, kKey);
}

/// A block of `count` transfers under a four-validator threshold certificate.
Block transfers(const ChainDomain& domain, std::int64_t count) {
  Header header;
  header.height = Height(10);
  header.view = View(10);
  header.justify.subject.view = View(9);
  header.justify.signature.assign(48, 1);
  std::vector<Bytes> payload;
  for (std::int64_t i = 0; i < count; ++i) {
    payload.push_back(transfer(static_cast<std::uint64_t>(i)));
  }
  return Block::propose(domain, header, std::move(payload));
}

void decode_txn(benchmark::State& state) {
  const Bytes envelope = transfer(7);
  for (auto _ : state)
    benchmark::DoNotOptimize(decode_transaction(envelope));
}
BENCHMARK(decode_txn);

void encode_txn(benchmark::State& state) {
  const Transaction txn = *decode_transaction(transfer(7));
  for (auto _ : state)
    benchmark::DoNotOptimize(encode_transaction(txn));
}
BENCHMARK(encode_txn);

void decode_and_recover_txn(benchmark::State& state) {
  const Bytes envelope = transfer(7);
  for (auto _ : state)
    benchmark::DoNotOptimize(VerifiedTxn::verify(envelope));
}
BENCHMARK(decode_and_recover_txn);

void decode_block_of(benchmark::State& state) {
  const Block block = transfers(kBlake3, state.range(0));
  Writer out;
  encode(out, block);
  for (auto _ : state)
    benchmark::DoNotOptimize(decode_block(kBlake3, out.bytes()));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(decode_block_of)->Arg(0)->Arg(400)->Arg(10'000);

void hash_header_blake3(benchmark::State& state) {
  const Block block = transfers(kBlake3, 0);
  for (auto _ : state)
    benchmark::DoNotOptimize(block_hash(kBlake3, block.header));
}
BENCHMARK(hash_header_blake3);

void hash_header_sha256(benchmark::State& state) {
  const Block block = transfers(kSha256, 0);
  for (auto _ : state)
    benchmark::DoNotOptimize(block_hash(kSha256, block.header));
}
BENCHMARK(hash_header_sha256);

void root_of_400_items(benchmark::State& state) {
  const Block block = transfers(kBlake3, 400);
  for (auto _ : state)
    benchmark::DoNotOptimize(payload_root(kBlake3, block.item_hashes));
}
BENCHMARK(root_of_400_items);

void hash_evm_header(benchmark::State& state) {
  const EvmHeader header;
  for (auto _ : state)
    benchmark::DoNotOptimize(evm_header_hash(header));
}
BENCHMARK(hash_evm_header);

}  // namespace
}  // namespace ol::primitives
