// Streams of StackNetwork: the lanes it writes on, the inlets it reads from.
#include <ol/base/check.hpp>
#include <ol/p2p/protobuf.hpp>

#include "control.hpp"
#include "stack_network.hpp"

namespace ol::p2p {
namespace {

// What goes before a message: its length.
constexpr std::size_t kLengthBytesMax = 9;

// Of a peer's queue the last quarter is for consensus alone.
constexpr std::size_t shared_part(std::size_t bytes_max) {
  return bytes_max / 4 * 3;
}

StreamPriority priority_of(Channel channel) {
  switch (channel) {
    case Channel::Control:
    case Channel::Consensus:
      return StreamPriority::Urgent;
    case Channel::Request:
    case Channel::Gossip:
      return StreamPriority::Normal;
    case Channel::Bulk:
      return StreamPriority::Bulk;
  }
  OL_CHECK(false, "unknown Channel");
}

bool is_consensus(Channel channel) {
  return channel == Channel::Control || channel == Channel::Consensus;
}

std::size_t inlet_bytes_max(bool consensus) {
  return 1 + message_bytes_max(consensus ? Channel::Consensus : Channel::Bulk);
}

}  // namespace

FramedMessage frame_message(Channel channel, SharedBytes body) {
  Bytes head;
  append_varint(head, body->size() + 1);
  head.push_back(static_cast<std::uint8_t>(channel));
  return {channel, share(std::move(head)), std::move(body)};
}

void StackNetwork::open_lane(StackSession& session, Channel channel) {
  Lane& lane = session.lane(channel);
  const std::string protocol = is_consensus(channel) ? kConsensusProtocol : kSyncProtocol;
  ProtocolHandler& self = *this;
  lane.key = host().open_stream_on(session.id, {protocol}, self, priority_of(channel));
  lane.open = false;
  // Without a stream the tick ends the session.
  if (!lane.key && is_consensus(channel)) session.lost = true;
}

void StackNetwork::on_stream_opened(StreamKey key, const PeerId&, std::string_view protocol,
                                    bool inbound) {
  StackSession* const session = find(key.connection);
  if (session == nullptr) {
    host().reset(key);
    return;
  }
  if (inbound) {
    const bool consensus = protocol == kConsensusProtocol;
    inlets_.try_emplace(key, key.connection, consensus, inlet_bytes_max(consensus));
    if (consensus && !session->farewell) begin_hello(*session);
    return;
  }
  for (Lane& lane : session->lanes) {
    if (lane.key != key) continue;
    lane.open = true;
    if (&lane != &session->lane(Channel::Control)) return flush_pending(*session, lane);
    if (session->farewell) {
      send_control(*session, encode_goodbye(session->farewell->code, session->farewell->text));
      session->farewell_said = true;
      return;
    }
    send_control(*session, encode_hello(config_.hello));
    session->hello_sent = true;
    if (!session->hello_accepted) return;
    if (is_decider(session->peer)) {
      decide(*session);
    } else {
      say_ready(*session);
    }
    return;
  }
}

std::size_t StackNetwork::queued_bytes(const StackSession& session) {
  std::size_t out = 0;
  for (const Lane& lane : session.lanes) {
    out += lane.pending_bytes;
    if (!lane.key) continue;
    const std::size_t queued = host().queued_bytes(*lane.key);
    out += queued + (queued == 0 ? 0 : lane.messages * kQueuedMessageOverhead);
  }
  return out;
}

void StackNetwork::deliver(StackSession& session, const FramedMessage& message) {
  if (session.farewell || session.overflowed) return;
  const std::size_t index = channel_index(message.channel);
  const bool consensus = message.channel == Channel::Consensus;
  const std::size_t limit = config_.limits.peer_queue_bytes_max;
  if (queued_bytes(session) + message.cost() > (consensus ? limit : shared_part(limit))) {
    session.dropped[index] += 1;
    session.overflowed = consensus;
    return;
  }
  if (is_stranger(session)) stranger_bytes_.grow(message.cost());
  ChannelCounters& counters = peers_.entry(session.peer).counters.channels[index];
  counters.messages_out += 1;
  counters.bytes_out += message.body->size();
  Lane& lane = session.lane(message.channel);
  if (!lane.key) open_lane(session, message.channel);
  if (lane.open) {
    write(session, message);
    return;
  }
  lane.pending_bytes += message.cost();
  lane.pending.push_back(message);
}

void StackNetwork::write(StackSession& session, const FramedMessage& message) {
  Lane& lane = session.lane(message.channel);
  if (host().queued_bytes(*lane.key) == 0) lane.messages = 0;
  lane.messages += 1;
  // The queue's bound was looked at before; a stream that refuses is gone and soon reported.
  if (host().write(*lane.key, message.head)) {
    static_cast<void>(host().write(*lane.key, message.body));
  }
}

void StackNetwork::flush_pending(StackSession& session, Lane& lane) {
  lane.pending_bytes = 0;
  for (const FramedMessage& message : std::exchange(lane.pending, {}))
    write(session, message);
}

void StackNetwork::send_control(StackSession& session, Bytes message) {
  if (!session.lane(Channel::Control).open) return;
  write(session, frame_message(Channel::Control, share(std::move(message))));
}

void StackNetwork::on_stream_data(StreamKey key, ByteView bytes) {
  const auto at = inlets_.find(key);
  StackSession* const session = find(key.connection);
  // Nobody writes on the streams we write on; what a peer says that we are done with is not read.
  if (at == inlets_.end() || session == nullptr || session->farewell) {
    host().consume(key, bytes.size());
    return;
  }
  session->heard = Clock::now();
  Inlet& inlet = at->second;
  if (is_stranger(*session)) stranger_bytes_.grow(bytes.size());
  if (inlet.backlog.empty() && !is_held(*session, inlet)) {
    const std::size_t size = bytes.size();
    const bool going_on = read(*session, inlet, bytes);
    host().consume(key, going_on ? size - bytes.size() : size);
    if (!going_on) return;
  }
  append(inlet.backlog, bytes);
  if (stranger_bytes_.is_due()) bound_stranger_bytes();
}

// Only control messages come before the link is made, and those on one stream.
bool StackNetwork::is_held(const StackSession& session, const Inlet& inlet) const {
  if (!inlet.is_consensus() && !session.linked) return true;
  const InboundRate& rate = inlet.is_consensus() ? session.consensus_rate : session.other_rate;
  return session.paused_by_handler || rate.is_paused();
}

bool StackNetwork::read(StackSession& session, Inlet& inlet, ByteView& bytes) {
  while (!is_held(session, inlet)) {
    const auto message = inlet.next(bytes);
    if (!message) {
      end_session(session, {CloseCode::ProtocolError, "a message of bad or forbidden length"},
                  Farewell::Goodbye);
      return false;
    }
    if (!*message) return within_limits(session, inlet);
    if (!handle_message(session, inlet.is_consensus(), **message)) return false;
  }
  return true;
}

std::size_t StackNetwork::unfinished_bytes(ConnectionId id) const {
  std::size_t out = 0;
  for (auto at = inlets_.lower_bound({id, 0}); at != inlets_.end() && at->first.connection == id;
       ++at)
    out += at->second.unfinished_bytes();
  return out;
}

std::size_t StackNetwork::held_bytes(const StackSession& session) {
  std::size_t out = queued_bytes(session) + host().queued_bytes_beside(session.id, *this) +
                    gossip_.held_bytes(session.peer) + unfinished_bytes(session.id);
  for (auto at = inlets_.lower_bound({session.id, 0});
       at != inlets_.end() && at->first.connection == session.id; ++at)
    out += at->second.backlog.size() - at->second.backlog_start;
  return out;
}

void StackNetwork::bound_stranger_bytes() {
  const auto look = [this] {
    std::map<ConnectionId, std::size_t> held;
    for (const auto& [id, session] : sessions_) {
      if (is_stranger(session)) held.emplace(id, held_bytes(session));
    }
    return stranger_bytes_.look(held);
  };
  while (const auto most = look()) {
    StackSession& session = *find(*most);
    end_session(session, {CloseCode::SlowPeer, "unknown peers hold too much of this node's memory"},
                Farewell::Goodbye);
    // The goodbye may take a second; what was held goes at once.
    drop_streams(session.id);
    for (Lane& lane : session.lanes) {
      if (&lane == &session.lane(Channel::Control)) continue;
      if (lane.key) host().reset(*lane.key);
      lane = Lane{};
    }
  }
}

// A session without a link has nothing to say but control messages.
bool StackNetwork::within_limits(StackSession& session, const Inlet& inlet) {
  const std::size_t unfinished = inlet.unfinished_bytes();
  const bool before_ready =
      !session.linked && unfinished > kLengthBytesMax + 1 + message_bytes_max(Channel::Control);
  // One alone is within its reader's limit.
  const bool too_many = unfinished > message_bytes_max(Channel::Control) &&
                        unfinished_bytes(session.id) > kUnfinishedBytesMax;
  if (!before_ready && !too_many) return true;
  end_session(session,
              {CloseCode::ProtocolError,
               before_ready ? "a long message before ready" : "too many unfinished messages"},
              Farewell::Goodbye);
  return false;
}

// Whether a message that has begun should have ended, now that so much time has passed.
bool StackNetwork::is_late(const StackSession& session, Duration passed) {
  bool out = false;
  for (auto at = inlets_.lower_bound({session.id, 0});
       at != inlets_.end() && at->first.connection == session.id; ++at) {
    Inlet& inlet = at->second;
    if (is_held(session, inlet)) continue;
    inlet.pass(passed);
    out = out || inlet.is_late(config_.times.message);
  }
  return out;
}

bool StackNetwork::handle_message(StackSession& session, bool consensus, ByteView message) {
  const auto refuse = [&](const std::string& why) {
    end_session(session, {CloseCode::ProtocolError, why}, Farewell::Goodbye);
    return false;
  };
  if (message.empty()) return refuse("a message without a channel");
  const std::uint8_t number = message[0];
  if (number >= kChannelCount) return refuse("no channel " + std::to_string(number));
  const auto channel = static_cast<Channel>(number);
  if (is_consensus(channel) != consensus) {
    return refuse(std::string("a message of channel ") + channel_name(channel) +
                  " on another protocol's stream");
  }
  const ByteView payload = message.subspan(1);
  if (payload.size() > message_bytes_max(channel)) return refuse("a message over its limit");
  charge(session, consensus, payload.size());
  if (channel == Channel::Control) {
    handle_control(session, payload);
    return !session.farewell;
  }
  if (!session.linked) return refuse("a message before ready");
  ChannelCounters& counters = peers_.entry(session.peer).counters.channels[channel_index(channel)];
  counters.messages_in += 1;
  counters.bytes_in += payload.size();
  if (handler_.on_message(session.peer, channel, to_bytes(payload)) == Flow::Pause) {
    session.paused_by_handler = true;
  }
  return true;
}

void StackNetwork::charge(StackSession& session, bool consensus, std::size_t bytes) {
  InboundRate& rate = consensus ? session.consensus_rate : session.other_rate;
  if (!rate.charge(1, bytes, Clock::now())) return;
  peers_.entry(session.peer).counters.throttled += 1;
  totals_.throttled += 1;
}

// What waited is read in the order in which it would have been: consensus first.
void StackNetwork::resume(StackSession& session) {
  const ConnectionId id = session.id;
  resume_inlets(id, true);
  resume_inlets(id, false);
}

void StackNetwork::resume_inlets(ConnectionId id, bool consensus) {
  std::vector<StreamKey> keys;
  for (auto at = inlets_.lower_bound({id, 0}); at != inlets_.end() && at->first.connection == id;
       ++at) {
    if (at->second.is_consensus() == consensus && !at->second.backlog.empty())
      keys.push_back(at->first);
  }
  for (const StreamKey key : keys) {
    StackSession* const session = find(id);
    const auto at = inlets_.find(key);
    if (session == nullptr || session->farewell || at == inlets_.end()) return;
    Inlet& inlet = at->second;
    ByteView rest = ByteView(inlet.backlog).subspan(inlet.backlog_start);
    const std::size_t before = rest.size();
    const bool going_on = read(*session, inlet, rest);
    host().consume(key, going_on ? before - rest.size() : before);
    if (!going_on) return;
    inlet.backlog_start += before - rest.size();
    if (!rest.empty()) continue;
    inlet.backlog.clear();
    inlet.backlog_start = 0;
  }
}

void StackNetwork::on_stream_ended(StreamKey key) {
  const auto inlet = inlets_.extract(key);
  if (inlet.empty()) return;
  host().reset(key);
  StackSession* const session = find(key.connection);
  if (session != nullptr && inlet.mapped().is_consensus()) session->lost = true;
}

void StackNetwork::on_stream_failed(StreamKey key, std::string_view) {
  const auto inlet = inlets_.extract(key);
  StackSession* const session = find(key.connection);
  if (session == nullptr) return;
  if (!inlet.empty()) {
    session->lost = session->lost || inlet.mapped().is_consensus();
    return;
  }
  for (Lane& lane : session->lanes) {
    if (lane.key != key) continue;
    if (&lane == &session->lane(Channel::Control)) lose_consensus(*session);
    // The next message opens another.
    lane = Lane{};
    return;
  }
}

// Expected peers are greeted before they say what they speak. Who then turns out to speak other
// protocols only stays for those, as a stranger does.
void StackNetwork::lose_consensus(StackSession& session) {
  const PeerInfo* const info = host().info(session.peer);
  bool speaks =
      session.hello_sent || (info != nullptr && info->protocols.contains(kConsensusProtocol));
  for (auto at = inlets_.lower_bound({session.id, 0});
       at != inlets_.end() && at->first.connection == session.id; ++at)
    speaks = speaks || at->second.is_consensus();
  session.speaks = speaks;
  session.lost = session.lost || speaks;
}

void StackNetwork::drop_streams(ConnectionId id) {
  while (true) {
    const auto at = inlets_.lower_bound({id, 0});
    if (at == inlets_.end() || at->first.connection != id) return;
    inlets_.erase(at);
  }
}

}  // namespace ol::p2p
