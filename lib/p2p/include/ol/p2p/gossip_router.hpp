#pragma once

#include <deque>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <ol/p2p/gossip_cache.hpp>
#include <ol/p2p/gossip_flood.hpp>
#include <ol/p2p/gossip_message.hpp>
#include <ol/p2p/gossip_queue.hpp>
#include <ol/p2p/gossip_score.hpp>
#include <ol/p2p/gossip_verdict.hpp>
#include <ol/p2p/gossip_waste.hpp>
#include <ol/p2p/multiaddr.hpp>

/// Gossipsub 1.1 with scoring and 1.2's IDONTWANT as a machine without I/O.
/// Source: libp2p gossipsub 1.0, 1.1 and 1.2 specs; parameters and deviations in
/// docs/protocol/libp2p.md.
namespace ol::p2p {

struct GossipParameters {
  GossipSigning signing = GossipSigning::StrictNoSign;
  std::set<std::string> topics;            // all that exist; others are ignored
  std::set<std::string> droppable_topics;  // of these, the first to go when a peer is slow
  std::set<std::string> either_topics;     // messages may be signed or not, whatever `signing` says
  std::set<PeerId> direct;                 // always forwarded to, never in a mesh, never scored

  std::size_t d = 8;
  std::size_t d_low = 6;
  std::size_t d_high = 12;
  std::size_t d_score = 4;
  std::size_t d_out = 2;
  std::size_t d_lazy = 6;
  double gossip_factor = 0.25;
  Duration heartbeat = std::chrono::milliseconds{700};
  Duration prune_backoff = std::chrono::seconds{60};
  Duration unsubscribe_backoff = std::chrono::seconds{10};
  Duration backoff_max = std::chrono::seconds{3600};
  Duration graft_flood = std::chrono::seconds{10};
  Duration fanout_life = std::chrono::seconds{60};
  Duration opportunistic_every = std::chrono::seconds{60};
  std::size_t idontwant_bytes = 1024;  // from this size on
  std::size_t flood_bytes = 16 << 10;  // own messages up to this size go to everyone
  std::size_t topics_per_peer = 64;
  std::size_t backoffs_max = 16384;  // of all peers, those that are gone too

  unsigned ihave_per_heartbeat = 10;
  std::size_t ihave_ids_per_heartbeat = 5000;
  std::size_t idontwant_ids_per_heartbeat = 1000;
  std::size_t iwant_bytes_per_heartbeat = std::size_t{8} << 20;
  unsigned iwant_repeats = 3;
  unsigned idontwant_heartbeats = 3;
  Duration promise_life = std::chrono::seconds{3};
  std::size_t validations_per_peer = 256;
  Duration verdict_time = std::chrono::seconds{60};  // then nobody is waited for
  std::size_t exchanged_peers = 16;                  // of one peer and heartbeat

  GossipQueueLimits queue;
  Duration forwarded_life = std::chrono::seconds{2};  // in a send queue
  Duration own_life = std::chrono::seconds{5};
  Duration slow_peer_time = std::chrono::seconds{10};
  Duration waste_time = std::chrono::seconds{10};     // messages dropped as waste: the same
  Duration graylist_time = std::chrono::seconds{10};  // below the threshold for so long: cut off
  Duration rpc_time = std::chrono::minutes{1};        // from the first byte of an RPC to its last
  // What one peer may send; an RPC without messages counts as one. Faster ones are read more
  // slowly.
  double messages_per_second = 50'000;
  double bytes_per_second = 256.0 * 1024 * 1024;

