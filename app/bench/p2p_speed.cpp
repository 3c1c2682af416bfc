#include "bench/p2p_speed.hpp"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>

#include <ol/crypto/aead.hpp>
#include <ol/p2p/gossip_protocol.hpp>
#include <ol/p2p/identify.hpp>
#include <ol/p2p/tcp_host.hpp>

#include "bench/bare_tcp.hpp"
#include "bench/machine.hpp"
#include "bench/strangers.hpp"

namespace ol::app {
namespace {

using namespace ol::p2p;
using bench::Clock;

constexpr const char* kSink = "/bench/sink/1";
constexpr const char* kReply = "/bench/reply/1";
constexpr const char* kTopic = "bench";
constexpr std::size_t kMessageBytes = 1024;

/// Takes everything on the sink, answers on the other protocol.
class Service final : public ProtocolHandler {
 public:
  explicit Service(Host& host) : host_(host) {
    host.add_protocol({kSink, kReply}, *this, {16, StreamPriority::Normal});
  }
  void on_stream_opened(StreamKey key, const PeerId&, std::string_view protocol, bool) override {
    if (protocol == kReply) replying_.insert(key);
  }
  void on_stream_data(StreamKey key, ByteView bytes) override {
    host_.consume(key, bytes.size());
    received += bytes.size();
    if (replying_.contains(key)) static_cast<void>(host_.write(key, to_bytes(bytes)));
  }
  void on_stream_ended(StreamKey key) override { host_.close_write(key); }
  void on_stream_failed(StreamKey key, std::string_view) override { replying_.erase(key); }

  std::atomic<std::size_t> received = 0;

 private:
  Host& host_;
  std::set<StreamKey> replying_;
};

/// Sends a small message on an urgent stream whenever the last one came back, and notes how long
/// that took.
class UrgentClient final : public ProtocolHandler {
 public:
  explicit UrgentClient(Host& host) : host_(host) {}
  void open(const PeerId& peer) {
    static_cast<void>(host_.open_stream(peer, {kReply}, *this, StreamPriority::Urgent));
  }
  void on_stream_opened(StreamKey key, const PeerId&, std::string_view, bool) override {
    send(key);
  }
  void on_stream_data(StreamKey key, ByteView bytes) override {
    host_.consume(key, bytes.size());
    pending_ += bytes.size();
    if (pending_ < kVoteBytes) return;
    pending_ = 0;
    times_ms_.push_back(std::chrono::duration<double, std::milli>(Clock::now() - sent_).count());
    trips += 1;
    send(key);
  }
  void on_stream_ended(StreamKey) override {}
  void on_stream_failed(StreamKey, std::string_view) override {}
  /// Of all round trips since the last call; on the host's thread.
  [[nodiscard]] std::vector<double> take_times() { return std::exchange(times_ms_, {}); }

  std::atomic<std::size_t> trips = 0;

 private:
  static constexpr std::size_t kVoteBytes = 200;

  void send(StreamKey key) {
    sent_ = Clock::now();
    static_cast<void>(host_.write(key, Bytes(kVoteBytes)));
  }

  Host& host_;
  Clock::time_point sent_;
  std::size_t pending_ = 0;
  std::vector<double> times_ms_;
};

/// Writes as fast as the stream takes it, or sends 1 KiB again as often as asked once 1 KiB came
/// back.
class Client final : public ProtocolHandler {
 public:
  explicit Client(Host& host) : host_(host) {}
  void open(const PeerId& peer, const char* protocol) {
    round_trips_ = protocol == kReply;
    stream_ = host_.open_stream(peer, {protocol}, *this);
  }
  void on_stream_opened(StreamKey key, const PeerId&, std::string_view, bool) override {
    stream_ = key;
    if (round_trips_) {
      make_trips(1);
    } else {
      on_stream_writable(key);
    }
  }
  void on_stream_writable(StreamKey key) override {
    if (round_trips_) return;
    while (left_ > 0 && host_.write(key, block_))
      left_ -= std::min(left_, block_->size());
  }
  void on_stream_data(StreamKey key, ByteView bytes) override {
    host_.consume(key, bytes.size());
    pending_ += bytes.size();
    if (pending_ < kMessageBytes) return;
    pending_ = 0;
    left_ -= 1;
    trips += 1;
    if (left_ > 0) send_message();
  }
  void on_stream_ended(StreamKey) override {}
  void on_stream_failed(StreamKey, std::string_view) override {}
  void make_trips(std::size_t count) {
    left_ = count;
    send_message();
  }
  void send(std::size_t bytes) {
    left_ = bytes;
    on_stream_writable(*stream_);
  }

