#include <boost/json/serialize.hpp>
#include <iostream>

#include <ol/base/hex.hpp>

#include "account_key.hpp"
#include "command.hpp"
#include "rpc_client.hpp"
#include "send_transaction.hpp"

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

primitives::Transaction build(const Flags& flags, const Address& sender) {
  const Address to = flag_address(flags.to, "--to");
  const auto value = parse_amount(flags.value);
  if (!value)
    throw CommandError("--value must be an amount such as 1ether, 20gwei or a number of wei");
  primitives::Transaction txn = draft_transaction(flags.url, sender);
  txn.to = to;
  txn.value = *value;
  // A contract that receives runs code. One that would revert is told before anything is spent.
  txn.gas_limit = quantity(rpc_call(flags.url, "eth_estimateGas",
                                    boost::json::serialize(boost::json::array{boost::json::object{
                                        {"from", to_hex_prefixed(sender.view())},
                                        {"to", to_hex_prefixed(to.view())},
                                        {"value", value->to_hex()}}})));
  return txn;
}

void send(const Flags& flags) {
  PassphraseSource passphrase(flags.passphrase_file);
  const auto key = account_key(flags.key, flags.keyfile, passphrase);
  const auto hash = send_transaction(flags.url, build(flags, key.address()), key);
  const bool final = wait_until_final([&] {
    const auto receipt =
        rpc_call(flags.url, "eth_getTransactionReceipt", "[" + boost::json::serialize(hash) + "]");
    if (!receipt.is_object()) return false;
    const bool worked = receipt.at("status").as_string() == "0x1";
    std::cout << "final in block " << quantity(receipt.at("blockNumber")) << ", status "
              << (worked ? "success" : "failed") << std::endl;
    if (!worked) throw CommandError("the transaction is final and was reverted");
    return true;
  });
  if (!final)
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
