// web3_*, net_*, the parts of eth_* that describe the node, and ol_status.
#include <boost/json/array.hpp>

#include <ol/crypto/hash.hpp>

#include "json_out.hpp"
#include "methods.hpp"

namespace ol::rpc {
namespace {

namespace json = boost::json;

template <typename T>
json::value or_null(const std::optional<T>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}

json::array peers_json(const NodeStatus& status) {
  json::array out;
  for (const PeerStatus& peer : status.peers) {
    out.emplace_back(json::object{{"id", peer.id},
                                  {"address", peer.address},
                                  {"direction", peer.inbound ? "inbound" : "outbound"},
                                  {"validator", or_null(peer.validator)}});
  }
  return out;
}

json::array validators_json(const NodeStatus& status) {
  json::array out;
  for (const ValidatorStatus& validator : status.validators) {
    out.emplace_back(json::object{{"index", validator.index},
                                  {"name", validator.name},
                                  {"weight", validator.weight},
                                  {"feeRecipient", data(validator.fee_recipient)}});
  }
  return out;
}

json::object status_json(const Backend& backend) {
  const NodeStatus status = backend.status();
  json::object out;
  out["chainId"] = backend.chain_id();
  out["chainName"] = status.chain_name;
  out["profile"] = status.profile;
  out["version"] = backend.client_version();
  out["height"] = status.height;
  out["blockHash"] = data(status.block);
  out["evmBlockHash"] = data(status.evm_block);
  out["committedTimeMs"] = status.committed_time_ms;
  out["finalityMs"] = status.finality_ms;
  out["epoch"] = status.epoch;
  out["view"] = status.view;
  out["leader"] = status.leader;
  out["validator"] = or_null(status.validator);
  out["syncing"] = backend.sync_status().has_value();
  out["peers"] = peers_json(status);
  out["validators"] = validators_json(status);
  out["budgets"] = {{"totalWeight", status.total_weight},
                    {"quorumWeight", status.quorum_weight},
                    {"byzantineWeight", status.byzantine_budget},
                    {"crashWeight", status.crash_budget}};
  return out;
}

std::string sync_json(const Backend& backend) {
  const auto sync = backend.sync_status();
  if (!sync) return "false";
  return json::serialize(json::object{{"startingBlock", quantity(sync->starting)},
                                      {"currentBlock", quantity(sync->current)},
                                      {"highestBlock", quantity(sync->highest)}});
}

// A method without arguments whose answer cannot fail.
template <typename Answer>
Handler plain(Answer answer) {
  return [answer](const Params& params) -> RpcResult {
    OL_TRY_VOID(params.at_most(0));
    return answer();
  };
}

RpcResult web3_sha3(const Params& params) {
  OL_TRY_VOID(params.at_most(1));
  OL_TRY(const Bytes bytes, params.data(0));
  return quoted(data(crypto::keccak256(bytes)));
}

}  // namespace

void add_node_methods(Registry& registry, const Backend& backend) {
  const Backend* node = &backend;
  registry.add("web3_clientVersion",
               plain([node] { return json::serialize(json::value(node->client_version())); }));
  registry.add("web3_sha3", web3_sha3);
  registry.add("net_version", plain([node] { return quoted(std::to_string(node->chain_id())); }));
  registry.add("net_listening", plain([] { return std::string("true"); }));
  registry.add("net_peerCount", plain([node] { return quoted(quantity(node->peer_count())); }));
  registry.add("eth_chainId", plain([node] { return quoted(quantity(node->chain_id())); }));
  registry.add("eth_syncing", plain([node] { return sync_json(*node); }));
  registry.add("eth_blockNumber",
               plain([node] { return quoted(quantity(node->head()->header.number)); }));
  registry.add("eth_accounts", plain([] { return std::string("[]"); }));
  registry.add("ol_status", plain([node] { return json::serialize(status_json(*node)); }));
}

}  // namespace ol::rpc
