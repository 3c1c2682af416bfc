#include "stack_network.hpp"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>

#include <ol/base/check.hpp>
#include <ol/crypto/hash.hpp>

namespace ol::p2p {
namespace {

constexpr const char* kTestTopic = "interop";
constexpr const char* kAckTopic = "interop/ack";
constexpr const char* kPlainKad = "/openliquid/kad/1.0.0";
// Goodbyes are on their way by then.
constexpr std::chrono::milliseconds kStopTime{500};
// Of peers that are configured or allowed.
constexpr std::chrono::milliseconds kExpectedBanMax{5'000};

std::uint64_t random_seed() {
  std::array<std::uint8_t, 8> bytes{};
  crypto::fill_random(bytes);
  std::uint64_t seed = 0;
  for (const std::uint8_t byte : bytes)
    seed = seed << 8 | byte;
  return seed;
}

// Rises from run to run; peers keep the record with the highest one.
std::uint64_t record_sequence() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count());
}

HostConfig host_config(const NetworkConfig& config) {
  HostConfig out;
  out.profile = config.profile;
  out.protocol_version = config.protocol_version;
  out.agent_version = config.agent_version;
  // They have places of their own and are never banned by the host.
  for (const PeerEndpoint& peer : config.peers)
    out.reserved.insert(peer.id);
  out.reserved.insert(config.allowed.begin(), config.allowed.end());
  out.limits.reserved = std::min(out.reserved.size(), config.limits.connections_max);
  out.limits.inbound = config.limits.connections_max - out.limits.reserved;
  out.limits.outbound = config.limits.connections_max;
  out.limits.upgrades = config.limits.handshakes_max;
  out.limits.upgrades_per_ip = config.limits.handshakes_per_ip_max;
  out.limits.upgrades_reserved = config.limits.handshakes_reserved;
  // Who a peer is says more than where it comes from: strangers from one address are counted after
  // the handshake, validators of one data centre are not.
  out.limits.per_ip = config.limits.connections_max;
  out.limits.per_prefix = config.limits.connections_max;
  // Enough for all places of an address to fail every 4 s, which no version of a peer does.
  out.limits.failed_upgrades_per_minute = 15 * config.limits.handshakes_per_ip_max;
  out.limits.accepts_per_second = config.limits.handshakes_max;
  out.limits.dials = 32;
  // One that is used, one that takes its place, and those that are being closed.
  out.limits.per_peer = 4;
  out.yamux.send_buffer_max = config.limits.peer_queue_bytes_max;
  out.times.upgrade = config.times.handshake;
  out.times.first_byte = std::min(config.times.handshake, config.times.first_byte);
  out.times.negotiation = config.times.handshake;
  out.times.ping_after = config.times.ping_interval;
  out.times.close_after = config.times.dead_after;
  return out;
}

GossipParameters gossip_parameters(const NetworkConfig& config) {
  GossipParameters out;
  for (const TopicConfig& topic : config.topics) {
    out.topics.insert(topic.name);
    if (topic.droppable) out.droppable_topics.insert(topic.name);
  }
  if (config.test_protocols) {
    for (const char* const topic : {kTestTopic, kAckTopic}) {
      out.topics.insert(topic);
      out.either_topics.insert(topic);
    }
  }
  // Judged off this thread: a batch waits for its signatures.
  out.validations_per_peer = 1024;
  out.direct = {config.direct.begin(), config.direct.end()};
  // Test networks share one machine.
  out.score.count_ips = config.profile == AddressProfile::Public;
  // As many as are let in from one address are not punished for being there.
  out.score.ip_threshold =
      std::max(out.score.ip_threshold, static_cast<double>(config.limits.unknown_peers_per_ip_max));
  return out;
}

KadParameters kad_parameters(const NetworkConfig& config, const std::string& protocol) {
  KadParameters out;
  out.protocol = protocol;
  out.table.count_prefixes = config.profile == AddressProfile::Public;
  return out;
}

Result<Multiaddr, std::string> listen_address(const NetworkConfig& config) {
  const char* const kind = config.listen_host.find(':') == std::string::npos ? "/ip4/" : "/ip6/";
  auto out = Multiaddr::from_text(kind + config.listen_host + "/tcp/" +
                                  std::to_string(config.listen_port));
  if (!out) return fail(std::string("not a literal IP address"));
  return *std::move(out);
}

/// What a socket on every address of the machine is reached at.
std::vector<Multiaddr> interface_addresses(std::uint16_t port) {
  std::vector<Multiaddr> out;
  std::vector<Multiaddr> loopback;
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return out;
  for (const ifaddrs* at = first; at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr || at->ifa_addr->sa_family != AF_INET) continue;
    // The generic type is what a socket address begins like.
    const auto* const ip4 = reinterpret_cast<const sockaddr_in*>(at->ifa_addr);
    std::array<std::uint8_t, 4> ip{};
    std::memcpy(ip.data(), &ip4->sin_addr, ip.size());
    const bool is_loopback = (at->ifa_flags & IFF_LOOPBACK) != 0;
    (is_loopback ? loopback : out).push_back(Multiaddr::tcp(ip, port));
  }
  freeifaddrs(first);
  constexpr std::ptrdiff_t kMax = kPeerAddressesMax / 2;
  if (std::ssize(out) > kMax) out.erase(out.begin() + kMax, out.end());
  return out.empty() ? loopback : out;
}

}  // namespace

