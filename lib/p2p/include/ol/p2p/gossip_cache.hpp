#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <ol/p2p/gossip_message.hpp>
#include <ol/p2p/yamux.hpp>

namespace ol::p2p {

struct GossipCacheLimits {
  std::size_t windows = 5;         // heartbeats a message can be asked for
  std::size_t gossip_windows = 3;  // of these, how many are announced
  Duration seen_life = std::chrono::seconds{120};
  std::size_t seen_max = std::size_t{1} << 18;
  std::size_t message_bytes_max = std::size_t{64} << 20;  // of the messages held
};

enum class SeenState : std::uint8_t { Validating, Accepted, Ignored, Rejected };

/// What is remembered of a message id.
struct SeenMessage {
  SeenState state = SeenState::Validating;
  std::set<PeerId> senders;  // while it matters
  TimePoint judged_at;
};

/// The ids seen, in two generations so that forgetting costs nothing per id, and the latest
/// messages themselves. Single-threaded.
class GossipCache {
 public:
  explicit GossipCache(const GossipCacheLimits& limits) : limits_(limits) {}

  [[nodiscard]] SeenMessage* find_seen(const MessageId& id);
  SeenMessage& add_seen(const MessageId& id, TimePoint now);
  void forget(const MessageId& id);

  /// Keeps a message for IWANT, in the newest window.
  void put(const GossipMessagePtr& message);
  [[nodiscard]] GossipMessagePtr get(const MessageId& id) const;
  /// Ids of a topic's messages in the windows that are announced.
  [[nodiscard]] std::vector<MessageId> announced(const std::string& topic) const;
  /// A heartbeat has passed.
  void shift(TimePoint now);

  [[nodiscard]] std::size_t seen_count() const { return current_.size() + previous_.size(); }
  [[nodiscard]] std::size_t message_count() const { return messages_.size(); }

 private:
  void rotate(TimePoint now);
  void drop_window();

  using Seen = std::map<MessageId, SeenMessage>;
  GossipCacheLimits limits_;
  Seen current_;
  Seen previous_;
  std::optional<TimePoint> current_since_;
  std::map<MessageId, GossipMessagePtr> messages_;
  std::deque<std::vector<MessageId>> windows_{{}};  // newest first
  std::size_t bytes_ = 0;
};

}  // namespace ol::p2p
