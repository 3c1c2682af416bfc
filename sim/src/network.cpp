#include <ol/sim/network.hpp>

#include <utility>

namespace ol::sim {
namespace {

constexpr std::uint64_t kRetryConnectUs = 200'000;
constexpr std::uint64_t kSpikeFactor = 25;

}  // namespace

Network::Network(std::uint32_t nodes, EventQueue& queue, Random random, FaultCounts& faults,
                 NetworkUser& user)
    : nodes_(nodes),
      queue_(queue),
      random_(random),
      faults_(faults),
      user_(user),
      links_(std::size_t{nodes} * nodes),
      pairs_(std::size_t{nodes} * nodes) {}

void Network::send(std::uint32_t from, std::uint32_t to, p2p::Channel channel, Message bytes) {
  if (!pair(from, to).connected) return;
  Link& path = link(from, to);
  if (path.cut == Cut::Drop) {
    faults_.note(Fault::CutDropped);
    return;
  }
  if (path.cut == Cut::Hold) {
    faults_.note(Fault::CutHeld);
    path.held.push_back({channel, std::move(bytes)});
    return;
  }
  if (random_.chance(conditions.loss_per_mille)) {
    faults_.note(Fault::Loss);
    return;
  }
  schedule(from, to, channel, bytes);
  if (random_.chance(conditions.duplicate_per_mille)) {
    faults_.note(Fault::Duplicate);
    schedule(from, to, channel, bytes);
  }
}

void Network::schedule(std::uint32_t from, std::uint32_t to, p2p::Channel channel,
                       const Message& bytes) {
  Link& path = link(from, to);
  std::uint64_t delay =
      conditions.base_us + path.extra_us + random_.below(conditions.jitter_us + 1);
  if (random_.chance(conditions.spike_per_mille)) {
    faults_.note(Fault::DelaySpike);
    delay *= 1 + random_.below(kSpikeFactor);
  }
  std::uint64_t at = queue_.now_us() + delay;
  std::uint64_t& last = path.last_us[p2p::channel_index(channel)];
  if (!conditions.reorder) at = std::max(at, last);
  if (at < last) faults_.note(Fault::Reorder);
  last = std::max(last, at);
  const std::uint64_t epoch = pair(from, to).epoch;
  queue_.at(at, [this, from, to, channel, bytes, epoch] {
    const Pair& now = pair(from, to);
    if (!now.connected || now.epoch != epoch) return;
    user_.deliver(from, to, channel, *bytes);
  });
}

void Network::cut(std::uint32_t from, std::uint32_t to, Cut how) {
  Link& path = link(from, to);
  path.cut = how;
  if (how == Cut::Hold) return;
  std::vector<Held> held = std::move(path.held);
  path.held.clear();
  if (how == Cut::Drop || !pair(from, to).connected) return;
  for (const Held& one : held)
    schedule(from, to, one.channel, one.bytes);
}

void Network::heal() {
  for (std::uint32_t a = 0; a < nodes_; ++a) {
    for (std::uint32_t b = 0; b < nodes_; ++b) {
      if (a == b) continue;
      link(a, b).extra_us = 0;
      cut(a, b, Cut::Open);
      if (a < b) connect_later(a, b, 1000 + random_.below(100'000));
    }
  }
}

void Network::reset(std::uint32_t a, std::uint32_t b) {
  Pair& both = pair(a, b);
  if (!both.connected) return;
  both.connected = false;
  ++both.epoch;
  faults_.note(Fault::Reset);
  for (Link* path : {&link(a, b), &link(b, a)}) {
    path->held.clear();
    path->last_us = {};
  }
  user_.disconnected(a, b);
}

void Network::connect_later(std::uint32_t a, std::uint32_t b, std::uint64_t delay_us) {
  Pair& both = pair(a, b);
  if (both.connected || both.connecting || both.forbidden) return;
  both.connecting = true;
  queue_.after(delay_us, [this, a, b] { try_connect(a, b); });
}

void Network::try_connect(std::uint32_t a, std::uint32_t b) {
  Pair& both = pair(a, b);
  both.connecting = false;
  // A node that is down asks again when it is back.
  if (!user_.is_up(a) || !user_.is_up(b)) return;
  if (link(a, b).cut != Cut::Open || link(b, a).cut != Cut::Open) {
    connect_later(a, b, kRetryConnectUs);
    return;
  }
  both.connected = true;
  user_.connected(a, b);
}

void Network::forbid(std::uint32_t a, std::uint32_t b) {
  pair(a, b).forbidden = true;
}

}  // namespace ol::sim
