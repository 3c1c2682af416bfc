#include <boost/json/serialize.hpp>
#include <chrono>
#include <iostream>
#include <thread>

#include <ol/base/hex.hpp>
#include <ol/primitives/address_text.hpp>
#include <ol/primitives/signing.hpp>

#include "account_key.hpp"
#include "command.hpp"
#include "rpc_client.hpp"

namespace ol::app {
namespace {

struct Flags {
  std::string url = "http://127.0.0.1:8545";
  std::string to;
  std::string value;
  std::string key;
  std::string keyfile;
  std::string passphrase_file;
};

std::uint64_t quantity(const boost::json::value& value) {
  return std::stoull(std::string(value.as_string()), nullptr, 16);
}

primitives::Transaction build(const Flags& flags, const Address& sender) {
  const auto to = primitives::parse_address(flags.to);
  if (!to) throw CommandError("--to is \"" + flags.to + "\": an address " + describe(to.error()));
  const auto value = parse_amount(flags.value);
  if (!value)
    throw CommandError("--value must be an amount such as 1ether, 20gwei or a number of wei");
  primitives::Transaction txn;
  txn.type = primitives::TxnType::DynamicFee;
  txn.chain_id = quantity(rpc_call(flags.url, "eth_chainId"));
  txn.nonce = quantity(rpc_call(flags.url, "eth_getTransactionCount",
                                "[\"" + to_hex_prefixed(sender.view()) + "\",\"pending\"]"));
  const U256 tip(quantity(rpc_call(flags.url, "eth_maxPriorityFeePerGas")));
  const auto head = rpc_call(flags.url, "eth_getBlockByNumber", "[\"latest\",false]");
  txn.max_priority_fee_per_gas = tip;
  // Twice today's base fee stays valid while six full blocks in a row raise it.
  txn.max_fee_per_gas = U256(quantity(head.at("baseFeePerGas"))) * U256(2) + tip;
  txn.to = *to;
  txn.value = *value;
  // A contract that receives runs code. One that would revert is told before anything is spent.
  txn.gas_limit = quantity(rpc_call(flags.url, "eth_estimateGas",
                                    boost::json::serialize(boost::json::array{boost::json::object{
                                        {"from", to_hex_prefixed(sender.view())},
                                        {"to", to_hex_prefixed(to->view())},
                                        {"value", value->to_hex()}}})));
  return txn;
}

void send(const Flags& flags) {
  PassphraseSource passphrase(flags.passphrase_file);
  const auto key = account_key(flags.key, flags.keyfile, passphrase);
  const Bytes envelope = primitives::sign_transaction(build(flags, key.address()), key);
  const auto hash =
      rpc_call(flags.url, "eth_sendRawTransaction", "[\"" + to_hex_prefixed(envelope) + "\"]");
  std::cout << "sent " << std::string(hash.as_string()) << std::endl;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < deadline) {
    const auto receipt =
        rpc_call(flags.url, "eth_getTransactionReceipt", "[" + boost::json::serialize(hash) + "]");
    if (receipt.is_object()) {
      const bool worked = receipt.at("status").as_string() == "0x1";
      std::cout << "final in block " << quantity(receipt.at("blockNumber")) << ", status "
                << (worked ? "success" : "failed") << std::endl;
      if (!worked) throw CommandError("the transaction is final and was reverted");
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  throw CommandError("the transaction is not final after 60 s; ask again for its receipt later");
}

}  // namespace

void add_tx(CLI::App& app) {
  auto* tx = app.add_subcommand("tx", "Make transactions");
  tx->require_subcommand(1);
  auto flags = std::make_shared<Flags>();
  auto* command = tx->add_subcommand("send", "Send a transfer and wait until it is final");
  command->add_option("--to", flags->to, "Receiving address")->required();
  command->add_option("--value", flags->value, "Amount: 1ether, 20gwei or wei")->required();
  command->add_option("--key", flags->key, "The sender's secret key in hex");
  command->add_option("--keyfile", flags->keyfile, "The sender's key file");
  command->add_option("--passphrase-file", flags->passphrase_file, "Opens the key file");
  command->add_option("--rpc", flags->url, "The node's JSON-RPC address")->capture_default_str();
  command->callback([flags] { send(*flags); });
}

}  // namespace ol::app
