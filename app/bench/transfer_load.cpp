#include "bench/transfer_load.hpp"

#include <ol/base/check.hpp>
#include <ol/base/hex.hpp>
#include <ol/primitives/signing.hpp>

#include "derived.hpp"

namespace ol::app::bench {
namespace {

crypto::Secp256k1SecretKey key_of(std::uint32_t account) {
  return derived_key("openliquid benchmark", "account", account);
}

}  // namespace

std::vector<Address> TransferLoad::addresses(std::uint32_t accounts) {
  std::vector<Address> out;
  for (std::uint32_t i = 0; i < accounts; ++i)
    out.push_back(key_of(i).address());
  return out;
}

TransferLoad::TransferLoad(std::uint64_t chain_id, std::uint32_t accounts, std::uint32_t count)
    : sent_(count) {
  OL_CHECK(accounts > 0, "somebody sends the transfers");
  const U256 gwei(1'000'000'000);
  const std::vector<Address> addresses = TransferLoad::addresses(accounts);
  std::vector<crypto::Secp256k1SecretKey> keys;
  for (std::uint32_t i = 0; i < accounts; ++i)
    keys.push_back(key_of(i));
  for (std::uint32_t i = 0; i < count; ++i) {
    primitives::Transaction txn;
    txn.type = primitives::TxnType::DynamicFee;
    txn.chain_id = chain_id;
    txn.nonce = i / accounts;
    txn.max_priority_fee_per_gas = gwei;
    // Far above what full blocks can make of the base fee while the benchmark runs.
    txn.max_fee_per_gas = U256(100'000) * gwei;
    txn.gas_limit = 21'000;
    txn.to = addresses[(i + 1) % accounts];
    txn.value = gwei;
    const Bytes envelope = primitives::sign_transaction(txn, keys[i % accounts]);
    by_hash_.emplace(to_hex_prefixed(primitives::transaction_hash(envelope).view()), i);
    envelopes_.push_back(to_hex_prefixed(envelope));
  }
}

std::optional<std::uint32_t> TransferLoad::find(const std::string& hash) const {
  const auto found = by_hash_.find(hash);
  if (found == by_hash_.end()) return std::nullopt;
  return found->second;
}

std::string TransferLoad::batch(const std::vector<std::uint32_t>& transfers) const {
  std::string out;
  for (const std::uint32_t transfer : transfers) {
    out += out.empty() ? "[" : ",";
    out += R"({"jsonrpc":"2.0","id":)" + std::to_string(transfer) +
           R"(,"method":"eth_sendRawTransaction","params":[")" + envelopes_[transfer] + R"("]})";
  }
  return out + "]";
}

}  // namespace ol::app::bench