  std::atomic<std::size_t> trips = 0;

 private:
  void send_message() { static_cast<void>(host_.write(*stream_, share(Bytes(kMessageBytes)))); }

  Host& host_;
  std::optional<StreamKey> stream_;
  const SharedBytes block_ = share(Bytes(std::size_t{64} << 10));
  std::size_t left_ = 0;  // bytes, or round trips
  std::size_t pending_ = 0;
  bool round_trips_ = false;
};

/// A host on a loopback socket with everything that is measured, on a thread of its own.
class BenchNode final : public HostObserver {
 public:
  BenchNode()
      : key_(crypto::Ed25519SecretKey::generate()),
        tcp_(config(), key_),
        identify_(tcp_.host(), key_, 1),
        service(tcp_.host()),
        client(tcp_.host()),
        urgent(tcp_.host()),
        gossip_(tcp_.host(), key_, parameters(),
                [this](const GossipMessage& message, const PeerId&) { return hear(message); }) {
    tcp_.host().set_observer(*this);
    gossip_.join(kTopic);
    address_ =
        tcp_.listen(*Multiaddr::from_text("/ip4/127.0.0.1/tcp/0"))->with_peer(tcp_.host().self());
    thread_ = std::thread([this] { tcp_.run(); });
  }
  ~BenchNode() override {
    tcp_.stop();
    thread_.join();
  }
  BenchNode(const BenchNode&) = delete;
  BenchNode& operator=(const BenchNode&) = delete;

  void on_identified(const PeerId&, const PeerInfo&) override {
    identified_ += 1;
    identified_.notify_all();
  }

  /// Runs `task` on the node's thread and waits for its end.
  template <typename Task>
  void run(Task task) {
    std::atomic<bool> done = false;
    tcp_.post([&] {
      task();
      done = true;
      done.notify_one();
    });
    done.wait(false);
  }
  void dial(const BenchNode& to) {
    const std::size_t before = identified_;
    run([&] { static_cast<void>(tcp_.host().dial(*to.address_)); });
    identified_.wait(before);
  }
  [[nodiscard]] const PeerId& id() { return tcp_.host().self(); }
  [[nodiscard]] Host& host() { return tcp_.host(); }
  [[nodiscard]] std::uint16_t port() const { return address_->tcp_target()->port; }
  [[nodiscard]] std::size_t mesh_size() {
    std::size_t out = 0;
    run([&] { out = gossip_.router().mesh(kTopic).size(); });
    return out;
  }
  /// Publishes `count` messages that carry the time.
  void publish(std::size_t count) {
    run([&] {
      for (std::size_t i = 0; i < count; ++i) {
        Bytes data(kMessageBytes);
        number_ += 1;
        const auto now = Clock::now().time_since_epoch().count();
        std::memcpy(data.data(), &now, sizeof now);
        std::memcpy(data.data() + sizeof now, &number_, sizeof number_);
        static_cast<void>(gossip_.publish(kTopic, data));
      }
    });
  }
  /// How long each message was on its way, in milliseconds.
  [[nodiscard]] std::vector<double> delays() {
    std::vector<double> out;
    run([&] { out = delays_ms_; });
    return out;
  }

 private:
  static HostConfig config() {
    HostConfig out;
    out.profile = AddressProfile::Local;
    // On a busy machine a connection may be dialled before the end of the last one is noticed.
    out.limits.per_peer = 64;
    return out;
  }
  static GossipParameters parameters() {
    GossipParameters out;
    out.topics = {kTopic};
    // On a busy machine nothing may be given up for being late.
    out.own_life = std::chrono::hours{1};
    out.forwarded_life = std::chrono::hours{1};
    // Every node is at the same address.
    out.score.count_ips = false;
    return out;
  }
  GossipVerdict hear(const GossipMessage& message) {
    Clock::rep sent = 0;
    std::memcpy(&sent, message.data().data(), sizeof sent);
    const Clock::duration delay = Clock::now().time_since_epoch() - Clock::duration(sent);
    delays_ms_.push_back(std::chrono::duration<double, std::milli>(delay).count());
    heard += 1;
    return GossipVerdict::Accept;
  }