std::unique_ptr<Network> make_stack_network(NetworkConfig config, const IdentityKey& identity,
                                            NetworkHandler& handler) {
  return std::make_unique<StackNetwork>(std::move(config), identity, handler);
}

StackNetwork::StackNetwork(NetworkConfig config, const IdentityKey& identity,
                           NetworkHandler& handler)
    : config_(std::move(config)),
      handler_(handler),
      key_(identity.clone()),
      self_(key_.public_key()),
      tcp_(host_config(config_), key_),
      identify_(tcp_.host(), key_, record_sequence()),
      ping_(tcp_.host()),
      kad_(tcp_.host(), kad_parameters(config_, config_.kad_protocol)),
      gossip_(tcp_.host(), key_, gossip_parameters(config_),
              [this](const GossipMessage& message, const PeerId& from) {
                return on_gossip_message(message, from);
              }),
      peers_(config_.times, random_seed()),
      places_(config_.limits, config_.times),
      stranger_bytes_(config_.limits.strangers_bytes_max) {
  OL_CHECK(config_.hello.size() <= kHelloBytesMax, "the hello is within its limit");
  OL_CHECK(config_.limits.peer_queue_bytes_max >=
               message_bytes_max(Channel::Bulk) + kQueuedMessageOverhead,
           "a peer's queue holds the largest message");
  host().add_protocol({kConsensusProtocol}, *this, {1, StreamPriority::Urgent});
  host().add_protocol({kSyncProtocol}, *this, {kChannelCount, StreamPriority::Normal});
  host().set_observer(*this);
  if (config_.test_protocols) {
    echo_.emplace(host());
    if (config_.kad_protocol != kPlainKad) {
      plain_kad_.emplace(host(), kad_parameters(config_, kPlainKad));
    }
    gossip_.join(kTestTopic);
    gossip_.join(kAckTopic);
  }
  for (const TopicConfig& topic : config_.topics) {
    if (topic.join) gossip_.join(topic.name);
  }
  peers_.set_allowed(config_.allowed);
  load_peer_store();
  peers_.set_endpoints(std::move(config_.peers), self_);
  reserve_places();
}

StackNetwork::~StackNetwork() = default;

Result<void, StartError> StackNetwork::start() {
  const auto refuse = [&](const std::string& why) {
    return fail(StartError{"cannot listen on " + config_.listen_host + ":" +
                           std::to_string(config_.listen_port) + ": " + why});
  };
  const auto address = listen_address(config_);
  if (!address) return refuse(address.error());
  const auto bound = tcp_.listen(*address);
  if (!bound) return refuse(bound.error().substr(bound.error().rfind(": ") + 2));
  port_ = bound->tcp_target()->port;
  const bool everywhere = config_.listen_host == "0.0.0.0" || config_.listen_host == "::";
  if (!config_.announced.empty()) {
    host().set_announced(config_.announced);
  } else {
    host().set_announced(everywhere ? interface_addresses(port_) : std::vector{*bound});
  }
  tcp_.post([this] {
    dial_due_peers(Clock::now());
    publish_counters();
  });
  return {};
}

