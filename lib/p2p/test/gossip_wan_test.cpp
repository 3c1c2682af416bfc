// A hundred routers on five continents: how long a message takes to reach everybody.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <queue>

#include <ol/p2p/gossip_router.hpp>
#include <ol/p2p/varint.hpp>

#include "test_keys.hpp"

namespace ol::p2p {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

const std::string kTopic = "blocks";
constexpr std::size_t kNodes = 100;
constexpr std::size_t kMessageBytes = 1024;
// Half of usual round trips between North America, Europe, Asia, South America and Australia, in
// milliseconds; the matrix of `openliquid sim --links wan`.
constexpr std::size_t kContinents = 5;
constexpr int kWanMs[kContinents][kContinents] = {{1, 40, 80, 60, 75},
                                                  {40, 1, 80, 95, 140},
                                                  {80, 80, 1, 160, 50},
                                                  {60, 95, 160, 1, 155},
                                                  {75, 140, 50, 155, 1}};
// What a node can send, one RPC after another.
constexpr std::size_t kUplinkBytesPerSecond = 12'500'000;

struct Delivery {
  TimePoint at;
  std::uint64_t number = 0;  // of two at one time, the one sent first
  std::size_t from = 0;
  std::size_t to = 0;
  Bytes rpc;

  bool operator>(const Delivery& other) const {
    return std::tie(at, number) > std::tie(other.at, other.number);
  }
};

/// Routers on a simulated wide-area network. Every message that is published carries its time.
class WideNetwork {
 public:
  explicit WideNetwork(std::uint64_t seed) : random_(seed) {
    GossipParameters parameters;
    parameters.topics = {kTopic};
    parameters.score.count_ips = false;
    for (std::size_t i = 0; i < kNodes; ++i) {
      keys_.push_back(
          std::make_unique<IdentityKey>(testing::identity_key(static_cast<std::uint8_t>(i + 1))));
      ids_.push_back(testing::peer_id(static_cast<std::uint8_t>(i + 1)));
      routers_.push_back(std::make_unique<GossipRouter>(parameters, *keys_[i], seed + i));
      numbers_[ids_[i]] = i;
      routers_[i]->join(kTopic, now_);
      next_heartbeat_.push_back(now_ + milliseconds(7) * i);
      uplink_free_.push_back(now_);
    }
    connect_at_random();
  }

  /// Lets `time` pass.
  void run(Duration time) {
    const TimePoint end = now_ + time;
    while (true) {
      const auto beat = std::min_element(next_heartbeat_.begin(), next_heartbeat_.end());
      const bool delivery_first = !wire_.empty() && wire_.top().at <= *beat;
      const TimePoint next = delivery_first ? wire_.top().at : *beat;
      if (next > end) break;
      now_ = next;
      if (delivery_first) {
        deliver();
        continue;
      }
      const auto node = static_cast<std::size_t>(beat - next_heartbeat_.begin());
      *beat += routers_[node]->parameters().heartbeat;
      routers_[node]->heartbeat(now_);
      flush(node);
    }
    now_ = end;
  }

  void publish(std::size_t node) {
    Bytes data = testing::pattern(kMessageBytes, ++published_);
    const auto sent = now_.time_since_epoch().count();
    std::memcpy(data.data(), &sent, sizeof sent);
    ASSERT_TRUE(routers_[node]->publish(kTopic, data, now_));
    flush(node);
  }

  [[nodiscard]] std::size_t random_node() { return random_() % kNodes; }
  [[nodiscard]] std::vector<Duration>& delays() { return delays_; }
  [[nodiscard]] std::uint64_t duplicates() const {
    std::uint64_t out = 0;
    for (const auto& router : routers_)
      out += router->counters().duplicates;
    return out;
  }

