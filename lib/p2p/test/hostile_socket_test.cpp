// Peers that attack a host over real sockets.
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <mutex>
#include <thread>

#include <ol/p2p/tcp_host.hpp>

#include "attacker.hpp"
#include "network_harness.hpp"

namespace ol::p2p {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::RawDialler;
using testing::yamux_header;

/// A host on a loopback socket that remembers how its connections ended.
class Running final : public HostObserver {
 public:
  Running(std::uint8_t number, const HostConfig& config)
      : key_(testing::identity_key(number)), tcp_(config, key_), ping_(tcp_.host()) {
    tcp_.host().set_observer(*this);
    address_ = *tcp_.listen(*Multiaddr::from_text("/ip4/127.0.0.1/tcp/0"));
    thread_ = std::thread([this] { tcp_.run(); });
  }
  ~Running() override {
    tcp_.stop();
    thread_.join();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  [[nodiscard]] const Multiaddr& address() const { return *address_; }

  template <typename Task>
  auto on_thread(Task task) {
    std::packaged_task<decltype(task(std::declval<Host&>()))()> packaged(
        [this, &task] { return task(tcp_.host()); });
    auto result = packaged.get_future();
    tcp_.post([&packaged] { packaged(); });
    return result.get();
  }

  /// Dials and pings; whether the ping was answered.
  bool ping(const Running& other, const PeerId& id) {
    std::promise<bool> promise;
    auto answered = promise.get_future();
    on_thread([&](Host& host) { return host.dial(other.address().with_peer(id)).has_value(); });
    wait_until([&](Host& host) { return host.is_connected(id); });
    on_thread([&](Host&) {
      ping_.ping(id, [&](const PeerId&, const Result<Duration, std::string>& result) {
        promise.set_value(result.has_value());
      });
      return true;
    });
    return answered.get();
  }

  template <typename Reached>
  void wait_until(Reached reached) {
    while (!on_thread(reached))
      std::this_thread::yield();
  }
  /// How often a connection ended for this reason.
  std::uint64_t endings(const std::string& reason) {
    return on_thread([&](Host& host) {
      const auto at = host.endings().find(reason);
      return at == host.endings().end() ? 0 : at->second;
    });
  }

 private:
  IdentityKey key_;
  TcpHost tcp_;
  PingProtocol ping_;
  std::optional<Multiaddr> address_;
  std::thread thread_;
};

/// A blocking socket to a host.
class Raw {
 public:
  explicit Raw(const Running& host) : Raw(host.address().tcp_target()->port) {}
  explicit Raw(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(port);
    const auto* const address = reinterpret_cast<const sockaddr*>(&to);
    OL_CHECK(::connect(socket_, address, sizeof to) == 0, "the host listens");
  }
  Raw(Raw&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
  Raw& operator=(Raw&&) = delete;
  ~Raw() {
    if (socket_ >= 0) ::close(socket_);
  }

  void send(ByteView bytes) const {
    static_cast<void>(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }
  /// What comes next; empty at the end.
  [[nodiscard]] Bytes receive() const {
    Bytes out(65536);
    const auto got = ::recv(socket_, out.data(), out.size(), 0);
    out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return out;
  }
  /// Reads until the host closes the connection. A host that never does hangs the test.
  void wait_for_end() const {
    while (!receive().empty()) {
    }
  }
  [[nodiscard]] bool has_ended() const {
    std::uint8_t byte = 0;
    return ::recv(socket_, &byte, 1, MSG_DONTWAIT) == 0;
  }

 private:
  int socket_;
};

/// A raw socket with the handshake done.
std::unique_ptr<RawDialler> secure(const Raw& socket, std::uint8_t number) {
  auto peer = std::make_unique<RawDialler>(number);
  socket.send(peer->take_output());
  while (!peer->is_secured()) {
    peer->receive(socket.receive());
    socket.send(peer->take_output());
  }
  return peer;
}

HostConfig local() {
  HostConfig out;
  out.profile = AddressProfile::Local;
  return out;
}

TEST(HostileSocket, connections_that_say_nothing_are_closed_and_block_nobody) {
  HostConfig config = local();
  config.times.upgrade = seconds(4);
  Running victim(1, config);
  Running honest(2, local());
  ASSERT_TRUE(honest.ping(victim, testing::peer_id(1)));
  std::vector<Raw> mute;
  for (int i = 0; i < 20; ++i)
    mute.emplace_back(victim);
  Running late(3, local());
  EXPECT_TRUE(late.ping(victim, testing::peer_id(1)));
  for (const Raw& socket : mute)
    socket.wait_for_end();
  victim.wait_until([](Host& host) { return host.connection_count() == 2; });
  EXPECT_EQ(victim.endings("upgrade_timeout"), 20U);
}

TEST(HostileSocket, garbage_after_the_handshake_closes_only_its_connection) {
  Running victim(1, local());
  Running honest(2, local());
  ASSERT_TRUE(honest.ping(victim, testing::peer_id(1)));
  const Raw socket(victim);
  static_cast<void>(secure(socket, 66));
  socket.send(Bytes(1000, 1));
  socket.wait_for_end();
  EXPECT_EQ(victim.endings("bad_transport"), 1U);
  EXPECT_EQ(victim.on_thread([](Host& host) { return host.connection_count(); }), 1U);
}

TEST(HostileSocket, who_breaks_the_protocol_is_told_closed_and_refused_from_then_on) {
  Running victim(1, local());
  const Raw first(victim);
  const auto peer = secure(first, 66);
  peer->send(yamux_header(0, 1, 1, kYamuxInitialWindow + 1));
  first.send(peer->take_output());
  for (Bytes bytes = first.receive(); !bytes.empty(); bytes = first.receive())
    peer->receive(bytes);
  // GoAway, protocol error, is the last thing said.
  ASSERT_GE(peer->heard().size(), kYamuxHeaderBytes);
  EXPECT_EQ(Bytes(peer->heard().end() - 12, peer->heard().end()), yamux_header(3, 0, 0, 1));
  EXPECT_EQ(victim.endings("yamux_violation"), 1U);
  const Raw second(victim);
  static_cast<void>(secure(second, 66));
  second.wait_for_end();
  EXPECT_EQ(victim.endings("banned"), 1U);
}

// docs/operators.md: who is banned is shown, strangers too, and failures name the peer.
TEST(HostileSocket, a_stranger_that_the_host_banned_is_shown_with_the_reason) {
  NetworkConfig config;
  config.limits.unknown_peers_max = 1;
  testing::TestNode node(1, std::move(config));
  const PeerId stranger = testing::peer_id(66);
  const Raw first(node.endpoint().port);
  const auto peer = secure(first, 66);
  peer->send(yamux_header(0, 1, 1, kYamuxInitialWindow + 1));
  first.send(peer->take_output());
  first.wait_for_end();
  ASSERT_TRUE(node.wait([&] { return node.network().counters().banned == 1; }));
  const NetworkCounters counters = node.network().counters();
  ASSERT_EQ(counters.bans.size(), 1U);
  EXPECT_EQ(counters.bans[0].peer, stranger);
  EXPECT_EQ(counters.bans[0].ban.reason, "more data than the stream's window allows");
  EXPECT_GT(counters.bans[0].ban.left, std::chrono::minutes(9));
  EXPECT_LE(counters.bans[0].ban.left, std::chrono::minutes(10));
  const Raw second(node.endpoint().port);
  static_cast<void>(secure(second, 66));
  second.wait_for_end();
  ASSERT_TRUE(node.wait([&] {
    return std::ranges::any_of(node.failures, [&](const LinkFailure& failure) {
      return failure.reason.code == CloseCode::Banned && failure.peer == stranger;
    });
  }));
}

// Over the public internet 4 connections of one address may be unfinished. Each more that says
// nothing takes the place of the oldest.
TEST(HostileSocket, many_silent_connections_of_one_address_close_each_other) {
  Running victim(1, {});
  std::vector<Raw> sybils;
  for (int i = 0; i < 15; ++i)
    sybils.emplace_back(victim);
  for (std::size_t i = 0; i < 11; ++i)
    sybils[i].wait_for_end();
  EXPECT_GE(victim.endings("evicted"), 1U);
  EXPECT_LE(victim.on_thread([](Host& host) { return host.connection_count(); }), 4U);
}

}  // namespace
}  // namespace ol::p2p