  GossipCacheLimits cache;
  GossipRpcLimits rpc;
  GossipFloodLimits floods;
  GossipWasteLimits waste;
  ScoreParameters score;
};

/// Whether the parameters fit each other.
[[nodiscard]] bool is_valid(const GossipParameters& parameters);

enum class GossipVersion : std::uint8_t { V10, V11, V12 };

struct GossipPeer {
  GossipVersion version = GossipVersion::V12;
  bool outbound = false;  // we dialled
  std::string ip;         // a key for counting; empty for none
};

/// A message to validate: answer with `GossipRouter::judge`.
struct GossipReceived {
  GossipMessagePtr message;
  PeerId from;
};
/// A message of ours that a peer did not get.
struct GossipUndelivered {
  PeerId peer;
  MessageId id;
};
/// A peer whose queue stayed full. Disconnect it.
struct GossipSlowPeer {
  PeerId peer;
};
/// A peer whose score stayed below the graylist threshold, or that goes on sending much in spite of
/// it. Disconnect it.
struct GossipGraylisted {
  PeerId peer;
  std::optional<GossipOffence> offence;  // what it did most, on this connection
};
/// A peer we were told of when we were pruned; its record is verified. Dial it if more are wanted.
struct GossipExchanged {
  PeerId peer;
  std::vector<Multiaddr> addresses;
};
using GossipEvent = std::variant<GossipReceived, GossipUndelivered, GossipSlowPeer,
                                 GossipGraylisted, GossipExchanged>;

enum class GossipPublishError : std::uint8_t { UnknownTopic, Duplicate, TooLong };

struct GossipPublished {
  MessageId id;
  std::size_t recipients = 0;
};

struct GossipCounters {
  std::uint64_t received = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t rejected = 0;
  std::uint64_t graylisted_rpcs = 0;
  std::uint64_t overflowed = 0;       // validations that did not fit
  std::uint64_t useless = 0;          // charged to who sent them (gossip_waste.hpp)
  std::uint64_t dropped = 0;          // not looked at, for who sent them had sent too many of those
  std::uint64_t undelivered = 0;      // messages that a peer's queue had no room for
  std::uint64_t own_undelivered = 0;  // own ones that a peer did not get, for whatever reason
  std::uint64_t former = 0;           // messages of ours from before this start
  std::uint64_t too_long = 0;         // ids and topics, which were passed over
  std::uint64_t unsupported = 0;      // messages of authors whose keys we cannot verify
  std::uint64_t slow_direct = 0;      // times a direct peer was slow, and stayed
  std::uint64_t unjudged = 0;         // messages whose verdict did not come in time
  std::array<double, kGossipOffences> offences{};  // counted against peers, by GossipOffence
};

/// The router. Feed RPCs and the time, drain events, send what peers have waiting. Single-threaded.
class GossipRouter {
 public:
  /// @param key   Signs under StrictSign. Borrowed.
  /// @param seed         Of every random choice.
  /// @param first_seqno  Of our signed messages: higher than any of an earlier life of this key.
  GossipRouter(GossipParameters parameters, const IdentityKey& key, std::uint64_t seed,
               std::uint64_t first_seqno = 0);

  void add_peer(const PeerId& peer, const GossipPeer& info, TimePoint now);
  void remove_peer(const PeerId& peer, TimePoint now);
  /// Our stream to the peer was lost and another begins: our subscriptions are told again, what
  /// waits is kept. The peer's own subscriptions came on a stream of its own and stay.
  void restart_peer(const PeerId& peer, TimePoint now);
  /// Replaces GossipParameters::direct, as when the set of validators changes.
  void set_direct(std::set<PeerId> peers, TimePoint now);
  [[nodiscard]] bool has_peer(const PeerId& peer) const { return peers_.contains(peer); }
  /// @pre The peer was added.
  void set_version(const PeerId& peer, GossipVersion version) {
    peers_.at(peer).info.version = version;
  }

  /// Where the peer counts from now on (GossipPeer::ip).
  void set_ip(const PeerId& peer, const std::string& ip) { score_.set_ip(peer, ip); }

  /// @return Why the peer should be disconnected, if its RPC breaks a limit.
  [[nodiscard]] Result<std::size_t, GossipRpcError> on_rpc(const PeerId& peer, ByteView rpc,
                                                           TimePoint now);
  /// @pre The topic is one of the parameters'.
  void join(const std::string& topic, TimePoint now);
  void leave(const std::string& topic, TimePoint now);
  [[nodiscard]] Result<GossipPublished, GossipPublishError> publish(const std::string& topic,
                                                                    ByteView data, TimePoint now);
  /// With a signing of the message's own, for topics that take either.
  [[nodiscard]] Result<GossipPublished, GossipPublishError> publish(const std::string& topic,
                                                                    ByteView data,
                                                                    GossipSigning signing,
                                                                    TimePoint now);
  void judge(const MessageId& id, GossipVerdict verdict, TimePoint now);
  void set_application_score(const PeerId& peer, double score) {
    score_.set_application_score(peer, score);
  }
  /// Call every `GossipParameters::heartbeat`.
  void heartbeat(TimePoint now);

