#pragma once

#include <map>
#include <optional>
#include <string>

#include <ol/p2p/peer_id.hpp>
#include <ol/p2p/yamux.hpp>

/// How well a peer behaves, as gossipsub 1.1 counts it. Source: libp2p gossipsub 1.1 spec, "Peer
/// Scoring"; the numbers are libp2p.md section 8.7.
namespace ol::p2p {

/// The same for every topic.
struct TopicScoreParameters {
  double weight = 1;
  double mesh_time_weight = 0.02;  // P1, per quantum
  Duration mesh_time_quantum = std::chrono::seconds{1};
  double mesh_time_cap = 60;
  double first_deliveries_weight = 1;  // P2
  double first_deliveries_cap = 20;
  Duration first_deliveries_life = std::chrono::minutes{1};
  /// P3 and P3b are off by default: on a quiet or bursty topic they punish honest peers.
  double mesh_deliveries_weight = 0;  // P3, negative when on
  double mesh_deliveries_threshold = 0;
  double mesh_deliveries_cap = 0;
  Duration mesh_deliveries_life = std::chrono::minutes{1};
  Duration mesh_deliveries_activation = std::chrono::seconds{10};
  Duration mesh_deliveries_window = std::chrono::milliseconds{10};
  double mesh_failure_weight = 0;  // P3b, negative when on
  Duration mesh_failure_life = std::chrono::minutes{10};
  /// P4. A few may be a mistake of its software: the fifth cuts a peer off
  /// (docs/adr/0044-invalid-gossip.md).
  double invalid_weight = -5;
  Duration invalid_life = std::chrono::minutes{10};
};

struct ScoreParameters {
  TopicScoreParameters topic;
  double topics_cap = 100;        // of the sum over topics
  double application_weight = 1;  // P5
  double ip_weight = -5;          // P6
  double ip_threshold = 4;
  double behaviour_weight = -10;  // P7
  double behaviour_threshold = 6;
  Duration behaviour_life = std::chrono::minutes{10};
  Duration decay_interval = std::chrono::seconds{1};
  double decay_to_zero = 0.01;
  Duration retention = std::chrono::hours{1};  // after a peer is gone
  std::size_t retained_max = 4096;
  bool count_ips = true;  // off where one machine runs many nodes

  // Thresholds: graylist < publish <= gossip < 0 <= accept_exchange.
  double graylist = -80;
  double publish = -50;
  double gossip = -10;
  double accept_exchange = 10;
  double opportunistic = 5;
};

/// Whether every number is finite, of the right sign and in order. A configuration error otherwise.
[[nodiscard]] bool is_valid(const ScoreParameters& parameters);

/// All scores of a router. Single-threaded.
class GossipScore {
 public:
  explicit GossipScore(const ScoreParameters& parameters);

  /// @param ip  A key for counting; empty for none.
  void add_peer(const PeerId& peer, const std::string& ip);
  void remove_peer(const PeerId& peer, TimePoint now);
  /// Where a peer that is here counts from now on.
  void set_ip(const PeerId& peer, const std::string& ip);

  void graft(const PeerId& peer, const std::string& topic, TimePoint now);
  void prune(const PeerId& peer, const std::string& topic, TimePoint now);
  /// A valid message came from this peer first.
  void first_delivery(const PeerId& peer, const std::string& topic);
  /// It came from this one too, while it was validated or within the window after.
  void near_delivery(const PeerId& peer, const std::string& topic);
  void invalid_message(const PeerId& peer, const std::string& topic);
  void misbehaved(const PeerId& peer, double count);
  void set_application_score(const PeerId& peer, double score);

  /// Decays every counter as often as is due, and forgets peers long gone.
  void decay(TimePoint now);
  [[nodiscard]] double score(const PeerId& peer, TimePoint now) const;
  [[nodiscard]] const ScoreParameters& parameters() const { return parameters_; }
  [[nodiscard]] std::size_t size() const { return peers_.size(); }

 private:
  struct TopicStats {
    std::optional<TimePoint> mesh_since;
    double first_deliveries = 0;
    double mesh_deliveries = 0;
    double mesh_failures = 0;
    double invalid = 0;
  };
  struct PeerStats {
    std::map<std::string, TopicStats> topics;
    std::string ip;
    double application = 0;
    double behaviour = 0;
    std::optional<TimePoint> gone_at;
  };

  [[nodiscard]] double topic_score(const TopicStats& stats, TimePoint now) const;
  [[nodiscard]] double deficit(const TopicStats& stats, TimePoint now) const;
  [[nodiscard]] TopicStats* find(const PeerId& peer, const std::string& topic);
  void uncount_ip(const std::string& ip);
  void decay_once();
  void forget_gone(TimePoint now);

  ScoreParameters parameters_;
  std::map<PeerId, PeerStats> peers_;
  std::map<std::string, std::size_t> ips_;  // connected peers per ip
  std::optional<TimePoint> last_decay_;
};

}  // namespace ol::p2p
