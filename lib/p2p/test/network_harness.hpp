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

#include <ol/p2p/delimited.hpp>
#include <ol/p2p/identify.hpp>
#include <ol/p2p/muxed_connection.hpp>
#include <ol/p2p/ping.hpp>
#include <ol/p2p/stack_network.hpp>
#include <ol/p2p/tcp_host.hpp>

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

  struct Gossip {
    PeerId from;
    std::string id;
    std::string text;
  };

  std::map<PeerId, Direction> connected;
  std::vector<PeerId> connects;
  std::vector<std::pair<PeerId, CloseReason>> disconnects;
  std::vector<LinkFailure> failures;
  std::vector<Message> messages;
  std::vector<Gossip> gossip;
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
  void set_verdict(std::function<std::optional<GossipVerdict>(ByteView)> verdict);
  void set_flow(std::function<Flow(const Message&)> flow);

 private:
  std::optional<std::string> check_hello(const PeerId& peer, ByteView hello) override;
  void on_peer_connected(const PeerId& peer, Direction direction) override;
  void on_peer_disconnected(const PeerId& peer, const CloseReason& reason) override;
  Flow on_message(const PeerId& peer, Channel channel, Bytes payload) override;
  void on_link_failed(const LinkFailure& failure) override;
  std::optional<GossipVerdict> on_gossip(const PeerId& from, const std::string& topic,
                                         const std::string& id, ByteView payload) override;

  std::mutex mutex_;
  std::function<std::optional<std::string>(ByteView)> check_;
  std::function<Flow(const Message&)> flow_;
  std::function<std::optional<GossipVerdict>(ByteView)> verdict_;
  std::condition_variable changed_;
  std::unique_ptr<Network> network_;
  std::thread thread_;
};

/// What a node has lived through, for the message of a test that fails.
[[nodiscard]] std::string describe(TestNode& node);

/// A host that speaks identify and ping and nothing of ours, which dials a node and stays.
class PlainPeer {
 public:
  PlainPeer(std::uint8_t key, const PeerEndpoint& target);
  ~PlainPeer();

 private:
  IdentityKey key_;
  TcpHost tcp_;
  IdentifyProtocol identify_;
  PingProtocol ping_;
  std::thread thread_;
};

/// A blocking TCP socket with an honest connection behind it that speaks the consensus protocol,
/// driven by the test step by step. It reads only when asked to.
class SocketPeer {
 public:
  /// @param from  The address of this machine that it comes from; empty: the system picks one.
  SocketPeer(std::uint8_t key, const PeerEndpoint& target, const std::string& from = {});
  ~SocketPeer();
  SocketPeer(const SocketPeer&) = delete;
  SocketPeer& operator=(const SocketPeer&) = delete;

  /// Goes on until the connection is secured and the streams of both sides are there.
  [[nodiscard]] bool connect();
  /// And until both sides are ready.
  [[nodiscard]] bool open(std::string_view hello = "");
  void write(ByteView bytes);
  /// Sends a message on our consensus stream, whatever its first byte, the channel, says.
  void send(ByteView message);
  /// Goes on until the connection is secured, and then says nothing that is not asked for.
  [[nodiscard]] bool secure();
  /// Opens a sync stream, or one of another protocol, and sends bytes on it.
  void send_sync(ByteView bytes);
  void send_on(const std::string& protocol, ByteView bytes);
  /// Opens a stream for any protocol.
  void ask_for(const std::string& protocol);
  /// Sends bytes on our consensus stream as they are.
  void send_raw(ByteView bytes);
  /// Reads until the node says goodbye or closes: why it did, nothing without a goodbye.
  [[nodiscard]] std::optional<CloseReason> goodbye();
  /// Pings of the node that were read.
  [[nodiscard]] std::size_t pings() const { return pings_; }
  /// Reads until the node closes the connection, and answers nothing.
  [[nodiscard]] bool closed_by_peer();

 private:
  /// What comes next, nothing at the end.
  [[nodiscard]] Bytes receive();
  [[nodiscard]] bool read_some();
  void flush();
  void drain();
  void take(ByteView message);

  NoiseIdentity identity_;
  ProtocolSet accepted_;
  MuxedConnection connection_;
  std::optional<StreamId> out_;
  bool out_agreed_ = false;
  std::optional<StreamId> in_;
  DelimitedReader reader_{std::size_t{5} << 20};
  bool heard_hello_ = false;
  bool heard_ready_ = false;
  std::size_t pings_ = 0;
  std::optional<CloseReason> goodbye_;
  int socket_;
};

}  // namespace ol::p2p::testing