  [[nodiscard]] std::optional<GossipEvent> next_event();
  /// Peers that have something waiting, each once.
  [[nodiscard]] std::set<PeerId> take_ready() { return std::exchange(ready_, {}); }
  /// The next RPC for a peer with its length, in pieces; nothing if none waits.
  [[nodiscard]] std::vector<SharedBytes> take_rpc(const PeerId& peer, TimePoint now);

  [[nodiscard]] double score(const PeerId& peer, TimePoint now) const;
  [[nodiscard]] std::set<PeerId> mesh(const std::string& topic) const;
  /// Of messages that wait to be sent to the peer.
  [[nodiscard]] std::size_t queued_bytes(const PeerId& peer) const;
  [[nodiscard]] const GossipParameters& parameters() const { return parameters_; }
  [[nodiscard]] const GossipCounters& counters() const { return counters_; }
  /// Entries of every table a peer can make grow, for tests of bounds.
  [[nodiscard]] std::size_t table_entries() const;

 private:
  struct Peer {
    Peer(const GossipWasteLimits& waste, TimePoint now)
        : droppable_waste(waste.droppable, now), other_waste(waste.other, now) {}

    GossipPeer info;
    std::set<std::string> topics;
    GossipQueue queue;
    unsigned ihaves = 0;  // of this heartbeat, as the next five
    std::size_t ihave_ids = 0;
    std::size_t idontwant_ids = 0;
    std::size_t iwant_bytes = 0;
    std::size_t exchanged = 0;  // peer records opened
    GossipFloods floods;
    GossipWaste droppable_waste;
    GossipWaste other_waste;
    std::map<MessageId, std::uint64_t> unwanted;  // until that heartbeat
    std::map<MessageId, unsigned> sent;           // answers to IWANT per id
    // Asked of it on topics that take either policy, until that heartbeat: under these names, and
    // perhaps not under those we give.
    std::map<MessageId, std::uint64_t> asked;
    std::deque<MessageId> promises;  // of these, the oldest first
    std::size_t validating = 0;
    std::optional<TimePoint> full_since;
    std::optional<TimePoint> graylisted_since;
    std::optional<TimePoint> wasteful_since;  // its messages are dropped
    bool wasteful = false;                    // since the last heartbeat
    std::array<double, kGossipOffences> offences{};
    bool cut_off = false;
  };
  struct Backoff {
    TimePoint until;
    TimePoint pruned_at;
  };
  struct Fanout {
    std::set<PeerId> peers;
    TimePoint last_published;
  };
  struct Validating {
    GossipMessagePtr message;
    PeerId from;
    TimePoint since;
  };
  using TopicPeer = std::pair<std::string, PeerId>;

  [[nodiscard]] Peer* find(const PeerId& peer);
  [[nodiscard]] bool is_direct(const PeerId& peer) const {
    return parameters_.direct.contains(peer);
  }
  [[nodiscard]] bool is_joined(const std::string& topic) const { return mesh_.contains(topic); }
  [[nodiscard]] GossipSigning policy_of(const std::string& topic) const {
    return parameters_.either_topics.contains(topic) ? GossipSigning::Either : parameters_.signing;
  }

  // Messages.
  void on_subscription(const PeerId& id, Peer& peer, const RpcSubscription& subscription,
                       TimePoint now);
  void on_message(const PeerId& id, Peer& peer, const RpcMessage& message, TimePoint now);
  void on_duplicate(const PeerId& id, Peer& peer, SeenMessage& seen, const RpcMessage& message,
                    TimePoint now);
  [[nodiscard]] bool is_of_former_life(const RpcMessage& message) const;
  [[nodiscard]] const GossipWasteLimit& waste_limit(const std::string& topic) const;
  [[nodiscard]] GossipWaste& waste_of(Peer& peer, const std::string& topic) const;
  void charge(Peer& peer, const std::string& topic, std::size_t bytes);
  void charge_senders(const GossipMessage& message, const SeenMessage& seen);
  void give_back(const Validating& entry);
  /// Whether the peer has sent too much of no use to be listened to on this topic.
  [[nodiscard]] bool drop_waste(const PeerId& id, Peer& peer, const std::string& topic,
                                std::size_t bytes, TimePoint now);
  void announce_unwanted(const PeerId& from, const GossipMessage& message);
  void forward(const GossipMessagePtr& message, const SeenMessage& seen, TimePoint now);
  void tell_subscriptions(GossipQueue& queue) const;
  void leave_meshes(const PeerId& id, TimePoint now);
  [[nodiscard]] std::set<PeerId> recipients(const std::string& topic, std::size_t bytes,
                                            TimePoint now);
  void note_promise(const PeerId& id, Peer& peer, const std::vector<MessageId>& asked,
                    TimePoint now);
  void keep_promise(const PeerId& id, Peer& peer);
  void send(const PeerId& id, Peer& peer, const GossipMessagePtr& message, GossipClass priority,
            TimePoint now);

