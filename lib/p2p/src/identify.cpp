#include <ol/p2p/identify.hpp>

#include <algorithm>

#include <ol/p2p/protobuf.hpp>

namespace ol::p2p {
namespace {

// Fields of Identify (libp2p identify spec).
constexpr std::uint32_t kPublicKeyField = 1;
constexpr std::uint32_t kListenField = 2;
constexpr std::uint32_t kProtocolsField = 3;
constexpr std::uint32_t kObservedField = 4;
constexpr std::uint32_t kProtocolVersionField = 5;
constexpr std::uint32_t kAgentVersionField = 6;
constexpr std::uint32_t kRecordField = 8;

bool add_field(const ProtoField& field, IdentifyMessage& into) {
  const bool known = (field.number >= kPublicKeyField && field.number <= kAgentVersionField) ||
                     field.number == kRecordField;
  if (!known) return true;
  if (field.kind != ProtoField::Kind::Bytes) return false;
  const std::string text(as_text(field.bytes));
  switch (field.number) {
    case kPublicKeyField:
      into.public_key = to_bytes(field.bytes);
      return true;
    case kListenField:
      if (into.listen_addresses.size() < kPeerAddressesMax) {
        into.listen_addresses.push_back(to_bytes(field.bytes));
      }
      return true;
    case kProtocolsField:
      if (into.protocols.size() == kIdentifyProtocolsMax || text.size() > kIdentifyTextMax) {
        return false;
      }
      into.protocols.push_back(text);
      return true;
    case kObservedField:
      into.observed_address = to_bytes(field.bytes);
      return true;
    case kProtocolVersionField:
      into.protocol_version = text.substr(0, kIdentifyTextMax);
      return true;
    case kAgentVersionField:
      into.agent_version = text.substr(0, kIdentifyTextMax);
      return true;
    default:
      into.signed_peer_record = to_bytes(field.bytes);
      return true;
  }
}

/// Keeps the addresses that can be read and name no other peer, without the id.
std::vector<Multiaddr> clean(const std::vector<Bytes>& addresses, const PeerId& peer) {
  std::vector<Multiaddr> out;
  for (const Bytes& bytes : addresses) {
    const auto address = Multiaddr::from_bytes(bytes);
    if (!address || (address->peer() && address->peer() != peer)) continue;
    out.push_back(address->without_peer());
  }
  return out;
}

}  // namespace

Bytes encode(const IdentifyMessage& message) {
  Bytes out;
  const auto add_text = [&](std::uint32_t number, const std::optional<std::string>& text) {
    if (text) append_proto_bytes(out, number, as_bytes(*text));
  };
  const auto add_bytes = [&](std::uint32_t number, const std::optional<Bytes>& bytes) {
    if (bytes) append_proto_bytes(out, number, *bytes);
  };
  add_text(kProtocolVersionField, message.protocol_version);
  add_text(kAgentVersionField, message.agent_version);
  add_bytes(kPublicKeyField, message.public_key);
  for (const Bytes& address : message.listen_addresses)
    append_proto_bytes(out, kListenField, address);
  add_bytes(kObservedField, message.observed_address);
  for (const std::string& protocol : message.protocols)
    append_proto_bytes(out, kProtocolsField, as_bytes(protocol));
  add_bytes(kRecordField, message.signed_peer_record);
  return out;
}

bool merge_identify(ByteView message, IdentifyMessage& into) {
  ProtoReader reader(message);
  while (const auto field = reader.next()) {
    if (!add_field(*field, into)) return false;
  }
  return reader.ok();
}

IdentifyProtocol::IdentifyProtocol(Host& host, const IdentityKey& identity, std::uint64_t sequence)
    : host_(host), identity_(identity), sequence_(sequence) {
  host_.add_protocol({std::string(kId), std::string(kPushId)}, *this, {2, StreamPriority::Normal});
}

Bytes IdentifyProtocol::our_message(StreamKey key) {
  const HostConfig& config = host_.config();
  IdentifyMessage message;
  message.public_key = host_.key().message();
  for (const Multiaddr& address : config.announced)
    message.listen_addresses.push_back(address.bytes());
  message.protocols.assign(host_.protocols().begin(), host_.protocols().end());
  if (const auto remote = host_.remote_of(key.connection)) {
    message.observed_address = remote->without_peer().bytes();
  }
  message.protocol_version = config.protocol_version;
  message.agent_version = config.agent_version;
  message.signed_peer_record = our_record();
  Bytes out;
  append_delimited(out, encode(message));
  return out;
}

// Signing takes a good part of what a connection costs, and the record hardly ever changes.
const Bytes& IdentifyProtocol::our_record() {
  const std::vector<Multiaddr>& announced = host_.config().announced;
  if (record_.empty() || recorded_sequence_ != sequence_ || recorded_addresses_ != announced) {
    // No two records of ours share a number.
    if (!record_.empty() && recorded_sequence_ == sequence_) sequence_ += 1;
    record_ = sign_peer_record(identity_, {host_.self(), sequence_, announced});
    recorded_sequence_ = sequence_;
    recorded_addresses_ = announced;
  }
  return record_;
}

void IdentifyProtocol::push() {
  sequence_ += 1;
  for (auto& [peer, state] : pushes_)
    state.wanted = true;
}

void IdentifyProtocol::on_peer_connected(const PeerId& peer) {
  ask(peer, pushes_[peer]);
}

// Without an answer the peer stays unidentified: nothing that needs identify will use it.
void IdentifyProtocol::ask(const PeerId& peer, PushState& state) {
  const unsigned doublings = std::min(state.asked, kAskDoublings);
  state.asked += 1;
  state.ask_at = host_.now() + kAskPause * (1U << doublings);
  state.asking = host_.open_stream(peer, {std::string(kId)}, *this);
}

void IdentifyProtocol::ask_again(TimePoint now) {
  for (auto& [peer, state] : pushes_) {
    const bool waiting = state.asking.has_value() || host_.info(peer) != nullptr;
    if (!waiting && now >= state.ask_at) ask(peer, state);
  }
}

void IdentifyProtocol::stop_asking(StreamKey key) {
  for (auto& [peer, state] : pushes_) {
    if (state.asking != key) continue;
    state.asking.reset();
    // Whoever refuses at once is not asked at once.
    state.ask_at = std::max(state.ask_at, host_.now() + kAskPause);
  }
}

void IdentifyProtocol::on_peer_disconnected(const PeerId& peer) {
  pushes_.erase(peer);
}

void IdentifyProtocol::start_reading(StreamKey key, const PeerId& peer, bool is_push) {
  Reading& reading = readings_[key];
  reading.peer = peer;
  reading.is_push = is_push;
  reading.since = host_.now();
}

// A push costs a signature's verification, an answer ours.
bool IdentifyProtocol::admit(StreamKey key, const PeerId& peer) {
  PushState& state = pushes_[peer];
  const double passed = std::chrono::duration<double>(host_.now() - state.counted_at).count();
  state.counted_at = host_.now();
  state.may_open = std::min(state.may_open + passed, kOpenedAtOnce) - 1;
  if (state.may_open >= 0) return true;
  host_.reset(key);
  if (state.may_open < -kOpenedInVainMax) {
    host_.close(key.connection, EndReason::Misbehaved, "too many identify streams");
  }
  return false;
}

// Whoever opens identify receives; whoever opens a push sends.
void IdentifyProtocol::on_stream_opened(StreamKey key, const PeerId& peer,
                                        std::string_view protocol, bool inbound) {
  if (inbound && !admit(key, peer)) return;
  const bool is_push = protocol == kPushId;
  const bool we_send = inbound != is_push;
  if (we_send) {
    if (host_.write(key, our_message(key))) host_.close_write(key);
    return;
  }
  if (!is_push) {
    start_reading(key, peer, false);
    host_.close_write(key);
    return;
  }
  const bool busy = std::any_of(readings_.begin(), readings_.end(), [&](const auto& entry) {
    return entry.second.is_push && entry.second.peer == peer;
  });
  if (busy) {
    host_.reset(key);
    return;
  }
  start_reading(key, peer, true);
  host_.close_write(key);
}

void IdentifyProtocol::on_stream_data(StreamKey key, ByteView bytes) {
  host_.consume(key, bytes.size());
  const auto at = readings_.find(key);
  if (at == readings_.end()) return;
  Reading& reading = at->second;
  while (true) {
    const auto message = reading.reader.next(bytes);
    if (message && !*message) return;
    const bool good = message && reading.messages < kIdentifyMessagesMax &&
                      merge_identify(**message, reading.message);
    if (!good) {
      host_.reset(key);
      readings_.erase(at);
      stop_asking(key);
      return;
    }
    reading.messages += 1;
  }
}

void IdentifyProtocol::on_stream_ended(StreamKey key) {
  stop_asking(key);
  auto node = readings_.extract(key);
  if (node.empty()) return;
  const Reading& reading = node.mapped();
  if (reading.messages == 0 || !reading.reader.is_between_messages()) return;
  apply(reading);
}

void IdentifyProtocol::on_stream_failed(StreamKey key, std::string_view) {
  readings_.erase(key);
  stop_asking(key);
}

void IdentifyProtocol::apply(const Reading& reading) {
  const IdentifyMessage& message = reading.message;
  // A push may leave the key out; whoever sends one must be who the handshake says.
  const bool has_key = message.public_key.has_value();
  if (has_key) {
    const auto id = PeerId::from_key_message(*message.public_key);
    if (!id || *id != reading.peer) return;
  } else if (!reading.is_push) {
    return;
  }
  PeerInfo info;
  if (const PeerInfo* const known = host_.info(reading.peer)) info = *known;
  if (!reading.is_push || !message.protocols.empty()) {
    info.protocols = {message.protocols.begin(), message.protocols.end()};
  }
  if (!reading.is_push || !message.listen_addresses.empty()) {
    info.addresses = clean(message.listen_addresses, reading.peer);
  }
  if (message.protocol_version) info.protocol_version = *message.protocol_version;
  if (message.agent_version) info.agent_version = *message.agent_version;
  if (message.observed_address) {
    if (auto observed = Multiaddr::from_bytes(*message.observed_address)) {
      info.observed = observed->without_peer();
    }
  }
  if (message.signed_peer_record) {
    const auto record = open_peer_record(*message.signed_peer_record);
    if (record && record->peer == reading.peer && !record->addresses.empty()) {
      records_.keep(*record, [this](const PeerId& peer) { return pushes_.contains(peer); });
    }
  }
  // Signed beats told.
  if (const PeerRecord* const kept = records_.find(reading.peer)) {
    info.addresses.clear();
    for (const Multiaddr& address : kept->addresses)
      info.addresses.push_back(address.without_peer());
  }
  host_.set_info(reading.peer, std::move(info));
}

void IdentifyProtocol::on_tick(TimePoint now) {
  std::vector<StreamKey> late;
  for (const auto& [key, reading] : readings_) {
    if (now - reading.since >= kTimeout) late.push_back(key);
  }
  for (const StreamKey key : late) {
    readings_.erase(key);
    stop_asking(key);
    host_.reset(key);
  }
  ask_again(now);
  for (auto& [peer, state] : pushes_) {
    if (!state.wanted || (state.last && now - *state.last < kPushPause)) continue;
    const PeerInfo* const info = host_.info(peer);
    if (info == nullptr) continue;
    state.wanted = false;
    if (!info->protocols.contains(kPushId)) continue;
    state.last = now;
    static_cast<void>(host_.open_stream(peer, {std::string(kPushId)}, *this));
  }
}

}  // namespace ol::p2p
