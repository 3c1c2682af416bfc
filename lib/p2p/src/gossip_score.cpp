#include <ol/p2p/gossip_score.hpp>

#include <algorithm>
#include <cmath>

#include <ol/base/check.hpp>

namespace ol::p2p {
namespace {

/// How often decay catches up after a pause at most; beyond that everything is zero anyway.
constexpr int kDecaysMax = 1000;

/// The factor that takes a counter of 1 to `to_zero` in `life`.
double decay_factor(Duration life, const ScoreParameters& parameters) {
  const auto intervals =
      static_cast<double>(life.count()) / static_cast<double>(parameters.decay_interval.count());
  return std::pow(parameters.decay_to_zero, 1 / intervals);
}

}  // namespace

bool is_valid(const ScoreParameters& p) {
  const TopicScoreParameters& t = p.topic;
  const double all[] = {t.weight,
                        t.mesh_time_weight,
                        t.mesh_time_cap,
                        t.first_deliveries_weight,
                        t.first_deliveries_cap,
                        t.mesh_deliveries_weight,
                        t.mesh_deliveries_threshold,
                        t.mesh_deliveries_cap,
                        t.mesh_failure_weight,
                        t.invalid_weight,
                        p.topics_cap,
                        p.application_weight,
                        p.ip_weight,
                        p.ip_threshold,
                        p.behaviour_weight,
                        p.behaviour_threshold,
                        p.decay_to_zero,
                        p.graylist,
                        p.publish,
                        p.gossip,
                        p.accept_exchange,
                        p.opportunistic};
  if (!std::all_of(std::begin(all), std::end(all), [](double v) { return std::isfinite(v); })) {
    return false;
  }
  const Duration lives[] = {t.mesh_time_quantum, t.first_deliveries_life, t.mesh_deliveries_life,
                            t.mesh_failure_life, t.invalid_life,          p.behaviour_life,
                            p.decay_interval};
  if (!std::all_of(std::begin(lives), std::end(lives), [](Duration d) { return d.count() > 0; })) {
    return false;
  }
  const bool signs = t.weight >= 0 && t.mesh_time_weight >= 0 && t.first_deliveries_weight >= 0 &&
                     t.mesh_deliveries_weight <= 0 && t.mesh_failure_weight <= 0 &&
                     t.invalid_weight <= 0 && p.ip_weight <= 0 && p.behaviour_weight <= 0;
  const bool order = p.graylist < p.publish && p.publish <= p.gossip && p.gossip < 0 &&
                     p.accept_exchange >= 0 && p.opportunistic >= 0;
  return signs && order && p.decay_to_zero > 0 && p.decay_to_zero < 1;
}

GossipScore::GossipScore(const ScoreParameters& parameters) : parameters_(parameters) {
  OL_CHECK(is_valid(parameters_), "score parameters are checked when they are configured");
}

void GossipScore::add_peer(const PeerId& peer, const std::string& ip) {
  PeerStats& stats = peers_[peer];
  stats.gone_at.reset();
  stats.ip = ip;
  if (!ip.empty()) ips_[ip] += 1;
}

void GossipScore::remove_peer(const PeerId& peer, TimePoint now) {
  const auto at = peers_.find(peer);
  if (at == peers_.end()) return;
  uncount_ip(at->second.ip);
  at->second.ip.clear();
  at->second.gone_at = now;
  for (auto& [topic, stats] : at->second.topics) {
    stats.mesh_since.reset();
    // A good name is not kept: first deliveries would outweigh what is bad.
    stats.first_deliveries = 0;
  }
}

void GossipScore::uncount_ip(const std::string& ip) {
  const auto at = ips_.find(ip);
  if (at != ips_.end() && --at->second == 0) ips_.erase(at);
}

void GossipScore::set_ip(const PeerId& peer, const std::string& ip) {
  const auto at = peers_.find(peer);
  if (at == peers_.end() || at->second.gone_at || at->second.ip == ip) return;
  uncount_ip(at->second.ip);
  at->second.ip = ip;
  if (!ip.empty()) ips_[ip] += 1;
}

GossipScore::TopicStats* GossipScore::find(const PeerId& peer, const std::string& topic) {
  const auto at = peers_.find(peer);
  // The topics are those the router takes part in, so their number is bounded.
  return at == peers_.end() ? nullptr : &at->second.topics[topic];
}

void GossipScore::graft(const PeerId& peer, const std::string& topic, TimePoint now) {
  if (TopicStats* const stats = find(peer, topic)) {
    stats->mesh_since = now;
    stats->mesh_deliveries = 0;
  }
}

double GossipScore::deficit(const TopicStats& stats, TimePoint now) const {
  const TopicScoreParameters& t = parameters_.topic;
  const bool active = stats.mesh_since && now - *stats.mesh_since >= t.mesh_deliveries_activation;
  if (!active || stats.mesh_deliveries >= t.mesh_deliveries_threshold) return 0;
  return t.mesh_deliveries_threshold - stats.mesh_deliveries;
}

void GossipScore::prune(const PeerId& peer, const std::string& topic, TimePoint now) {
  TopicStats* const stats = find(peer, topic);
  if (stats == nullptr) return;
  const double missing = deficit(*stats, now);
  stats->mesh_failures += missing * missing;
  stats->mesh_since.reset();
}

void GossipScore::first_delivery(const PeerId& peer, const std::string& topic) {
  TopicStats* const stats = find(peer, topic);
  if (stats == nullptr) return;
  const TopicScoreParameters& t = parameters_.topic;
  stats->first_deliveries = std::min(stats->first_deliveries + 1, t.first_deliveries_cap);
  near_delivery(peer, topic);
}

void GossipScore::near_delivery(const PeerId& peer, const std::string& topic) {
  TopicStats* const stats = find(peer, topic);
  if (stats == nullptr || !stats->mesh_since) return;
  stats->mesh_deliveries =
      std::min(stats->mesh_deliveries + 1, parameters_.topic.mesh_deliveries_cap);
}

void GossipScore::invalid_message(const PeerId& peer, const std::string& topic) {
  if (TopicStats* const stats = find(peer, topic)) stats->invalid += 1;
}

void GossipScore::misbehaved(const PeerId& peer, double count) {
  const auto at = peers_.find(peer);
  if (at != peers_.end()) at->second.behaviour += count;
}

void GossipScore::set_application_score(const PeerId& peer, double score) {
  const auto at = peers_.find(peer);
  if (at != peers_.end()) at->second.application = score;
}

double GossipScore::topic_score(const TopicStats& stats, TimePoint now) const {
  const TopicScoreParameters& t = parameters_.topic;
  double out = 0;
  if (stats.mesh_since) {
    const auto quanta = static_cast<double>((now - *stats.mesh_since) / t.mesh_time_quantum);
    out += t.mesh_time_weight * std::min(quanta, t.mesh_time_cap);
  }
  out += t.first_deliveries_weight * stats.first_deliveries;
  const double missing = deficit(stats, now);
  out += t.mesh_deliveries_weight * missing * missing;
  out += t.mesh_failure_weight * stats.mesh_failures;
  out += t.invalid_weight * stats.invalid * stats.invalid;
  return t.weight * out;
}

double GossipScore::score(const PeerId& peer, TimePoint now) const {
  const auto at = peers_.find(peer);
  if (at == peers_.end()) return 0;
  const PeerStats& stats = at->second;
  double out = 0;
  for (const auto& [topic, topic_stats] : stats.topics)
    out += topic_score(topic_stats, now);
  out = std::min(out, parameters_.topics_cap);
  out += parameters_.application_weight * stats.application;
  const auto ip = ips_.find(stats.ip);
  if (parameters_.count_ips && ip != ips_.end()) {
    const double surplus = static_cast<double>(ip->second) - parameters_.ip_threshold;
    if (surplus > 0) out += parameters_.ip_weight * surplus * surplus;
  }
  const double excess = stats.behaviour - parameters_.behaviour_threshold;
  if (excess > 0) out += parameters_.behaviour_weight * excess * excess;
  return out;
}

void GossipScore::decay(TimePoint now) {
  if (!last_decay_) last_decay_ = now;
  for (int i = 0; i < kDecaysMax && now - *last_decay_ >= parameters_.decay_interval; ++i) {
    *last_decay_ += parameters_.decay_interval;
    decay_once();
  }
  if (now - *last_decay_ >= parameters_.decay_interval) last_decay_ = now;
  forget_gone(now);
}

void GossipScore::decay_once() {
  const TopicScoreParameters& t = parameters_.topic;
  const auto shrink = [&](double& value, double factor) {
    value *= factor;
    if (value < parameters_.decay_to_zero) value = 0;
  };
  const double first = decay_factor(t.first_deliveries_life, parameters_);
  const double mesh = decay_factor(t.mesh_deliveries_life, parameters_);
  const double failure = decay_factor(t.mesh_failure_life, parameters_);
  const double invalid = decay_factor(t.invalid_life, parameters_);
  const double behaviour = decay_factor(parameters_.behaviour_life, parameters_);
  for (auto& [peer, stats] : peers_) {
    // What a peer has earned does not fade while it is away.
    if (stats.gone_at) continue;
    for (auto& [topic, topic_stats] : stats.topics) {
      shrink(topic_stats.first_deliveries, first);
      shrink(topic_stats.mesh_deliveries, mesh);
      shrink(topic_stats.mesh_failures, failure);
      shrink(topic_stats.invalid, invalid);
    }
    shrink(stats.behaviour, behaviour);
  }
}

void GossipScore::forget_gone(TimePoint now) {
  std::size_t gone = 0;
  for (auto at = peers_.begin(); at != peers_.end();) {
    const auto& gone_at = at->second.gone_at;
    // Identities are free, so a peer that leaves nothing bad behind is not remembered, and of the
    // others only so many.
    const bool forget = gone_at && (now - *gone_at >= parameters_.retention ||
                                    gone >= parameters_.retained_max || score(at->first, now) >= 0);
    if (gone_at && !forget) gone += 1;
    at = forget ? peers_.erase(at) : std::next(at);
  }
}

}  // namespace ol::p2p