 private:
  // Everybody dials five others, so that nobody has many more than ten connections.
  void connect_at_random() {
    for (std::size_t a = 0; a < kNodes; ++a) {
      for (int dialled = 0; dialled < 5;) {
        const std::size_t b = random_node();
        if (b == a || routers_[a]->has_peer(ids_[b])) continue;
        routers_[a]->add_peer(ids_[b], {GossipVersion::V12, true, ""}, now_);
        routers_[b]->add_peer(ids_[a], {GossipVersion::V12, false, ""}, now_);
        dialled += 1;
      }
    }
    for (std::size_t a = 0; a < kNodes; ++a)
      flush(a);
  }

  void deliver() {
    const Delivery delivery = wire_.top();
    wire_.pop();
    GossipRouter& router = *routers_[delivery.to];
    ByteView rpc = delivery.rpc;
    rpc = rpc.subspan(read_uvarint(rpc).size);
    ASSERT_TRUE(router.on_rpc(ids_[delivery.from], rpc, now_));
    while (const auto event = router.next_event()) {
      const auto* const received = std::get_if<GossipReceived>(&*event);
      if (received == nullptr) continue;
      Duration::rep sent = 0;
      std::memcpy(&sent, received->message->data().data(), sizeof sent);
      delays_.push_back(now_.time_since_epoch() - Duration(sent));
      router.judge(received->message->id, GossipVerdict::Accept, now_);
    }
    flush(delivery.to);
  }

  void flush(std::size_t from) {
    for (const PeerId& id : routers_[from]->take_ready()) {
      const std::size_t to = numbers_.at(id);
      while (true) {
        const auto pieces = routers_[from]->take_rpc(id, now_);
        if (pieces.empty()) break;
        Bytes rpc;
        for (const SharedBytes& piece : pieces)
          append(rpc, *piece);
        const auto sending = microseconds(rpc.size() * 1'000'000 / kUplinkBytesPerSecond);
        uplink_free_[from] = std::max(uplink_free_[from], now_) + sending;
        const milliseconds distance(kWanMs[from % kContinents][to % kContinents]);
        wire_.push({uplink_free_[from] + distance, ++sent_, from, to, std::move(rpc)});
      }
    }
  }

  TimePoint now_{std::chrono::hours{1}};
  std::mt19937_64 random_;
  std::vector<std::unique_ptr<IdentityKey>> keys_;
  std::vector<PeerId> ids_;
  std::map<PeerId, std::size_t> numbers_;
  std::vector<std::unique_ptr<GossipRouter>> routers_;
  std::vector<TimePoint> next_heartbeat_;
  std::vector<TimePoint> uplink_free_;
  std::priority_queue<Delivery, std::vector<Delivery>, std::greater<>> wire_;
  std::uint64_t sent_ = 0;
  std::uint32_t published_ = 0;
  std::vector<Duration> delays_;
};

TEST(GossipWan, a_message_reaches_a_hundred_nodes_on_five_continents_within_500_ms) {
  WideNetwork network(7);
  network.run(seconds(5));
  constexpr std::size_t kMessages = 15;
  for (std::size_t i = 0; i < kMessages; ++i) {
    network.publish(network.random_node());
    network.run(milliseconds(50));
  }
  network.run(seconds(3));
  auto& delays = network.delays();
  ASSERT_EQ(delays.size(), kMessages * (kNodes - 1)) << "everybody hears everything once";
  std::sort(delays.begin(), delays.end());
  const auto at = [&](std::size_t percent) {
    return duration_cast<milliseconds>(delays[(delays.size() - 1) * percent / 100]).count();
  };
  RecordProperty("p50_ms", static_cast<int>(at(50)));
  RecordProperty("p99_ms", static_cast<int>(at(99)));
  std::printf("gossip to %zu nodes: p50 %ld ms, p99 %ld ms, longest %ld ms, %.1f copies each\n",
              kNodes, at(50), at(99), at(100),
              1 + static_cast<double>(network.duplicates()) / static_cast<double>(delays.size()));
  EXPECT_LT(at(99), 500);
}

}  // namespace
}  // namespace ol::p2p