  // Control.
  void on_ihave(const PeerId& id, Peer& peer, const RpcIhave& ihave, TimePoint now);
  [[nodiscard]] bool may_ask(Peer& peer, const std::string& topic, const MessageId& message);
  void on_iwant(const PeerId& id, Peer& peer, const std::vector<ByteView>& ids, TimePoint now);
  void on_graft(const PeerId& id, Peer& peer, const std::string& topic, TimePoint now);
  void on_prune(const PeerId& id, Peer& peer, const RpcPrune& prune, TimePoint now);
  void on_exchanged(Peer& peer, const RpcPrune& prune);
  void on_idontwant(Peer& peer, const std::vector<ByteView>& ids);
  void add_to_mesh(const PeerId& id, const std::string& topic, TimePoint now);
  void refuse_graft(const PeerId& id, Peer& peer, const std::string& topic, TimePoint now);
  void set_backoff(const PeerId& id, const std::string& topic, Duration time, TimePoint now);
  void make_room_for_backoff();
  [[nodiscard]] bool in_backoff(const PeerId& id, const std::string& topic, TimePoint now) const;

  // Offences.
  void on_control(const PeerId& id, Peer& peer, const GossipRpc& rpc, TimePoint now);
  void on_graylisted_rpc(const PeerId& id, Peer& peer);
  /// Counts what may be a flood. False once there is more of it than is acted on in a heartbeat.
  bool admit(const PeerId& id, Peer& peer, GossipOffence flood, std::size_t amount);
  void note_offence(const PeerId& id, GossipOffence offence, double count);
  /// Counts into the behaviour of a peer, P7.
  void misbehaved(const PeerId& id, GossipOffence offence, double count);
  void sent_invalid(const PeerId& id, const std::string& topic);
  void cut_off(const PeerId& id, Peer& peer);

  // Heartbeat.
  void graft_peer(const PeerId& id, const std::string& topic, TimePoint now);
  void prune_peer(const PeerId& id, const std::string& topic, Duration backoff, TimePoint now);
  void keep_mesh(const std::string& topic, TimePoint now);
  void trim_mesh(const std::string& topic, TimePoint now);
  void improve_mesh(const std::string& topic, TimePoint now);
  void keep_fanout(TimePoint now);
  void emit_gossip(const std::string& topic, TimePoint now);
  void break_promises(TimePoint now);
  void give_up_validations(TimePoint now);
  void expire(TimePoint now);
  void check_slow_peers(TimePoint now);
  void check_graylisted(TimePoint now);
  void check_wasteful(TimePoint now);
  /// Peers of a topic that could be grafted: not in the mesh, direct, in backoff or disliked.
  [[nodiscard]] std::vector<PeerId> candidates(const std::string& topic, TimePoint now);
  [[nodiscard]] std::size_t outbound_count(const std::set<PeerId>& peers);
  template <typename T>
  void shuffle(std::vector<T>& items) {
    std::shuffle(items.begin(), items.end(), random_);
  }
  void mark_ready(const PeerId& id) { ready_.insert(id); }

  GossipParameters parameters_;
  const IdentityKey& key_;
  PeerId self_;
  std::mt19937_64 random_;
  std::uint64_t first_seqno_;
  std::uint64_t seqno_;
  std::map<PeerId, Peer> peers_;
  std::map<std::string, std::set<PeerId>> mesh_;  // an entry for every topic joined
  std::map<std::string, Fanout> fanout_;
  std::map<TopicPeer, Backoff> backoffs_;
  std::map<MessageId, std::map<PeerId, TimePoint>> promises_;
  std::map<MessageId, Validating> validating_;
  GossipCache cache_;
  GossipScore score_;
  std::deque<GossipEvent> events_;
  std::set<PeerId> ready_;
  GossipCounters counters_;
  std::uint64_t heartbeats_ = 0;
  std::optional<TimePoint> improved_at_;
};

}  // namespace ol::p2p
