#include <ol/node/early_messages.hpp>

#include <algorithm>

namespace ol::node {

void EarlyMessages::keep(const p2p::PeerId& peer, From from, ByteView bytes) {
  if (bytes.size() > kMessageBytesMax) return;
  Part& part = parts_[static_cast<std::size_t>(from)];
  const std::size_t cost = bytes.size() + kOverhead;
  const auto at = part.lanes.try_emplace(peer).first;
  at->second.messages.push_back({next_number_++, to_bytes(bytes)});
  at->second.cost += cost;
  part.cost += cost;
  while (at->second.cost > kPeerCostMax)
    drop_oldest(part, at);
  // The newcomer counts: a flooder pushes out its own.
  while (part.cost > kCostMax) {
    drop_oldest(part, std::ranges::max_element(part.lanes, {},
                                               [](const auto& lane) { return lane.second.cost; }));
  }
}

void EarlyMessages::drop_oldest(Part& part, std::map<p2p::PeerId, Lane>::iterator at) {
  Lane& lane = at->second;
  const std::size_t cost = lane.messages.front().bytes.size() + kOverhead;
  lane.messages.pop_front();
  lane.cost -= cost;
  part.cost -= cost;
  if (lane.messages.empty()) part.lanes.erase(at);
}

std::vector<EarlyMessages::Message> EarlyMessages::take_all() {
  std::map<std::uint64_t, Message> ordered;
  for (Part& part : std::exchange(parts_, {})) {
    for (auto& [peer, lane] : part.lanes) {
      for (Kept& one : lane.messages)
        ordered.emplace(one.number, Message{peer, std::move(one.bytes)});
    }
  }
  std::vector<Message> out;
  out.reserve(ordered.size());
  for (auto& [number, message] : ordered)
    out.push_back(std::move(message));
  return out;
}

std::size_t EarlyMessages::size() const {
  std::size_t out = 0;
  for (const Part& part : parts_) {
    for (const auto& [peer, lane] : part.lanes)
      out += lane.messages.size();
  }
  return out;
}

}  // namespace ol::node