void StackNetwork::run() {
  tcp_.run();
}

void StackNetwork::stop() {
  tcp_.post([this] { stop_now(); });
}

void StackNetwork::stop_now() {
  if (std::exchange(stopping_, true)) return;
  tcp_.stop_listening();
  save_peer_store();
  stop_at_ = Clock::now() + kStopTime;
  for (const ConnectionId id : session_ids()) {
    StackSession* const session = find(id);
    if (session == nullptr || session->farewell) continue;
    end_session(*session, {CloseCode::Stopped, "this node is stopping"}, Farewell::Goodbye);
  }
  const auto dials = dials_;
  for (const auto& [id, dialled] : dials)
    host().close(id, EndReason::Local, "this node is stopping");
  publish_counters();
}

void StackNetwork::post(std::function<void()> task) {
  tcp_.post(std::move(task));
}

Result<void, SendError> StackNetwork::send(const PeerId& peer, Channel channel,
                                           SharedBytes payload) {
  return enqueue({peer, channel, std::nullopt, std::move(payload)});
}

Result<void, SendError> StackNetwork::broadcast(Channel channel, SharedBytes payload) {
  return enqueue({std::nullopt, channel, std::nullopt, std::move(payload)});
}

Result<void, SendError> StackNetwork::publish(const std::string& topic, SharedBytes payload) {
  return enqueue({std::nullopt, Channel::Gossip, topic, std::move(payload)});
}

void StackNetwork::judge(const std::string& id, GossipVerdict verdict) {
  bool wake = false;
  {
    const std::scoped_lock lock(inbox_mutex_);
    wake = inbox_.empty();
    inbox_.push_back({.to = {}, .topic = {}, .payload = {}, .judgement = Judgement{id, verdict}});
  }
  if (wake) tcp_.post([this] { drain_inbox(); });
}

Result<void, SendError> StackNetwork::enqueue(Outgoing message) {
  OL_CHECK(message.payload != nullptr, "a message has bytes");
  if (message.channel == Channel::Control) return fail(SendError::BadChannel);
  const std::size_t size = message.payload->size();
  if (size > message_bytes_max(message.channel)) return fail(SendError::TooLarge);
  bool wake = false;
  {
    const std::scoped_lock lock(inbox_mutex_);
    const std::size_t cost = size + kQueuedMessageOverhead;
    if (inbox_bytes_ + cost > config_.limits.inbox_bytes_max) return fail(SendError::InboxFull);
    inbox_bytes_ += cost;
    wake = inbox_.empty();
    inbox_.push_back(std::move(message));
  }
  if (wake) tcp_.post([this] { drain_inbox(); });
  return {};
}

void StackNetwork::drain_inbox() {
  std::vector<Outgoing> messages;
  {
    const std::scoped_lock lock(inbox_mutex_);
    messages.swap(inbox_);
    inbox_bytes_ = 0;
  }
  for (const Outgoing& message : messages)
    deliver_outgoing(message);
  for (const ConnectionId id : session_ids()) {
    StackSession* const session = find(id);
    if (session == nullptr || !session->linked || !session->overflowed) continue;
    end_session(*session, {CloseCode::SlowPeer, "the queue for this peer is full"},
                Farewell::Goodbye);
  }
  if (stranger_bytes_.is_due()) bound_stranger_bytes();
}

void StackNetwork::deliver_outgoing(const Outgoing& message) {
  if (message.judgement) {
    gossip_.judge(message.judgement->id, message.judgement->verdict);
    return;
  }
  if (message.topic) {
    const auto told = gossip_.publish(*message.topic, *message.payload);
    if (told || told.error() != GossipPublishError::Duplicate) return;
    // A repetition is dropped: everybody has it. Where it was heard and waits for its verdict,
    // whoever publishes it vouches for it, and what is published next comes behind it.
    const auto repeated = make_message(*message.topic, *message.payload,
                                       gossip_.router().parameters().signing, key_, 0);
    gossip_.judge(repeated->id, GossipVerdict::Accept);
    return;
  }
  StackSession* const link = message.to ? link_to(*message.to) : nullptr;
  if (message.to && link == nullptr) {
    totals_.undeliverable += 1;
    return;
  }
  const FramedMessage framed = frame_message(message.channel, message.payload);
  if (link != nullptr) return deliver(*link, framed);
  for (auto& [id, session] : sessions_) {
    if (session.linked) deliver(session, framed);
  }
}

