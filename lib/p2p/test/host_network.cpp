#include "host_network.hpp"

namespace ol::p2p::testing {
namespace {

HostConfig with_address(HostConfig config, const Multiaddr& address) {
  config.announced = {address};
  return config;
}

Multiaddr address_of(std::uint8_t number) {
  const std::array<std::uint8_t, 4> ip{10, 0, number, 1};
  return Multiaddr::tcp(ip, 4001);
}

std::span<const std::string_view> muxers() {
  static constexpr std::string_view kMuxers[] = {kYamuxProtocol};
  return kMuxers;
}

}  // namespace

TestHost::TestHost(std::uint8_t number, const HostConfig& config, TimePoint now)
    : key(identity_key(number)),
      identity(key, exchange_key(number), muxers()),
      random(number),
      host(
          with_address(config, address_of(number)), identity, key.public_key(),
          [this](std::span<std::uint8_t> out) {
            for (std::uint8_t& byte : out)
              byte = static_cast<std::uint8_t>(random());
          },
          now),
      identify(host, key, 1),
      ping(host),
      address(address_of(number)) {
  host.set_observer(*this);
}

void TestHost::on_ready(ConnectionId connection, const PeerId&) {
  if (close_when_ready == 0) return;
  close_when_ready -= 1;
  host.close(connection, EndReason::Local, "one too many");
}

void TestHost::on_identified(const PeerId& peer, const PeerInfo&) {
  identified.insert(peer);
}

void TestHost::on_ended(ConnectionId, const std::optional<PeerId>&, EndReason reason,
                        const std::string& text) {
  ended.push_back(std::string(reason_name(reason)) + ": " + text);
}

TestHost& HostNetwork::add(HostConfig config) {
  config.profile = AddressProfile::Local;
  hosts_.push_back(
      std::make_unique<TestHost>(static_cast<std::uint8_t>(hosts_.size() + 1), config, now_));
  return *hosts_.back();
}

void HostNetwork::start_dials(TestHost& host) {
  if (hold_dials_ || held_ == &host) return;
  while (const auto request = host.host.next_dial()) {
    TestHost* target = nullptr;
    for (const auto& other : hosts_) {
      if (other->address.tcp_target() == request->target) target = other.get();
    }
    const auto accepted = target == nullptr
                              ? std::nullopt
                              : std::optional(target->host.on_accepted(host.address, now_));
    if (!accepted || !*accepted) {
      host.host.on_lost(request->id, EndReason::ConnectFailed,
                        accepted ? refusal_name(accepted->error()) : "nobody listens", now_);
      continue;
    }
    links_[{&host, request->id}] = {target, **accepted};
    links_[{target, **accepted}] = {&host, request->id};
    host.host.on_connected(request->id, target->address, now_);
  }
}

void HostNetwork::deliver(End to, ByteView bytes) {
  while (!bytes.empty()) {
    const ByteView part = bytes.first(std::min(piece_bytes_, bytes.size()));
    bytes = bytes.subspan(part.size());
    to.host->host.on_received(to.id, part, now_);
  }
}

bool HostNetwork::carry(TestHost& host) {
  bool carried = false;
  for (const ConnectionId id : host.host.take_dirty()) {
    const auto link = links_.find({&host, id});
    if (link == links_.end()) continue;
    Bytes out;
    host.host.poll_transmit(id, out, now_);
    host.host.on_written(id, now_);
    carried = carried || !out.empty();
    deliver(link->second, out);
  }
  return carried;
}

bool HostNetwork::finish(TestHost& host) {
  bool finished_any = false;
  while (const auto finished = host.host.next_finished()) {
    finished_any = true;
    const auto link = links_.find({&host, finished->id});
    if (link == links_.end()) continue;
    const End other = link->second;
    links_.erase(link);
    links_.erase(other);
    deliver(other, finished->last_bytes);
    other.host->host.on_lost(other.id, EndReason::ConnectionLost, "closed by the peer", now_);
  }
  return finished_any;
}

void HostNetwork::run() {
  for (bool busy = true; busy;) {
    busy = false;
    for (const auto& host : hosts_) {
      start_dials(*host);
      busy = carry(*host) || busy;
      busy = finish(*host) || busy;
    }
  }
}

void HostNetwork::advance(Duration time) {
  const TimePoint end = now_ + time;
  while (now_ < end) {
    now_ += std::min<Duration>(std::chrono::milliseconds{100}, end - now_);
    for (const auto& host : hosts_)
      host->host.tick(now_);
    run();
  }
}

void HostNetwork::connect(TestHost& from, TestHost& to) {
  static_cast<void>(from.host.dial(to.address.with_peer(to.id())));
  run();
}

}  // namespace ol::p2p::testing
