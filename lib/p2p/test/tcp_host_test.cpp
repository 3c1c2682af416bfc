#include <ol/p2p/tcp_host.hpp>

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <malloc.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <future>
#include <thread>

#include <ol/p2p/echo.hpp>
#include <ol/p2p/gossip_protocol.hpp>
#include <ol/p2p/identify.hpp>
#include <ol/p2p/kad_protocol.hpp>
#include <ol/p2p/ping.hpp>

#include "test_keys.hpp"

namespace ol::p2p {
namespace {

using std::chrono::seconds;

/// A host on a loopback socket that speaks everything, running on its own thread.
class Running final : public HostObserver {
 public:
  explicit Running(std::uint8_t number, std::map<std::string, std::vector<std::string>> names = {})
      : key_(testing::identity_key(number)),
        tcp_(config(), key_),
        identify_(tcp_.host(), key_, 1),
        ping_(tcp_.host()),
        echo_(tcp_.host()),
        client_(tcp_.host()),
        kad_(tcp_.host(), kad_parameters()),
        gossip_(tcp_.host(), key_, gossip_parameters(),
                [](const auto&, const auto&) { return GossipVerdict::Accept; }) {
    gossip_.join("t");
    tcp_.set_names(std::move(names));
    tcp_.host().set_observer(*this);
    const auto bound = tcp_.listen(*Multiaddr::from_text("/ip4/127.0.0.1/tcp/0"));
    if (!bound) throw std::runtime_error(bound.error());
    address_ = bound->with_peer(tcp_.host().self()).text();
    thread_ = std::thread([this] { tcp_.run(); });
  }
  ~Running() override {
    tcp_.stop();
    thread_.join();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  [[nodiscard]] const std::string& address() const { return address_; }

  /// Runs `task` on the host's thread and waits for what it returns.
  template <typename Task>
  auto on_thread(Task task) {
    std::packaged_task<decltype(task(std::declval<Host&>()))()> packaged(
        [this, &task] { return task(tcp_.host()); });
    auto result = packaged.get_future();
    tcp_.post([&packaged] { packaged(); });
    return result.get();
  }

  /// Dials and waits until the other side is identified.
  bool dial(const std::string& address) {
    identified_ = {};
    auto done = identified_.get_future();
    const bool dialled = on_thread(
        [&](Host& host) { return host.dial(*Multiaddr::from_text(address)).has_value(); });
    return dialled && done.wait_for(seconds(20)) == std::future_status::ready;
  }

  /// Echoes over the connection to `peer`; what went wrong, if anything.
  std::optional<std::string> echo(const PeerId& peer, std::size_t bytes, unsigned streams) {
    std::promise<std::optional<std::string>> promise;
    auto result = promise.get_future();
    on_thread([&](Host&) {
      client_.run(peer, bytes, streams,
                  [&](const std::optional<std::string>& problem) { promise.set_value(problem); });
      return true;
    });
    return result.get();
  }

  /// Pings `peer` and looks it up; what went wrong, if anything.
  std::optional<std::string> ping_and_look_up(const PeerId& peer) {
    std::promise<std::string> pinged;
    std::promise<std::size_t> found;
    on_thread([&](Host&) {
      ping_.ping(peer, [&](const PeerId&, const Result<Duration, std::string>& result) {
        pinged.set_value(result ? "" : result.error());
      });
      kad_.look_up(to_bytes(peer.bytes()),
                   [&](const std::vector<KadPeer>& peers) { found.set_value(peers.size()); });
      return true;
    });
    const std::string problem = pinged.get_future().get();
    const std::size_t count = found.get_future().get();
    if (!problem.empty()) return problem;
    return count == 1 ? std::nullopt : std::optional<std::string>("nobody answered");
  }

  /// What protocols remember of peers, and the streams they have.
  std::size_t entries() {
    return on_thread([&](Host& host) {
      return host.stream_count() + kad_.asker_count() + gossip_.router().table_entries();
    });
  }

  /// Ends the connection to `peer` and waits for that.
  void hang_up(const PeerId& peer) {
    ended_ = {};
    auto done = ended_.get_future();
    on_thread([&](Host& host) {
      host.disconnect(peer, EndReason::Local, "test");
      return true;
    });
    done.wait();
  }

  void on_identified(const PeerId&, const PeerInfo&) override {
    if (waiting_for_identify_) identified_.set_value();
  }
  void on_ended(ConnectionId, const std::optional<PeerId>&, EndReason,
                const std::string&) override {
    if (waiting_for_identify_) ended_.set_value();
  }
  /// Only one side of a test waits for events.
  void wait_for_events() { waiting_for_identify_ = true; }

 private:
  static HostConfig config() {
    HostConfig out;
    out.profile = AddressProfile::Local;
    return out;
  }
  static KadParameters kad_parameters() {
    KadParameters out;
    out.table.count_prefixes = false;
    return out;
  }
  static GossipParameters gossip_parameters() {
    GossipParameters out;
    out.topics = {"t"};
    out.score.count_ips = false;
    return out;
  }

  IdentityKey key_;
  TcpHost tcp_;
  IdentifyProtocol identify_;
  PingProtocol ping_;
  EchoProtocol echo_;
  EchoClient client_;
  KadProtocol kad_;
  GossipProtocol gossip_;
  std::string address_;
  bool waiting_for_identify_ = false;
  std::promise<void> identified_;
  std::promise<void> ended_;
  std::thread thread_;
};

std::size_t open_files() {
  std::size_t out = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    out += 1;
  return out;
}

/// Whether no more than `count` files stay open. A socket lingers until its peer has closed too.
bool falls_to(std::size_t count) {
  const auto deadline = std::chrono::steady_clock::now() + seconds(30);
  while (open_files() > count) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

/// Bytes allocated and not freed; 0 where a sanitizer replaces the allocator and looks itself.
std::size_t heap_bytes() {
  return mallinfo2().uordblks;
}

// Nobody listens at the first.
TEST(TcpHost, tries_every_address_of_a_name) {
  Running a(1);
  Running b(2, {{"two-places.test", {"127.0.0.2", "127.0.0.3", "127.0.0.1"}},
                {"nowhere.test", {"127.0.0.2", "127.0.0.3"}}});
  std::string address = a.address();
  address.replace(0, std::string("/ip4/127.0.0.1").size(), "/dns/nowhere.test");
  EXPECT_TRUE(b.on_thread(
      [&](Host& host) { return host.dial(*Multiaddr::from_text(address)).has_value(); }));
  const auto endings = [&] { return b.on_thread([](Host& host) { return host.endings(); }); };
  const auto deadline = std::chrono::steady_clock::now() + seconds(20);
  while (endings().empty() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::yield();
  EXPECT_EQ(endings().count("connect_failed"), 1U);
  address.replace(0, std::string("/dns/nowhere.test").size(), "/dns/two-places.test");
  b.wait_for_events();
  EXPECT_TRUE(b.dial(address)) << ::testing::PrintToString(endings());
}

TEST(TcpHost, echoes_over_sockets) {
  Running a(1);
  Running b(2);
  a.wait_for_events();
  ASSERT_TRUE(a.dial(b.address()));
  EXPECT_EQ(a.echo(testing::peer_id(2), 3 << 20, 1), std::nullopt);
  EXPECT_EQ(a.echo(testing::peer_id(2), 100000, 64), std::nullopt);
}

TEST(TcpHost, refuses_to_listen_where_it_cannot) {
  const IdentityKey key(testing::identity_key(1));
  TcpHost host({}, key);
  const auto name = host.listen(*Multiaddr::from_text("/dns4/localhost/tcp/0"));
  ASSERT_FALSE(name);
  EXPECT_EQ(name.error(), "cannot listen on /dns4/localhost/tcp/0: not a literal ip and tcp port");
  const auto first = host.listen(*Multiaddr::from_text("/ip4/127.0.0.1/tcp/0"));
  ASSERT_TRUE(first);
  EXPECT_FALSE(host.listen(*first));
}

// Connections that come and go leave no file descriptors and no memory behind, whatever is spoken
// on them.
TEST(TcpHost, a_thousand_connections_leak_nothing) {
  Running a(1);
  Running b(2);
  a.wait_for_events();
  const auto cycle = [&](int times) {
    for (int i = 0; i < times; ++i) {
      ASSERT_TRUE(a.dial(b.address())) << i;
      ASSERT_EQ(a.ping_and_look_up(testing::peer_id(2)), std::nullopt) << i;
      if (i % 10 == 0) ASSERT_EQ(a.echo(testing::peer_id(2), 1000, 2), std::nullopt) << i;
      a.hang_up(testing::peer_id(2));
    }
    const auto idle = [](Host& host) { return host.connection_count() == 0; };
    while (!a.on_thread(idle) || !b.on_thread(idle))
      std::this_thread::yield();
  };
  const std::size_t files = open_files();
  cycle(100);  // what is kept once is kept by then
  ASSERT_TRUE(falls_to(files));
  const std::size_t heap = heap_bytes();
  cycle(1000);
  EXPECT_TRUE(falls_to(files)) << open_files() - files << " descriptors are left";
  EXPECT_LT(heap_bytes(), heap + (std::size_t{64} << 10));
  // The backoff of the mesh and the score of the other one, as after one connection.
  EXPECT_LE(a.entries(), 4U);
  EXPECT_LE(b.entries(), 4U);
}

/// Answers nobody: its places for connections are taken, so the kernel drops whoever knocks.
class DeadAddress {
 public:
  DeadAddress(const char* host, std::uint16_t port) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    EXPECT_EQ(::inet_pton(AF_INET, host, &at.sin_addr), 1);
    const auto* const address = reinterpret_cast<const sockaddr*>(&at);
    listening_ = ::socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(::bind(listening_, address, sizeof at), 0);
    EXPECT_EQ(::listen(listening_, 0), 0);
    for (int& one : waiting_) {
      one = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      static_cast<void>(::connect(one, address, sizeof at));
    }
  }
  ~DeadAddress() {
    ::close(listening_);
    for (const int one : waiting_)
      ::close(one);
  }
  DeadAddress(const DeadAddress&) = delete;
  DeadAddress& operator=(const DeadAddress&) = delete;

 private:
  int listening_ = -1;
  std::array<int, 4> waiting_{};
};

// docs/protocol/p2p.md: of the addresses a name stands for, each is tried for 2 s at most.
TEST(TcpHost, goes_on_to_the_next_address_of_a_name_two_seconds_after_a_dead_one) {
  Running a(1);
  Running b(2, {{"half-dead.test", {"127.0.0.2", "127.0.0.1"}}});
  const DeadAddress dead("127.0.0.2", Multiaddr::from_text(a.address())->tcp_target()->port);
  std::string address = a.address();
  address.replace(0, std::string("/ip4/127.0.0.1").size(), "/dns/half-dead.test");
  b.wait_for_events();
  const auto began = std::chrono::steady_clock::now();
  ASSERT_TRUE(b.dial(address));
  const auto took = std::chrono::steady_clock::now() - began;
  EXPECT_GE(took, seconds(2));
  EXPECT_LT(took, seconds(20)) << "the kernel alone gives up after more than a minute";
}

TEST(TcpHost, names_the_failure_of_a_dial) {
  struct Ends final : HostObserver {
    void on_ended(ConnectionId, const std::optional<PeerId>&, EndReason reason,
                  const std::string&) override {
      promise.set_value(reason);
    }
    std::promise<EndReason> promise;
  } ends;
  const IdentityKey key(testing::identity_key(1));
  TcpHost host({}, key);
  host.host().set_observer(ends);
  std::optional<Multiaddr> closed;
  {
    TcpHost other({}, key);
    closed = *other.listen(*Multiaddr::from_text("/ip4/127.0.0.1/tcp/0"));
  }
  ASSERT_TRUE(host.host().dial(*closed));
  std::thread thread([&] { host.run(); });
  EXPECT_EQ(ends.promise.get_future().get(), EndReason::ConnectFailed);
  host.stop();
  thread.join();
}

}  // namespace
}  // namespace ol::p2p