void StackNetwork::resume_reading(const PeerId& peer) {
  tcp_.post([this, peer] {
    StackSession* const link = link_to(peer);
    if (link == nullptr || !link->paused_by_handler) return;
    link->paused_by_handler = false;
    resume(*link);
  });
}

void StackNetwork::set_peers(std::vector<PeerEndpoint> peers) {
  tcp_.post([this, peers = std::move(peers)]() mutable {
    peers_.set_endpoints(std::move(peers), self_);
    reserve_places();
    dial_due_peers(Clock::now());
  });
}

void StackNetwork::set_allowed(std::vector<PeerId> allowed, std::vector<PeerId> direct) {
  tcp_.post([this, allowed = std::move(allowed), direct = std::move(direct)] {
    peers_.set_allowed(allowed);
    reserve_places();
    next_search_ = {};  // whoever is new among them is looked up at once
    gossip_.set_direct({direct.begin(), direct.end()});
  });
}

// Strangers cannot take the places of those that are expected, nor those of whoever comes from
// where they are.
void StackNetwork::reserve_places() {
  std::set<PeerId> expected;
  std::vector<Multiaddr> addresses;
  for (const auto& [id, peer] : peers_.all()) {
    if (!peer.is_expected()) continue;
    expected.insert(id);
    if (peer.linked_from) addresses.push_back(*peer.linked_from);
    const char* const kind =
        peer.endpoint && peer.endpoint->host.find(':') != std::string::npos ? "/ip6/" : "/ip4/";
    // Names are known once somebody has been reached by one.
    const auto literal = peer.endpoint ? Multiaddr::from_text(kind + peer.endpoint->host)
                                       : fail(MultiaddrError::BadValue);
    if (literal) addresses.push_back(*literal);
  }
  host().set_reserved(std::move(expected));
  host().set_reserved_addresses(addresses);
}

void StackNetwork::disconnect(const PeerId& peer, std::string reason) {
  tcp_.post([this, peer, reason = std::move(reason)] {
    StackSession* const link = link_to(peer);
    if (link == nullptr) return;
    end_session(*link, {CloseCode::LocalRequest, reason}, Farewell::Goodbye);
  });
}

void StackNetwork::ban(const PeerId& peer, std::chrono::milliseconds duration, std::string reason) {
  tcp_.post([this, peer, duration, reason = std::move(reason)] {
    const auto now = Clock::now();
    const bool expected = peers_.entry(peer).is_expected();
    // Validators and configured peers are needed: they are kept out for a moment, and where they
    // are says nothing of others.
    const auto time = expected ? std::min(duration, kExpectedBanMax) : duration;
    const auto remote = host().remote_of(peer);
    if (!expected && remote && peers_.banned(peer, now) == nullptr) {
      host().note_ban_of_address(*remote, time);
    }
    peers_.ban(peer, now + time, reason);
    for (const ConnectionId id : session_ids()) {
      StackSession* const session = find(id);
      if (session == nullptr || session->peer != peer || session->farewell) continue;
      end_session(*session, {CloseCode::Banned, reason}, Farewell::Goodbye);
    }
  });
}

std::optional<GossipVerdict> StackNetwork::on_gossip_message(const GossipMessage& message,
                                                             const PeerId& from) {
  if (message.topic == kTestTopic) return acknowledge(message);
  if (message.topic == kAckTopic) return GossipVerdict::Accept;
  return handler_.on_gossip(from, message.topic, message.id, message.data());
}

/// Signed if the message was: whoever asks wants its own policy back.
GossipVerdict StackNetwork::acknowledge(const GossipMessage& message) {
  const Hash256 digest = crypto::sha256(message.data());
  const auto signing = message.author ? GossipSigning::StrictSign : GossipSigning::StrictNoSign;
  // A duplicate was answered before.
  static_cast<void>(gossip_.publish(kAckTopic, digest.view(), signing));
  return GossipVerdict::Accept;
}

}  // namespace ol::p2p
