#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <ol/p2p/link.hpp>
#include <ol/p2p/link_network.hpp>

/// Real networks on the loopback interface, and a hand-driven peer to hurt them with.
namespace ol::p2p::testing {

/// Nothing in these tests takes longer unless it is broken.
inline constexpr std::chrono::seconds kDeadline{30};

/// Everything the handler of a node was told.
struct Record {
  struct Message {
    PeerId peer;
    Channel channel;
    Bytes payload;
  };

  std::map<PeerId, Direction> connected;
  std::vector<PeerId> connects;
  std::vector<std::pair<PeerId, CloseReason>> disconnects;
  std::vector<LinkFailure> failures;
  std::vector<Message> messages;
  std::map<PeerId, std::string> hellos;
};

/// A Network with its thread. The inherited record may be read inside wait() and after stop();
/// elsewhere `seen()` gives a copy.
class TestNode : private NetworkHandler, public Record {
 public:
  /// Starts at once on a port of the system's choice unless the configuration names one.
  TestNode(std::uint8_t key, NetworkConfig config = {});
  ~TestNode() override;

  [[nodiscard]] Network& network() { return *network_; }
  [[nodiscard]] const PeerId& id() const { return network_->local_id(); }
  [[nodiscard]] PeerEndpoint endpoint() const;

  /// Stops the network and waits for its thread.
  void stop();

  /// Whether `condition` came true in time. It is evaluated under the record's lock.
  [[nodiscard]] bool wait(const std::function<bool()>& condition);
  [[nodiscard]] bool wait_connected(const PeerId& peer);

  /// A copy of the record as it is now. Not inside wait(), which holds the lock.
  [[nodiscard]] Record seen();
  [[nodiscard]] std::optional<PeerCounters> peer_counters(const PeerId& peer) const;

  void set_check(std::function<std::optional<std::string>(ByteView)> check);
  void set_flow(std::function<Flow(const Message&)> flow);

 private:
  std::optional<std::string> check_hello(const PeerId& peer, ByteView hello) override;
  void on_peer_connected(const PeerId& peer, Direction direction) override;
  void on_peer_disconnected(const PeerId& peer, const CloseReason& reason) override;
  Flow on_message(const PeerId& peer, Channel channel, Bytes payload) override;
  void on_link_failed(const LinkFailure& failure) override;

  std::mutex mutex_;
  std::function<std::optional<std::string>(ByteView)> check_;
  std::function<Flow(const Message&)> flow_;
  std::condition_variable changed_;
  std::unique_ptr<Network> network_;
  std::thread thread_;
};

/// What a node has lived through, for the message of a test that fails.
[[nodiscard]] std::string describe(TestNode& node);

/// A blocking TCP socket with an honest Link behind it, driven by the test step by step. It reads
/// only when asked to.
class RawPeer {
 public:
  RawPeer(std::uint8_t key, const PeerEndpoint& target);
  ~RawPeer();
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;

  /// Goes on until both sides are ready.
  [[nodiscard]] bool open(std::string_view hello = "");
  /// Writes what the link has to send.
  void flush();
  void write(ByteView bytes);
  /// Reads until the link has an event; nothing once the connection is closed.
  [[nodiscard]] std::optional<LinkEvent> next_event();
  /// Reads until the peer closes the connection.
  [[nodiscard]] bool closed_by_peer();

  Link& link() { return link_; }

 private:
  [[nodiscard]] bool read_some();

  NoiseIdentity identity_;
  Link link_;
  int socket_;
};

}  // namespace ol::p2p::testing
