// Where StackNetwork finds peers that nobody configured: what they say of themselves, kept from run
// to run. Format of the file: docs/protocol/p2p.md.
#include <fstream>

#include <ol/base/check.hpp>

#include "stack_network.hpp"

namespace ol::p2p {
namespace {

constexpr std::size_t kStoredPeersMax = 1000;

std::optional<PeerEndpoint> endpoint_of(const PeerId& peer, const Multiaddr& address) {
  const auto target = address.tcp_target();
  if (!target || !target->is_literal()) return std::nullopt;
  return PeerEndpoint{peer, target->host, target->port};
}

Multiaddr address_of(const PeerEndpoint& endpoint) {
  const char* const kind = endpoint.host.find(':') == std::string::npos ? "/ip4/" : "/ip6/";
  auto address =
      Multiaddr::from_text(kind + endpoint.host + "/tcp/" + std::to_string(endpoint.port));
  OL_CHECK(address.has_value(), "a learnt endpoint came from a literal address");
  return address->with_peer(endpoint.id);
}

}  // namespace

// Only of peers that are allowed: strangers have no claim to be dialled again.
void StackNetwork::learn_endpoint(const PeerId& id, const PeerInfo& info) {
  PeerEntry* const entry = peers_.find(id);
  if (entry == nullptr || !entry->allowed || (entry->endpoint && !entry->learnt)) return;
  std::vector<PeerEndpoint> endpoints;
  for (const Multiaddr& address : info.addresses) {
    if (!address.is_dialable(config_.profile)) continue;
    if (const auto endpoint = endpoint_of(id, address)) endpoints.push_back(*endpoint);
  }
  if (endpoints.empty()) return;
  PeerTable::learn(*entry, std::move(endpoints));
  reserve_places();
}

void StackNetwork::load_peer_store() {
  if (config_.peer_store.empty()) return;
  std::ifstream in(config_.peer_store);
  std::string line;
  // Lines that do not parse are passed over: the file saves time and decides nothing.
  for (std::size_t i = 0; i < kStoredPeersMax && std::getline(in, line); ++i) {
    const auto address = Multiaddr::from_text(line);
    const auto peer = address ? address->peer() : std::nullopt;
    PeerEntry* const entry = peer ? peers_.find(*peer) : nullptr;
    if (entry == nullptr || !entry->allowed || *peer == self_) continue;
    if (!address->is_dialable(config_.profile)) continue;
    entry->endpoint = endpoint_of(*peer, *address);
    entry->learnt = entry->endpoint.has_value();
  }
}

void StackNetwork::save_peer_store() const {
  if (config_.peer_store.empty()) return;
  const std::filesystem::path fresh = config_.peer_store.string() + ".new";
  {
    std::ofstream out(fresh, std::ios::trunc);
    std::size_t count = 0;
    for (const auto& [id, peer] : peers_.all()) {
      if (!peer.learnt || count++ == kStoredPeersMax) continue;
      out << address_of(*peer.endpoint).text() << '\n';
    }
    out.flush();
    if (!out) return;
  }
  // Half a file is never seen; a failure costs the next start a search.
  std::error_code ignored;
  std::filesystem::rename(fresh, config_.peer_store, ignored);
}

}  // namespace ol::p2p
