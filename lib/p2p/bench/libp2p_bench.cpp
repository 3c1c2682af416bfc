// What the libp2p stack costs over loopback, with the CPU of both ends counted: bytes on one
// stream, round trips, connections, gossip.
#include <benchmark/benchmark.h>

#include <atomic>
#include <ctime>
#include <thread>

#include <ol/p2p/gossip_protocol.hpp>
#include <ol/p2p/identify.hpp>
#include <ol/p2p/tcp_host.hpp>

namespace {

using namespace ol;
using namespace ol::p2p;

constexpr const char* kSink = "/bench/sink/1";
constexpr const char* kReply = "/bench/reply/1";

double process_cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Takes everything on the sink, answers every message of 1 KiB on the other protocol.
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

/// Writes as fast as the stream takes it, or sends 1 KiB whenever 1 KiB came back.
class Client final : public ProtocolHandler {
 public:
  explicit Client(Host& host) : host_(host) {}
  void open(const PeerId& peer, const char* protocol) {
    round_trips_ = protocol == kReply;
    stream_ = host_.open_stream(peer, {protocol}, *this);
  }
  void on_stream_opened(StreamKey key, const PeerId&, std::string_view, bool) override {
    if (round_trips_) {
      static_cast<void>(host_.write(key, share(Bytes(1024))));
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
    if (pending_ < 1024) return;
    pending_ = 0;
    trips += 1;
    static_cast<void>(host_.write(key, share(Bytes(1024))));
  }
  void on_stream_ended(StreamKey) override {}
  void on_stream_failed(StreamKey, std::string_view) override {}
  void send(std::size_t bytes) {
    left_ = bytes;
    on_stream_writable(*stream_);
  }

  std::atomic<std::size_t> trips = 0;

 private:
  Host& host_;
  std::optional<StreamKey> stream_;
  const SharedBytes block_ = share(Bytes(64 << 10));
  std::size_t left_ = 0;
  std::size_t pending_ = 0;
  bool round_trips_ = false;
};

struct Node final : HostObserver {
  Node()
      : key(crypto::Ed25519SecretKey::generate()),
        tcp(config(), key),
        identify(tcp.host(), key, 1),
        service(tcp.host()),
        client(tcp.host()),
        gossip(tcp.host(), key, parameters(), [this](const GossipMessage&, const PeerId&) {
          heard += 1;
          return GossipVerdict::Accept;
        }) {
    tcp.host().set_observer(*this);
    gossip.join("t");
    address =
        tcp.listen(*Multiaddr::from_text("/ip4/127.0.0.1/tcp/0"))->with_peer(tcp.host().self());
    thread = std::thread([this] { tcp.run(); });
  }
  ~Node() override {
    tcp.stop();
    thread.join();
  }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  static HostConfig config() {
    HostConfig out;
    out.profile = AddressProfile::Local;
    return out;
  }
  static GossipParameters parameters() {
    GossipParameters out;
    out.topics = {"t"};
    return out;
  }
  void on_identified(const PeerId&, const PeerInfo&) override { identified += 1; }

  template <typename Task>
  void run(Task task) {
    std::atomic<bool> done = false;
    tcp.post([&] {
      task();
      done = true;
      done.notify_one();
    });
    done.wait(false);
  }
  void dial(const Multiaddr& to) {
    const std::size_t before = identified;
    run([&] { static_cast<void>(tcp.host().dial(to)); });
    while (identified == before)
      std::this_thread::yield();
  }

  IdentityKey key;
  TcpHost tcp;
  IdentifyProtocol identify;
  Service service;
  Client client;
  GossipProtocol gossip;
  std::optional<Multiaddr> address;
  std::atomic<std::size_t> identified = 0;
  std::atomic<std::size_t> heard = 0;
  std::thread thread;
};

template <typename Reached>
void wait_until(Reached reached) {
  while (!reached())
    std::this_thread::sleep_for(std::chrono::microseconds{200});
}

void one_stream(benchmark::State& state) {
  Node a;
  Node b;
  a.dial(*b.address);
  a.run([&] { a.client.open(b.tcp.host().self(), kSink); });
  constexpr std::size_t kBytes = std::size_t{256} << 20;
  const double cpu = process_cpu_seconds();
  for (auto _ : state) {
    const std::size_t target = b.service.received + kBytes;
    a.run([&] { a.client.send(kBytes); });
    wait_until([&] { return b.service.received >= target; });
  }
  const double bytes = static_cast<double>(state.iterations()) * static_cast<double>(kBytes);
  state.counters["MB_per_cpu_s"] = bytes / 1e6 / (process_cpu_seconds() - cpu);
}
BENCHMARK(one_stream)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(3);

void round_trip_1k(benchmark::State& state) {
  Node a;
  Node b;
  a.dial(*b.address);
  a.run([&] { a.client.open(b.tcp.host().self(), kReply); });
  constexpr std::size_t kTrips = 5000;
  const double cpu = process_cpu_seconds();
  for (auto _ : state) {
    const std::size_t target = a.client.trips + kTrips;
    wait_until([&] { return a.client.trips >= target; });
  }
  const double trips = static_cast<double>(state.iterations()) * static_cast<double>(kTrips);
  state.counters["cpu_us_per_trip"] = 1e6 * (process_cpu_seconds() - cpu) / trips;
}
BENCHMARK(round_trip_1k)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(3);

/// Dial, upgrade, identify in both directions, gossip's streams, hang up.
void connection(benchmark::State& state) {
  Node a;
  Node b;
  const double cpu = process_cpu_seconds();
  for (auto _ : state) {
    a.dial(*b.address);
    a.run([&] { a.tcp.host().disconnect(b.tcp.host().self(), EndReason::Local, "bench"); });
  }
  state.counters["cpu_us_each"] =
      1e6 * (process_cpu_seconds() - cpu) / static_cast<double>(state.iterations());
}
BENCHMARK(connection)->Unit(benchmark::kMicrosecond)->UseRealTime()->Iterations(300);

void gossip_1k(benchmark::State& state) {
  Node a;
  Node b;
  a.dial(*b.address);
  wait_until([&] {
    std::atomic<std::size_t> members = 0;
    a.run([&] { members = a.gossip.router().mesh("t").size(); });
    return members > 0;
  });
  constexpr std::size_t kMessages = 20000;
  std::uint64_t number = 0;
  const double cpu = process_cpu_seconds();
  for (auto _ : state) {
    const std::size_t target = b.heard + kMessages;
    for (std::size_t sent = 0; sent < kMessages; sent += 500) {
      a.run([&] {
        for (int i = 0; i < 500; ++i) {
          Bytes data(1024);
          number += 1;
          std::memcpy(data.data(), &number, sizeof number);
          static_cast<void>(a.gossip.publish("t", data));
        }
      });
      // No more than the send queue holds.
      wait_until([&] { return b.heard + 1000 >= target - kMessages + sent; });
    }
    wait_until([&] { return b.heard >= target; });
  }
  const double messages = static_cast<double>(state.iterations()) * static_cast<double>(kMessages);
  state.counters["messages_per_s"] = benchmark::Counter(messages, benchmark::Counter::kIsRate);
  state.counters["cpu_us_each"] = 1e6 * (process_cpu_seconds() - cpu) / messages;
}
BENCHMARK(gossip_1k)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(3);

}  // namespace
