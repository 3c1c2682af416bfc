// What a link costs: handshakes, encryption, round trips and bytes per CPU second.
#include <benchmark/benchmark.h>

#include <atomic>
#include <condition_variable>
#include <ctime>
#include <mutex>
#include <thread>

#include <ol/p2p/noise.hpp>
#include <ol/p2p/stack_network.hpp>

namespace {

using namespace ol;
using namespace ol::p2p;

/// Both sides of one handshake, ephemeral keys included, identities prepared.
void noise_handshake_both_sides(benchmark::State& state) {
  const NoiseIdentity alice(crypto::Ed25519SecretKey::generate(),
                            crypto::X25519KeyPair::generate());
  const NoiseIdentity bob(crypto::Ed25519SecretKey::generate(), crypto::X25519KeyPair::generate());
  for (auto _ : state) {
    NoiseHandshake initiator(NoiseRole::Initiator, alice, crypto::X25519KeyPair::generate(),
                             bob.peer_id());
    NoiseHandshake responder(NoiseRole::Responder, bob, crypto::X25519KeyPair::generate(),
                             std::nullopt);
    Bytes to_bob;
    Bytes to_alice;
    initiator.start(to_bob);
    bool ok = responder.feed(to_bob, to_alice).has_value();
    to_bob.clear();
    ok = ok && initiator.feed(to_alice, to_bob) && responder.feed(to_bob, to_alice);
    if (!ok) state.SkipWithError("handshake failed");
    benchmark::DoNotOptimize(responder.take_session());
  }
}
BENCHMARK(noise_handshake_both_sides)->Unit(benchmark::kMicrosecond);

void noise_seal(benchmark::State& state) {
  NoiseSealer sealer(crypto::AeadKey{});
  const Bytes plaintext(static_cast<std::size_t>(state.range(0)));
  Bytes out;
  for (auto _ : state) {
    out.clear();
    if (!sealer.seal(plaintext, out)) state.SkipWithError("nonces");
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(noise_seal)->Arg(128)->Arg(1024)->Arg(65519);

void noise_seal_and_open(benchmark::State& state) {
  NoiseSealer sealer(crypto::AeadKey{});
  NoiseOpener opener(crypto::AeadKey{});
  const Bytes plaintext(static_cast<std::size_t>(state.range(0)));
  Bytes out;
  for (auto _ : state) {
    out.clear();
    if (!sealer.seal(plaintext, out)) state.SkipWithError("nonces");
    opener.feed(out);
    auto text = opener.next();
    if (!text || !*text) state.SkipWithError("not authentic");
    benchmark::DoNotOptimize(text);
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(noise_seal_and_open)->Arg(128)->Arg(1024)->Arg(65519);

/// A network with its thread; counts messages, or sends every one back.
class Node : private NetworkHandler {
 public:
  enum class Mode : std::uint8_t { Count, Echo };

  Node(Mode mode, NetworkConfig config) : mode_(mode) {
    config.listen_host = "127.0.0.1";
    config.limits.inbound_bytes_per_second = 1e12;
    config.limits.inbound_messages_per_second = 1e12;
    network_ = make_stack_network(std::move(config), key_, *this);
    started_ = network_->start().has_value();
    thread_ = std::thread([this] { network_->run(); });
  }
  ~Node() override {
    network_->stop();
    thread_.join();
  }

  Network& network() { return *network_; }
  PeerEndpoint endpoint() {
    return {network_->local_id(), "127.0.0.1", network_->listening_port()};
  }
  void wait_connected() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return connected_; });
  }
  void wait_received(std::uint64_t messages) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return received_ >= messages; });
  }

 private:
  std::optional<std::string> check_hello(const PeerId&, ByteView) override { return {}; }
  void on_peer_connected(const PeerId&, Direction) override {
    const std::scoped_lock lock(mutex_);
    connected_ = true;
    changed_.notify_all();
  }
  void on_peer_disconnected(const PeerId&, const CloseReason&) override {}
  void on_link_failed(const LinkFailure&) override {}
  Flow on_message(const PeerId& peer, Channel channel, Bytes payload) override {
    if (mode_ == Mode::Echo) {
      static_cast<void>(network_->send(peer, channel, share(std::move(payload))));
      return Flow::Continue;
    }
    const std::scoped_lock lock(mutex_);
    received_ += 1;
    changed_.notify_all();
    return Flow::Continue;
  }

  Mode mode_;
  IdentityKey key_ = IdentityKey::generate(KeyType::Ed25519);
  std::mutex mutex_;
  std::condition_variable changed_;
  bool started_ = false;
  bool connected_ = false;
  std::uint64_t received_ = 0;
  std::unique_ptr<Network> network_;
  std::thread thread_;
};

NetworkConfig open_to_all() {
  NetworkConfig config;
  config.limits.unknown_peers_max = 1;
  return config;
}

NetworkConfig dialling(const PeerEndpoint& peer) {
  NetworkConfig config;
  config.peers = {peer};
  return config;
}

double process_cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void loopback_round_trip(benchmark::State& state) {
  Node echo(Node::Mode::Echo, open_to_all());
  Node node(Node::Mode::Count, dialling(echo.endpoint()));
  node.wait_connected();
  const SharedBytes message = share(Bytes(static_cast<std::size_t>(state.range(0))));
  std::uint64_t count = 0;
  for (auto _ : state) {
    if (!node.network().send(echo.network().local_id(), Channel::Consensus, message)) {
      state.SkipWithError("refused");
    }
    node.wait_received(++count);
  }
}
BENCHMARK(loopback_round_trip)->Arg(1024)->UseRealTime()->Unit(benchmark::kMicrosecond);

/// Sender and receiver share the machine: CPU time is that of both ends and of the kernel.
void loopback_throughput(benchmark::State& state) {
  Node sink(Node::Mode::Count, open_to_all());
  Node source(Node::Mode::Count, dialling(sink.endpoint()));
  source.wait_connected();
  const auto size = static_cast<std::size_t>(state.range(0));
  const SharedBytes message = share(Bytes(size));
  const std::uint64_t batch = (std::uint64_t{16} << 20) / size;
  std::uint64_t count = 0;
  const double start = process_cpu_seconds();
  for (auto _ : state) {
    for (std::uint64_t i = 0; i < batch; ++i) {
      if (!source.network().send(sink.network().local_id(), Channel::Bulk, message)) {
        state.SkipWithError("refused");
      }
    }
    count += batch;
    sink.wait_received(count);
  }
  const auto bytes = static_cast<double>(count * size);
  state.SetBytesProcessed(static_cast<std::int64_t>(count * size));
  state.counters["MB_per_cpu_second"] = bytes / 1e6 / (process_cpu_seconds() - start);
}
BENCHMARK(loopback_throughput)->Arg(1024)->Arg(1 << 20)->Arg(8 << 20)->UseRealTime();

}  // namespace
