#pragma once

#include <deque>
#include <set>
#include <string>
#include <vector>

#include <ol/p2p/gossip_message.hpp>
#include <ol/p2p/yamux.hpp>

namespace ol::p2p {

/// What loses its place first when a peer does not keep up.
enum class GossipClass : std::uint8_t {
  Droppable,  // forwarded, of a topic that can be fetched otherwise
  Forwarded,
  Own,  // published here: never dropped in silence
};

struct GossipQueueLimits {
  std::size_t bytes = std::size_t{4} << 20;
  std::size_t messages = 2048;
  /// One RPC holds no more than this unless a single message is larger: rust-libp2p refuses more
  /// than 64 KiB unless told otherwise.
  std::size_t rpc_bytes = 60 << 10;
};

/// What waits to be sent to one peer: control entries and messages. Messages are shared, never
/// copied. Single-threaded.
class GossipQueue {
 public:
  explicit GossipQueue(const GossipQueueLimits& limits = {}) : limits_(limits) {}

  void subscribe(bool on, const std::string& topic) { subscriptions_.emplace_back(on, topic); }
  /// Another stream begins: nothing told on the one before counts.
  void restart() { subscriptions_.clear(); }
  void graft(const std::string& topic);
  void prune(const std::string& topic, std::uint64_t backoff_s);
  /// Dropped when the queue is full.
  void ihave(const std::string& topic, std::vector<MessageId> ids);
  void iwant(std::vector<MessageId> ids);
  void idontwant(const MessageId& id);

  /// False if there was no room even after dropping what may be dropped for it.
  [[nodiscard]] bool push(GossipMessagePtr message, GossipClass priority, TimePoint expires);
  /// The peer does not want these any more.
  void remove(const std::set<MessageId>& ids);

  [[nodiscard]] bool empty() const;
  [[nodiscard]] bool is_full() const { return bytes_ >= limits_.bytes / 2 || is_crowded(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t size() const { return messages_.size(); }

  /// Takes one RPC: its length and everything but the messages in the first buffer, then a buffer
  /// per message. Messages past their time are dropped. Nothing if there is nothing left.
  [[nodiscard]] std::vector<SharedBytes> take_rpc(TimePoint now);
  /// The ids that the RPC taken last asks for.
  [[nodiscard]] std::vector<MessageId> take_asked() { return std::exchange(asked_, {}); }
  /// Own messages that were dropped past their time since this was last called.
  [[nodiscard]] std::size_t take_expired_own() { return std::exchange(expired_own_, 0); }
  /// Own messages that wait.
  [[nodiscard]] std::size_t own_count() const;

 private:
  struct Queued {
    GossipMessagePtr message;
    GossipClass priority;
    TimePoint expires;
  };

  [[nodiscard]] bool is_crowded() const { return messages_.size() >= limits_.messages / 2; }
  [[nodiscard]] bool fits(std::size_t bytes) const;
  [[nodiscard]] bool drop_one(GossipClass below);
  void drop_expired(TimePoint now);
  void drop_late();
  [[nodiscard]] Bytes take_control();

  GossipQueueLimits limits_;
  std::vector<std::pair<bool, std::string>> subscriptions_;
  std::set<std::string> grafts_;
  std::vector<std::pair<std::string, std::uint64_t>> prunes_;
  std::vector<std::pair<std::string, std::vector<MessageId>>> ihaves_;
  std::vector<MessageId> iwants_;
  std::vector<MessageId> idontwants_;
  std::size_t gossip_ids_ = 0;
  std::vector<MessageId> asked_;
  std::size_t expired_own_ = 0;
  std::deque<Queued> messages_;
  std::size_t bytes_ = 0;  // of messages
};

}  // namespace ol::p2p
