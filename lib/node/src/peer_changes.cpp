#include "peer_changes.hpp"

namespace ol::node {

void PeerChanges::wait(States::iterator at) {
  if (at->second.waits) return;
  at->second.waits = true;
  waiting_.push_back(at->first);
}

void PeerChanges::connected(const p2p::PeerId& peer) {
  const MutexLock lock(mutex_);
  const auto at = states_.try_emplace(peer).first;
  at->second.connected = true;
  wait(at);
}

void PeerChanges::disconnected(const p2p::PeerId& peer) {
  const MutexLock lock(mutex_);
  const auto at = states_.find(peer);
  if (at == states_.end()) return;
  at->second.connected = false;
  if (at->second.told) {
    at->second.lost = true;
    wait(at);
    return;
  }
  std::erase(waiting_, peer);
  states_.erase(at);
}

std::optional<PeerChanges::Change> PeerChanges::next() {
  const MutexLock lock(mutex_);
  if (waiting_.empty()) return std::nullopt;
  const p2p::PeerId peer = waiting_.front();
  const auto at = states_.find(peer);
  State& state = at->second;
  const Change change{peer, !state.lost};
  state.told = change.connected;
  state.lost = false;
  // A new connection waits behind the loss of the old one.
  if (!change.connected && state.connected) return change;
  waiting_.pop_front();
  state.waits = false;
  if (!state.connected) states_.erase(at);
  return change;
}

std::size_t PeerChanges::size() const {
  const MutexLock lock(mutex_);
  return states_.size();
}

}  // namespace ol::node