  IdentityKey key_;
  TcpHost tcp_;
  IdentifyProtocol identify_;

 public:
  Service service;
  Client client;
  UrgentClient urgent;
  std::atomic<std::size_t> heard = 0;

 private:
  GossipProtocol gossip_;
  std::optional<Multiaddr> address_;
  std::atomic<std::size_t> identified_ = 0;
  std::uint64_t number_ = 0;
  std::vector<double> delays_ms_;
  std::thread thread_;
};

/// Looks every 2 ms: looking more often would be counted with what is measured.
template <typename Reached>
void wait_until(Reached reached) {
  while (!reached())
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
}

P2pFigure measure_stream(const P2pSpeedOptions& options) {
  BenchNode a;
  BenchNode b;
  a.dial(b);
  a.run([&] { a.client.open(b.id(), kSink); });
  const std::size_t bytes = (std::size_t{1} << 30) / options.hurry;
  const double cpu = bench::process_cpu_s();
  a.run([&] { a.client.send(bytes); });
  wait_until([&] { return b.service.received >= bytes; });
  const double used = bench::process_cpu_s() - cpu;
  return {"one stream", static_cast<double>(bytes) / 1e6 / used, "MB per CPU second", 600, true};
}

/// In turn with bare TCP: what else the machine does meets both alike.
std::vector<P2pFigure> measure_round_trips(const P2pSpeedOptions& options) {
  constexpr unsigned kTurns = 10;
  constexpr std::size_t kSealedBytes =
      kNoiseLengthBytes + kYamuxHeaderBytes + kMessageBytes + crypto::kAeadTagBytes;
  BenchNode a;
  BenchNode b;
  a.dial(b);
  a.run([&] { a.client.open(b.id(), kReply); });
  wait_until([&] { return a.client.trips > 0; });
  const std::size_t trips = std::max(1U, 50'000 / options.hurry / kTurns);
  double used = 0;
  double bare = 0;
  for (unsigned turn = 0; turn < kTurns; ++turn) {
    const std::size_t before = a.client.trips;
    const double cpu = bench::process_cpu_s();
    a.run([&] { a.client.make_trips(trips); });
    wait_until([&] { return a.client.trips >= before + trips; });
    used += bench::process_cpu_s() - cpu;
    bare += bare_round_trips_seconds(trips, kSealedBytes);
  }
  const auto done = static_cast<double>(kTurns * trips);
  const double ours_us = 1e6 * used / done;
  const double bare_us = 1e6 * bare / done;
  return {{"round trip of 1 KiB", ours_us, "us CPU", 15, false, ours_us / bare_us},
          {"the same bytes over bare TCP", bare_us, "us CPU", std::nullopt}};
}

/// Dial, upgrade, identify in both directions, gossip's streams, hang up.
P2pFigure measure_connections(const P2pSpeedOptions& options) {
  BenchNode a;
  BenchNode b;
  const std::size_t count = std::max<std::size_t>(2, 1000 / options.hurry);
  const double cpu = bench::process_cpu_s();
  for (std::size_t i = 0; i < count; ++i) {
    a.dial(b);
    a.run([&] { a.host().disconnect(b.id(), EndReason::Local, "bench"); });
  }
  const double used = bench::process_cpu_s() - cpu;
  return {"connection, up to identify", 1e6 * used / static_cast<double>(count), "us CPU", 1000,
          false};
}

P2pFigure measure_gossip(const P2pSpeedOptions& options) {
  constexpr std::size_t kBatch = 500;
  BenchNode a;
  BenchNode b;
  a.dial(b);
  wait_until([&] { return a.mesh_size() > 0; });
  const std::size_t count = std::max<std::size_t>(kBatch, 100'000 / options.hurry);
  const auto begun = Clock::now();
  for (std::size_t sent = 0; sent < count; sent += kBatch) {
    a.publish(kBatch);
    // No more than the send queue holds.
    while (b.heard + 2 * kBatch < sent + kBatch)
      std::this_thread::yield();
  }
  wait_until([&] { return b.heard >= count; });
  return {"gossip of 1 KiB between two nodes",
          static_cast<double>(count) / bench::seconds_between(begun, Clock::now()), "messages/s",
          30'000, true};
}

double p99_of(std::vector<double>& values) {
  const auto p99 = values.begin() + static_cast<std::ptrdiff_t>(values.size() * 99 / 100);
  std::nth_element(values.begin(), p99, values.end());
  return *p99;
}

/// Small urgent messages, with and without strangers that attack the node that answers.
std::vector<P2pFigure> measure_attack(const P2pSpeedOptions& options) {
  BenchNode a;
  BenchNode b;
  a.dial(b);
  a.run([&] { a.urgent.open(b.id()); });
  const std::size_t trips = std::max(200U, 20'000 / options.hurry);
  const auto measure = [&] {
    a.run([&] { static_cast<void>(a.urgent.take_times()); });
    const std::size_t before = a.urgent.trips;
    wait_until([&] { return a.urgent.trips >= before + trips; });
    std::vector<double> times;
    a.run([&] { times = a.urgent.take_times(); });
    return p99_of(times);
  };
  const double quiet = measure();
  const Strangers strangers(b.port());
  const double attacked = measure();
  // What a vote may be delayed by without anybody noticing.
  constexpr double kUnnoticedMs = 5;
  return {{"urgent round trip, p99", quiet, "ms", kUnnoticedMs, false},
          {"the same under attack, p99", attacked, "ms", quiet + kUnnoticedMs, false}};
}

/// Every node dials the three before it; the first publishes, and the others note the delay.
P2pFigure measure_gossip_delay(const P2pSpeedOptions& options) {
  std::vector<std::unique_ptr<BenchNode>> nodes;
  for (unsigned i = 0; i <= options.gossip_nodes; ++i) {
    nodes.push_back(std::make_unique<BenchNode>());
    for (unsigned back = 1; back <= std::min(3U, i); ++back)
      nodes[i]->dial(*nodes[i - back]);
  }
  for (const auto& node : nodes)
    wait_until([&] { return node->mesh_size() > 0; });
  const std::size_t count = std::max(2U, 200 / options.hurry);
  for (std::size_t i = 1; i <= count; ++i) {
    nodes[0]->publish(1);
    wait_until([&] {
      return std::all_of(nodes.begin() + 1, nodes.end(),
                         [&](const auto& node) { return node->heard >= i; });
    });
  }
  std::vector<double> delays;
  for (auto node = nodes.begin() + 1; node != nodes.end(); ++node) {
    const auto own = (*node)->delays();
    delays.insert(delays.end(), own.begin(), own.end());
  }
  return {"gossip to " + std::to_string(options.gossip_nodes) + " nodes, p99", p99_of(delays), "ms",
          500, false};
}

/// Keeps this thread, and those it starts, on the processor it is on.
class OneProcessor {
 public:
  OneProcessor() {
    sched_getaffinity(0, sizeof before_, &before_);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    sched_setaffinity(0, sizeof one, &one);
  }
  ~OneProcessor() { sched_setaffinity(0, sizeof before_, &before_); }
  OneProcessor(const OneProcessor&) = delete;
  OneProcessor& operator=(const OneProcessor&) = delete;

 private:
  cpu_set_t before_{};
};

}  // namespace

std::vector<P2pFigure> measure_p2p(const P2pSpeedOptions& options) {
  std::vector<P2pFigure> out;
  {
    std::optional<OneProcessor> one;
    if (!options.spread) one.emplace();
    out.push_back(measure_stream(options));
    for (P2pFigure& figure : measure_round_trips(options))
      out.push_back(std::move(figure));
    out.push_back(measure_connections(options));
  }
  out.push_back(measure_gossip(options));
  out.push_back(measure_gossip_delay(options));
  for (P2pFigure& figure : measure_attack(options))
    out.push_back(std::move(figure));
  return out;
}

}  // namespace ol::app
