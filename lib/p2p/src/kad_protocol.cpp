#include <ol/p2p/kad_protocol.hpp>

#include <algorithm>

#include "address_prefix.hpp"

namespace ol::p2p {
namespace {

// Lookups at a time: ours only, so a bound against our own mistakes.
constexpr std::size_t kLookupsMax = 32;
// Candidates kept per lookup; the closest matter.
constexpr std::size_t kCandidatesMax = 200;
// Answers that may wait on a stream: who asks faster than it reads is not served.
constexpr std::size_t kAnswerBytesMax = std::size_t{256} << 10;

}  // namespace

KadProtocol::KadProtocol(Host& host, KadParameters parameters)
    : host_(host), parameters_(std::move(parameters)), table_(host.self(), parameters_.table) {
  // Only servers name the protocol in identify and are asked.
  std::vector<std::string> ids;
  if (parameters_.server) ids.push_back(parameters_.protocol);
  host_.add_protocol(std::move(ids), *this, {16, StreamPriority::Normal});
}

KadProtocol::~KadProtocol() = default;

std::optional<Multiaddr> KadProtocol::dialable(const KadPeer& peer) const {
  for (const Multiaddr& address : peer.addresses) {
    if (address.is_dialable(host_.config().profile)) return address.with_peer(peer.id);
  }
  return std::nullopt;
}

// A peer enters the table after a handshake and an identify that names the protocol, never because
// another peer spoke of it.
void KadProtocol::on_peer_identified(const PeerId& id) {
  const PeerInfo* const info = host_.info(id);
  if (info == nullptr || !info->protocols.contains(parameters_.protocol)) return;
  KadPeer peer{id, {}};
  for (const Multiaddr& address : info->addresses) {
    if (address.is_dialable(host_.config().profile) && peer.addresses.size() < kKadAddressesMax) {
      peer.addresses.push_back(address);
    }
  }
  suspects_.erase(id);
  const bool first = table_.size() == 0;
  const auto seen = host_.remote_of(id);
  const std::string place = seen ? prefix_of(*seen) : std::string{};
  if (const auto oldest = table_.add(peer, place)) check_oldest(*oldest);
  if (first && table_.size() > 0) refresh();
  std::vector<std::uint64_t> waiting;
  waiting.reserve(lookups_.size());
  for (const auto& [number, lookup] : lookups_)
    waiting.push_back(number);
  for (const std::uint64_t number : waiting)
    advance(number);
}

void KadProtocol::check_oldest(const PeerId& oldest) {
  const KadPeer* const peer = table_.find(oldest);
  if (peer == nullptr) return;
  if (host_.is_connected(oldest)) {
    table_.touch(oldest);
    return;
  }
  const auto address = dialable(*peer);
  if (!address) {
    table_.remove(oldest);
    return;
  }
  if (!suspects_.emplace(oldest, host_.now() + parameters_.query_time).second) return;
  // If it cannot be dialled now its time runs out like that of a dead peer.
  static_cast<void>(host_.dial(*address));
}

void KadProtocol::on_peer_disconnected(const PeerId& peer) {
  askers_.erase(peer);
}

void KadProtocol::on_stream_opened(StreamKey key, const PeerId& peer, std::string_view,
                                   bool inbound) {
  if (inbound) {
    Served& served = served_[key];
    served.peer = peer;
    served.since = host_.now();
    return;
  }
  const auto asked = asked_.find(key);
  if (asked == asked_.end()) return;
  const auto lookup = lookups_.find(asked->second.lookup);
  if (lookup == lookups_.end()) return;
  Bytes out;
  append_delimited(out, encode(KadMessage{KadType::FindNode, lookup->second.target, {}}));
  if (!host_.write(key, std::move(out))) query_failed(key);
}

void KadProtocol::on_stream_data(StreamKey key, ByteView bytes) {
  const auto at = served_.find(key);
  if (at == served_.end()) {
    host_.consume(key, bytes.size());
    read_answer(key, bytes);
    return;
  }
  Served& served = at->second;
  served.since = host_.now();
  const std::size_t size = bytes.size();
  if (served.backlog.empty()) {
    if (!serve(key, served, bytes)) return;
    host_.consume(key, size - bytes.size());
  }
  append(served.backlog, bytes);
  if (!served.backlog.empty()) asker_of(served.peer).held = true;
}

bool KadProtocol::serve(StreamKey key, Served& served, ByteView& bytes) {
  const Asker& asker = asker_of(served.peer);
  while (asker.waiting.size() < parameters_.queries_waiting) {
    const auto message = served.reader.next(bytes);
    if (message && !*message) return true;
    auto query = message ? parse_kad(**message) : std::nullopt;
    if (!query) {
      refuse(key);
      return false;
    }
    if (!take_query(key, served, *std::move(query))) return false;
  }
  return true;
}

KadProtocol::Asker& KadProtocol::asker_of(const PeerId& peer) {
  return askers_.try_emplace(peer, Asker{parameters_.queries_at_once, host_.now(), {}})
      .first->second;
}

bool KadProtocol::take_query(StreamKey key, Served& served, KadMessage query) {
  Asker& asker = asker_of(served.peer);
  // In the order they came: what waits is not overtaken.
  if (asker.waiting.empty() && may_answer(asker)) return send_answer(key, served.peer, query);
  query.closer.clear();
  asker.waiting.emplace_back(key, std::move(query));
  served.waiting += 1;
  return true;
}

/// Goes on with what streams of the peer brought while too much waited.
void KadProtocol::resume(const PeerId& peer) {
  std::vector<StreamKey> keys;
  for (const auto& [key, served] : served_) {
    if (served.peer == peer && !served.backlog.empty()) keys.push_back(key);
  }
  for (const StreamKey key : keys) {
    Served& served = served_.at(key);
    ByteView rest = served.backlog;
    const std::size_t size = rest.size();
    if (!serve(key, served, rest)) continue;
    host_.consume(key, size - rest.size());
    served.backlog = to_bytes(rest);
    if (!served.backlog.empty()) asker_of(peer).held = true;
    close_if_done(key);
  }
}

bool KadProtocol::may_answer(Asker& asker) const {
  const auto earned =
      static_cast<std::uint64_t>((host_.now() - asker.since) / parameters_.query_pause);
  asker.since += earned * parameters_.query_pause;
  asker.allowed = static_cast<unsigned>(
      std::min<std::uint64_t>(parameters_.queries_at_once, asker.allowed + earned));
  if (asker.allowed == 0) return false;
  asker.allowed -= 1;
  return true;
}

bool KadProtocol::send_answer(StreamKey key, const PeerId& asker, const KadMessage& query) {
  const auto response = answer(query, asker);
  Bytes out;
  if (response) append_delimited(out, encode(*response));
  const bool keeps_up = host_.queued_bytes(key) <= kAnswerBytesMax;
  if (response && keeps_up && host_.write(key, std::move(out))) return true;
  refuse(key);
  return false;
}

void KadProtocol::answer_waiting(const PeerId& peer, Asker& asker) {
  while (!asker.waiting.empty() && may_answer(asker)) {
    const auto [key, query] = std::move(asker.waiting.front());
    asker.waiting.pop_front();
    Served& served = served_.at(key);
    served.waiting -= 1;
    served.since = host_.now();
    if (send_answer(key, peer, query)) close_if_done(key);
  }
  const bool room = asker.waiting.size() < parameters_.queries_waiting;
  if (room && std::exchange(asker.held, false)) resume(peer);
}

void KadProtocol::close_if_done(StreamKey key) {
  const Served& served = served_.at(key);
  if (!served.ended || served.waiting > 0 || !served.backlog.empty()) return;
  served_.erase(key);
  host_.close_write(key);
}

void KadProtocol::refuse(StreamKey key) {
  stop_serving(key);
  host_.reset(key);
}

/// What a stream still asks is not answered any more.
void KadProtocol::stop_serving(StreamKey key) {
  const auto node = served_.extract(key);
  if (node.empty()) return;
  const auto asker = askers_.find(node.mapped().peer);
  if (asker == askers_.end()) return;
  std::erase_if(asker->second.waiting, [&](const auto& entry) { return entry.first == key; });
}

/// The answer, nothing for what we do not do.
std::optional<KadMessage> KadProtocol::answer(const KadMessage& request, const PeerId& asker) {
  if (request.type == KadType::Ping) return KadMessage{KadType::Ping, request.key, {}};
  // Nothing is stored here, so nobody can fill our memory or poison what others read.
  if (request.type == KadType::PutValue || request.type == KadType::AddProvider) {
    return std::nullopt;
  }
  KadMessage out{request.type, request.key, {}};
  const auto target = PeerId::from_bytes(request.key);
  if (request.type == KadType::FindNode && target && *target != asker) {
    if (const KadPeer* const known = table_.find(*target)) out.closer.push_back(*known);
  }
  for (const KadPeer& peer : table_.closest(kad_key(request.key), kKadPeersMax + 2)) {
    if (out.closer.size() == kKadPeersMax) break;
    const bool listed = !out.closer.empty() && out.closer.front().id == peer.id;
    if (peer.id != asker && !listed) out.closer.push_back(peer);
  }
  return out;
}

void KadProtocol::on_stream_ended(StreamKey key) {
  const auto served = served_.find(key);
  if (served == served_.end()) {
    query_failed(key);
    return;
  }
  served->second.ended = true;
  close_if_done(key);
}

void KadProtocol::on_stream_failed(StreamKey key, std::string_view) {
  stop_serving(key);
  query_failed(key);
}

void KadProtocol::query_failed(StreamKey key) {
  const auto node = asked_.extract(key);
  if (node.empty()) return;
  host_.reset(key);
  const auto lookup = lookups_.find(node.mapped().lookup);
  if (lookup == lookups_.end()) return;
  const auto candidate = lookup->second.candidates.find(node.mapped().distance);
  if (candidate != lookup->second.candidates.end()) candidate->second.state = QueryState::Failed;
  advance(node.mapped().lookup);
}

void KadProtocol::read_answer(StreamKey key, ByteView bytes) {
  const auto asked = asked_.find(key);
  if (asked == asked_.end()) return;
  const auto message = asked->second.reader.next(bytes);
  if (message && !*message) return;
  const auto response = message ? parse_kad(**message) : std::nullopt;
  const std::uint64_t id = asked->second.lookup;
  const KadKey distance = asked->second.distance;
  if (!response || response->type != KadType::FindNode) {
    query_failed(key);
    return;
  }
  asked_.erase(asked);
  host_.close_write(key);
  const auto lookup = lookups_.find(id);
  if (lookup == lookups_.end()) return;
  const auto candidate = lookup->second.candidates.find(distance);
  if (candidate != lookup->second.candidates.end()) {
    candidate->second.state = QueryState::Answered;
  }
  add_candidates(lookup->second, response->closer);
  advance(id);
}

void KadProtocol::add_candidates(Lookup& lookup, const std::vector<KadPeer>& peers) {
  for (const KadPeer& peer : peers) {
    if (peer.id == host_.self()) continue;
    // Somebody we cannot reach is of no use.
    if (!host_.is_connected(peer.id) && !dialable(peer)) continue;
    const KadKey distance = kad_distance(lookup.key, kad_key(peer.id.bytes()));
    lookup.candidates.try_emplace(distance, Candidate{peer, QueryState::New, host_.now()});
  }
  while (lookup.candidates.size() > kCandidatesMax) {
    const auto last = std::prev(lookup.candidates.end());
    if (last->second.state == QueryState::Asking || last->second.state == QueryState::Connecting) {
      return;
    }
    lookup.candidates.erase(last);
  }
}

void KadProtocol::look_up(Bytes target, Done done) {
  if (lookups_.size() >= kLookupsMax || target.size() > kKadTargetBytesMax) {
    if (done) done({});
    return;
  }
  const std::uint64_t id = next_lookup_++;
  Lookup& lookup = lookups_[id];
  lookup.key = kad_key(target);
  lookup.target = std::move(target);
  lookup.deadline = host_.now() + parameters_.lookup_time;
  lookup.done = std::move(done);
  add_candidates(lookup, table_.closest(lookup.key, kKadPeersMax));
  advance(id);
}

void KadProtocol::advance(std::uint64_t id) {
  std::size_t running = 0;
  while (true) {
    const auto at = lookups_.find(id);
    if (at == lookups_.end()) return;
    running = 0;
    std::size_t seen = 0;
    std::optional<KadKey> next;
    std::vector<KadKey> connected;
    for (auto& [distance, candidate] : at->second.candidates) {
      if (candidate.state == QueryState::Failed) continue;
      // The lookup is over when the closest that can answer have.
      if (seen++ == kKadPeersMax) break;
      const bool waits = candidate.state == QueryState::Connecting;
      if (waits || candidate.state == QueryState::Asking) running += 1;
      if (waits && host_.info(candidate.peer.id) != nullptr) connected.push_back(distance);
      if (candidate.state == QueryState::New && !next) next = distance;
    }
    if (!connected.empty()) {
      ask(id, connected.front());
      continue;
    }
    if (!next || running >= parameters_.parallel) break;
    ask(id, *next);
  }
  const auto at = lookups_.find(id);
  if (at != lookups_.end() && running == 0) finish(id);
}

void KadProtocol::ask(std::uint64_t id, const KadKey& distance) {
  Candidate& candidate = lookups_.at(id).candidates.at(distance);
  candidate.since = host_.now();
  if (!host_.is_connected(candidate.peer.id)) {
    const auto address = dialable(candidate.peer);
    const auto dialled = address ? host_.dial(*address) : fail(HostRefusal::NotTcp);
    const bool under_way = dialled || dialled.error() == HostRefusal::AlreadyConnected;
    candidate.state = under_way ? QueryState::Connecting : QueryState::Failed;
    return;
  }
  const auto key = host_.open_stream(candidate.peer.id, {parameters_.protocol}, *this);
  candidate.state = key ? QueryState::Asking : QueryState::Failed;
  if (!key) return;
  Asked& asked = asked_[*key];
  asked.lookup = id;
  asked.distance = distance;
}

void KadProtocol::finish(std::uint64_t id) {
  auto node = lookups_.extract(id);
  if (node.empty()) return;
  std::vector<KadPeer> out;
  for (const auto& [distance, candidate] : node.mapped().candidates) {
    if (candidate.state == QueryState::Answered && out.size() < kKadPeersMax) {
      out.push_back(candidate.peer);
    }
  }
  if (node.mapped().done) node.mapped().done(out);
}

/// Bytes whose key shares exactly `bucket` bits with ours, as far as a few tries find some.
Bytes KadProtocol::random_target(std::size_t bucket) {
  const KadKey self = kad_key(host_.self().bytes());
  Bytes best(32);
  std::size_t best_bits = 0;
  for (int i = 0; i < 256; ++i) {
    Bytes candidate(32);
    host_.random(candidate);
    const std::size_t bits = shared_bits(self, kad_key(candidate));
    if (bits == bucket) return candidate;
    if (bits >= best_bits && bits < bucket) {
      best_bits = bits;
      best = candidate;
    }
  }
  return best;
}

void KadProtocol::refresh() {
  next_refresh_ = host_.now() + parameters_.refresh_every;
  look_up(to_bytes(host_.self().bytes()), nullptr);
  std::size_t count = 0;
  for (const std::size_t bucket : table_.buckets()) {
    if (count++ == parameters_.refresh_buckets) break;
    look_up(random_target(bucket), nullptr);
  }
}

void KadProtocol::on_tick(TimePoint now) {
  std::vector<std::uint64_t> late;
  std::vector<std::uint64_t> running;
  for (auto& [id, lookup] : lookups_) {
    (now >= lookup.deadline ? late : running).push_back(id);
    for (auto& [distance, candidate] : lookup.candidates) {
      const PeerId& peer = candidate.peer.id;
      const bool lost = !host_.is_connected(peer) && !host_.is_dialling(peer);
      const bool timed_out = now - candidate.since >= parameters_.query_time;
      if (candidate.state == QueryState::Connecting && (lost || timed_out)) {
        candidate.state = QueryState::Failed;
      }
    }
  }
  for (const std::uint64_t id : late)
    finish(id);
  for (const std::uint64_t id : running)
    advance(id);
  std::vector<StreamKey> stale;
  for (const auto& [key, asked] : asked_) {
    if (!lookups_.contains(asked.lookup)) stale.push_back(key);
  }
  for (const StreamKey key : stale)
    query_failed(key);
  std::vector<StreamKey> idle;
  for (const auto& [key, served] : served_) {
    const bool held = served.waiting > 0 || !served.backlog.empty();
    if (!held && now - served.since >= parameters_.query_time) idle.push_back(key);
  }
  for (const StreamKey key : idle)
    refuse(key);
  for (auto& [peer, asker] : askers_)
    answer_waiting(peer, asker);
  for (auto at = suspects_.begin(); at != suspects_.end();) {
    const bool dead = now >= at->second;
    if (dead) table_.remove(at->first);
    at = dead ? suspects_.erase(at) : std::next(at);
  }
  if (next_refresh_ && now >= *next_refresh_) refresh();
}

}  // namespace ol::p2p
