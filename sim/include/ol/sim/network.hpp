#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <ol/base/bytes.hpp>
#include <ol/p2p/channel.hpp>
#include <ol/sim/event_queue.hpp>
#include <ol/sim/fault_counts.hpp>
#include <ol/sim/random.hpp>

namespace ol::sim {

/// How the network treats messages; changed during a run.
struct NetworkConditions {
  std::uint64_t base_us = 5'000;
  std::uint64_t jitter_us = 2'000;
  std::uint64_t loss_per_mille = 0;
  std::uint64_t duplicate_per_mille = 0;
  std::uint64_t spike_per_mille = 0;  // a message that takes many times as long
  bool reorder = false;               // otherwise a link's channel keeps its order
};

/// What a cut link does with messages: a real one drops them when it is reset, and delivers them
/// late when it is only slow to notice.
enum class Cut : std::uint8_t { Open, Drop, Hold };

/// Where the network's events go.
class NetworkUser {
 public:
  virtual ~NetworkUser() = default;
  [[nodiscard]] virtual bool is_up(std::uint32_t node) const = 0;
  virtual void deliver(std::uint32_t from, std::uint32_t to, p2p::Channel channel,
                       ByteView bytes) = 0;
  virtual void connected(std::uint32_t a, std::uint32_t b) = 0;
  virtual void disconnected(std::uint32_t a, std::uint32_t b) = 0;
};

/// Connections between nodes and the messages on them, in virtual time.
class Network {
 public:
  using Message = std::shared_ptr<const Bytes>;

  /// References must outlive the network.
  Network(std::uint32_t nodes, EventQueue& queue, Random random, FaultCounts& faults,
          NetworkUser& user);

  void send(std::uint32_t from, std::uint32_t to, p2p::Channel channel, Message bytes);
  /// Cuts or opens one direction of a link.
  void cut(std::uint32_t from, std::uint32_t to, Cut how);
  /// Opens every link and delivers what was held.
  void heal();
  /// Both ends learn that their connection is gone; what is under way is lost.
  void reset(std::uint32_t a, std::uint32_t b);
  /// Tries to connect after `delay_us`, and again until both are up and the link is open.
  void connect_later(std::uint32_t a, std::uint32_t b, std::uint64_t delay_us);
  /// Never connects these two.
  void forbid(std::uint32_t a, std::uint32_t b);
  [[nodiscard]] bool is_connected(std::uint32_t a, std::uint32_t b) const {
    return pair(a, b).connected;
  }
  /// Adds to the delay of one direction of a link.
  void slow_down(std::uint32_t from, std::uint32_t to, std::uint64_t extra_us) {
    link(from, to).extra_us = extra_us;
  }

  NetworkConditions conditions;

 private:
  struct Held {
    p2p::Channel channel;
    Message bytes;
  };
  struct Link {
    Cut cut = Cut::Open;
    std::uint64_t extra_us = 0;
    std::vector<Held> held;
    std::array<std::uint64_t, p2p::kChannelCount> last_us{};
  };
  struct Pair {
    bool connected = false;
    bool connecting = false;
    bool forbidden = false;
    std::uint64_t epoch = 0;
  };

  [[nodiscard]] Link& link(std::uint32_t from, std::uint32_t to) {
    return links_[from * nodes_ + to];
  }
  [[nodiscard]] Pair& pair(std::uint32_t a, std::uint32_t b) {
    return pairs_[std::min(a, b) * nodes_ + std::max(a, b)];
  }
  [[nodiscard]] const Pair& pair(std::uint32_t a, std::uint32_t b) const {
    return pairs_[std::min(a, b) * nodes_ + std::max(a, b)];
  }
  void try_connect(std::uint32_t a, std::uint32_t b);
  void schedule(std::uint32_t from, std::uint32_t to, p2p::Channel channel, const Message& bytes);

  std::uint32_t nodes_;
  EventQueue& queue_;
  Random random_;
  FaultCounts& faults_;
  NetworkUser& user_;
  std::vector<Link> links_;
  std::vector<Pair> pairs_;
};

}  // namespace ol::sim
