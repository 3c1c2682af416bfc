#pragma once

#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <ol/p2p/identify.hpp>
#include <ol/p2p/ping.hpp>

#include "test_keys.hpp"

namespace ol::p2p::testing {

/// A host with identify and ping, and a log of what it reported.
struct TestHost final : HostObserver {
  TestHost(std::uint8_t number, const HostConfig& config, TimePoint now);

  void on_ready(ConnectionId id, const PeerId& peer) override;
  void on_identified(const PeerId& peer, const PeerInfo& info) override;
  void on_ended(ConnectionId id, const std::optional<PeerId>& peer, EndReason reason,
                const std::string& text) override;

  [[nodiscard]] const PeerId& id() const { return host.self(); }

  IdentityKey key;
  NoiseIdentity identity;
  std::mt19937_64 random;
  Host host;
  IdentifyProtocol identify;
  PingProtocol ping;
  Multiaddr address;
  std::vector<std::string> ended;  // "reason: text"
  std::set<PeerId> identified;
  std::size_t close_when_ready = 0;  // so many connections
};

/// Hosts on simulated sockets: every byte sent arrives in order and at once, in pieces of
/// `piece_bytes`. The clock moves only by `advance`.
class HostNetwork {
 public:
  explicit HostNetwork(std::size_t piece_bytes = SIZE_MAX) : piece_bytes_(piece_bytes) {}

  TestHost& add(HostConfig config = {});
  TestHost& at(std::size_t index) { return *hosts_[index]; }

  /// Dials and carries bytes until all are silent.
  void run();
  /// Moves the clock in steps of 100 ms, running after each.
  void advance(Duration time);
  [[nodiscard]] TimePoint now() const { return now_; }
  /// `from` dials `to` by its address, and everything runs.
  void connect(TestHost& from, TestHost& to);
  /// While held, dials wait, so that two can cross.
  void hold_dials(bool hold) { hold_dials_ = hold; }
  /// Only those of one host; null for none.
  void hold_dials_of(const TestHost* host) { held_ = host; }
  [[nodiscard]] std::size_t sockets() const { return links_.size() / 2; }

 private:
  struct End {
    TestHost* host = nullptr;
    ConnectionId id = 0;

    friend auto operator<=>(const End&, const End&) = default;
  };

  void start_dials(TestHost& host);
  [[nodiscard]] bool finish(TestHost& host);
  [[nodiscard]] bool carry(TestHost& host);
  void deliver(End to, ByteView bytes);

  std::size_t piece_bytes_;
  TimePoint now_{std::chrono::hours{1}};
  bool hold_dials_ = false;
  const TestHost* held_ = nullptr;
  std::vector<std::unique_ptr<TestHost>> hosts_;
  std::map<End, End> links_;
};

}  // namespace ol::p2p::testing
