// ol_peers: docs/protocol/json-rpc.md.
#include "rpc_peers.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "node_impl.hpp"

namespace ol::node {
namespace {

namespace json = boost::json;

json::object ban_json(const p2p::BanState& ban) {
  return {{"reason", ban.reason}, {"leftMs", ban.left.count()}};
}

json::object peer_json(const p2p::PeerCounters& peer, const primitives::ValidatorSet& set) {
  json::object out{{"id", peer.peer.text()},
                   {"connected", peer.connected},
                   {"linked", peer.linked},
                   {"configured", peer.configured},
                   {"validator", nullptr},
                   {"address", peer.address},
                   {"direction", peer.direction == p2p::Direction::Inbound ? "in" : "out"},
                   {"agent", peer.agent},
                   {"roundTripUs", nullptr},
                   {"silentMs", peer.silent.count()},
                   {"streams", peer.streams},
                   {"score", peer.score},
                   {"queueBytes", peer.queue_bytes},
                   {"connects", peer.connects},
                   {"ban", nullptr}};
  if (const auto index = set.index_of_network_key(peer.peer.key())) {
    out["validator"] = index->value();
  }
  if (peer.rtt) out["roundTripUs"] = peer.rtt->count();
  if (peer.ban) out["ban"] = ban_json(*peer.ban);
  return out;
}

}  // namespace

std::string peers_json(const p2p::PeerId& self, const p2p::NetworkCounters& network,
                       const primitives::ValidatorSet& set, const Reach& reach) {
  json::array peers;
  // A validator's own place is in the table; a node is no peer of its own.
  for (const p2p::PeerCounters& peer : network.peers) {
    if (peer.peer != self) peers.emplace_back(peer_json(peer, set));
  }
  json::array bans;
  for (const p2p::BannedPeer& banned : network.bans) {
    json::object entry{{"id", banned.peer.text()}};
    for (const auto& field : ban_json(banned.ban))
      entry.insert(field);
    bans.emplace_back(std::move(entry));
  }
  return json::serialize(json::object{{"self", self.text()},
                                      {"reachedWeight", reach.weight},
                                      {"totalWeight", reach.total},
                                      {"quorumReached", reach.is_quorum},
                                      {"knownPeers", network.known_peers},
                                      {"peers", std::move(peers)},
                                      {"banned", network.banned},
                                      {"bans", std::move(bans)}});
}

void add_peer_methods(rpc::Registry& registry, const Node::Impl& node) {
  registry.add("ol_peers", [&node](const rpc::Params& params) -> rpc::RpcResult {
    OL_TRY_VOID(params.at_most(0));
    const ConsensusView view = node.consensus_view();
    return peers_json(node.network_->local_id(), node.network_->counters(), *view.set,
                      node.reach());
  });
}

}  // namespace ol::node
