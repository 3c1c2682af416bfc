#include "send_transaction.hpp"

#include <chrono>
#include <iostream>
#include <thread>

#include <ol/base/hex.hpp>
#include <ol/primitives/signing.hpp>

#include "rpc_client.hpp"

namespace ol::app {
namespace {

constexpr std::chrono::seconds kPatience{60};
constexpr std::chrono::milliseconds kPause{50};

}  // namespace

std::uint64_t quantity(const boost::json::value& value) {
  return std::stoull(std::string(value.as_string()), nullptr, 16);
}

primitives::Transaction draft_transaction(const std::string& url, const Address& sender) {
  primitives::Transaction txn;
  txn.type = primitives::TxnType::DynamicFee;
  txn.chain_id = quantity(rpc_call(url, "eth_chainId"));
  txn.nonce = quantity(rpc_call(url, "eth_getTransactionCount",
                                "[\"" + to_hex_prefixed(sender.view()) + "\",\"pending\"]"));
  const U256 tip(quantity(rpc_call(url, "eth_maxPriorityFeePerGas")));
  const auto head = rpc_call(url, "eth_getBlockByNumber", "[\"latest\",false]");
  txn.max_priority_fee_per_gas = tip;
  // Six full blocks in a row raise the base fee less than twofold.
  txn.max_fee_per_gas = U256(quantity(head.at("baseFeePerGas"))) * U256(2) + tip;
  return txn;
}

boost::json::value send_transaction(const std::string& url, const primitives::Transaction& txn,
                                    const crypto::Secp256k1SecretKey& key) {
  const Bytes envelope = primitives::sign_transaction(txn, key);
  auto hash = rpc_call(url, "eth_sendRawTransaction", "[\"" + to_hex_prefixed(envelope) + "\"]");
  std::cout << "sent " << std::string(hash.as_string()) << std::endl;
  return hash;
}

bool wait_until_final(const std::function<bool()>& done) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    if (done()) return true;
    std::this_thread::sleep_for(kPause);
  }
  return false;
}

}  // namespace ol::app
