#include <boost/json/serialize.hpp>
#include <chrono>
#include <iostream>
#include <map>
#include <optional>
#include <thread>

#include "command.hpp"
#include "rpc_client.hpp"

namespace ol::app {
namespace {

namespace json = boost::json;

std::string text_of(const json::value& value) {
  return value.is_string() ? std::string(value.as_string()) : json::serialize(value);
}

void print_member(std::string_view key, const json::value& value) {
  if (!value.is_array()) {
    std::cout << key << ": " << text_of(value) << '\n';
    return;
  }
  std::cout << key << ": " << value.as_array().size() << '\n';
  for (const json::value& entry : value.as_array())
    std::cout << "  " << json::serialize(entry) << '\n';
}

/// "validator1, validator3", as the node's status names them.
std::string names(const json::value& status, const json::value& indices) {
  std::string out;
  for (const json::value& index : indices.as_array()) {
    const auto& validator =
        status.at("validators").at(static_cast<std::size_t>(index.to_number<std::uint64_t>()));
    out += (out.empty() ? "" : ", ") + text_of(validator.at("name"));
  }
  return out.empty() ? "nobody" : out;
}

void print_block(std::string_view what, const json::value& at) {
  std::cout << what << ": view " << json::serialize(at.at("view")) << ", block "
            << text_of(at.at("blockHash")) << '\n';
}

// Why a chain stands still is what an operator asks first.
void print_consensus(const json::value& status, const json::value& state) {
  std::cout << "waiting for: " << text_of(state.at("waiting").at("text")) << '\n';
  print_block("lock", state.at("lock"));
  print_block("last vote", state.at("lastVote"));
  const json::value& best = state.at("highCertificate");
  std::cout << "best certificate: view " << json::serialize(best.at("view")) << ", height "
            << json::serialize(best.at("height")) << '\n'
            << "view timeout: " << json::serialize(state.at("timeoutMs")) << " ms after "
            << json::serialize(state.at("lostViews")) << " lost views\n"
            << "left the view: " << names(status, state.at("left")) << '\n'
            << "passed over as leaders: " << names(status, state.at("passedOver")) << '\n';
}

/// Sets change with epochs, and names with them.
std::string name_in_epoch(const json::value& status, const json::value& entry,
                          std::string_view who) {
  const json::value& index = entry.at(who);
  if (entry.at("epoch") == status.at("epoch")) return names(status, json::array{index});
  return "index " + json::serialize(index) + " of epoch " + json::serialize(entry.at("epoch"));
}

/// "validator3 (double proposal 2, double vote 1)": whom the entries of a list name, and for what.
std::string accused(const json::value& status, const json::array& list, std::string_view who) {
  std::map<std::string, std::map<std::string, std::size_t>> counts;
  for (const json::value& entry : list)
    ++counts[name_in_epoch(status, entry, who)][text_of(entry.at("kind"))];
  std::string out;
  for (const auto& [name, kinds] : counts) {
    std::string what;
    for (const auto& [kind, count] : kinds)
      what += (what.empty() ? "" : ", ") + kind + " " + std::to_string(count);
    out += (out.empty() ? "" : "; ") + name + " (" + what + ")";
  }
  return out.empty() ? "nobody" : out;
}

// Proofs that anyone can check, and what only this node has seen.
void print_accused(const std::string& url, const json::value& status) {
  const json::value evidence = rpc_call(url, "ol_evidence");
  const json::value observations = rpc_call(url, "ol_observations");
  std::cout << "proven to break the rules (ol_evidence): "
            << accused(status, evidence.as_array(), "validator") << '\n'
            << "seen to leave others out (ol_observations): "
            << accused(status, observations.as_array(), "proposer") << '\n';
}

void show_status(const std::string& url, bool as_json) {
  json::value status = rpc_call(url, "ol_status");
  const json::value consensus = rpc_call(url, "ol_consensusState");
  const json::value peers = rpc_call(url, "ol_peers");
  if (as_json) {
    status.as_object()["consensus"] = consensus;
    status.as_object()["network"] = {{"reachedWeight", peers.at("reachedWeight")},
                                     {"quorumReached", peers.at("quorumReached")}};
    std::cout << json::serialize(status) << '\n';
    return;
  }
  for (const auto& [key, value] : status.as_object())
    print_member(key, value);
  std::cout << "weight reached: " << json::serialize(peers.at("reachedWeight")) << " of "
            << json::serialize(peers.at("totalWeight"))
            << (peers.at("quorumReached").as_bool() ? ", a quorum\n" : ", NO QUORUM\n");
  print_consensus(status, consensus);
  print_accused(url, status);
}

/// What changes from second to second, on one line each. A node that does not answer is said so and
/// asked again: who watches a restart wants to see its end.
void watch_status(const std::string& url) {
  std::optional<std::uint64_t> before;
  for (;;) {
    try {
      const json::value status = rpc_call(url, "ol_status");
      const json::value consensus = rpc_call(url, "ol_consensusState");
      const std::uint64_t height = status.at("height").to_number<std::uint64_t>();
      std::cout << "height " << height << "  blocks/s " << (before ? height - *before : 0)
                << "  view " << json::serialize(consensus.at("view")) << "  finality "
                << text_of(status.at("finalityMs")) << " ms  peers "
                << status.at("peers").as_array().size() << "  waiting for "
                << text_of(consensus.at("waiting").at("text")) << std::endl;
      before = height;
    } catch (const CommandError& error) {
      std::cout << error.what() << std::endl;
    }
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
}

}  // namespace

void add_status(CLI::App& app) {
  auto url = std::make_shared<std::string>("http://127.0.0.1:8545");
  auto as_json = std::make_shared<bool>(false);
  auto watch = std::make_shared<bool>(false);
  auto* command = app.add_subcommand("status", "Show where a node stands and what it waits for");
  command->add_option("--rpc", *url, "The node's JSON-RPC address")->capture_default_str();
  auto* json_flag = command->add_flag(
      "--json", *as_json,
      "Print ol_status, with ol_consensusState as \"consensus\" and what ol_peers "
      "says of the quorum as \"network\"");
  command->add_flag("--watch", *watch, "A line each second until interrupted")->excludes(json_flag);
  command->callback([url, as_json, watch] {
    if (*watch) return watch_status(*url);
    show_status(*url, *as_json);
  });
}

}  // namespace ol::app
