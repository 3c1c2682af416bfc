#include <ol/p2p/muxed_connection.hpp>

#include <algorithm>

#include <ol/base/check.hpp>

namespace ol::p2p {
namespace {

template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};

const ProtocolSet& security_protocols() {
  static const ProtocolSet set{std::string(kNoiseProtocol)};
  return set;
}

const ProtocolSet& muxer_protocols() {
  static const ProtocolSet set{std::string(kYamuxProtocol)};
  return set;
}

}  // namespace

const char* reason_name(EndReason reason) {
  switch (reason) {
    case EndReason::NegotiationFailed:
      return "negotiation_failed";
    case EndReason::HandshakeFailed:
      return "handshake_failed";
    case EndReason::WrongPeer:
      return "wrong_peer";
    case EndReason::BadTransport:
      return "bad_transport";
    case EndReason::YamuxViolation:
      return "yamux_violation";
    case EndReason::UpgradeTimeout:
      return "upgrade_timeout";
    case EndReason::Mute:
      return "mute";
    case EndReason::Evicted:
      return "evicted";
    case EndReason::WriteStalled:
      return "write_stalled";
    case EndReason::Silent:
      return "silent";
    case EndReason::ConnectFailed:
      return "connect_failed";
    case EndReason::ConnectionLost:
      return "connection_lost";
    case EndReason::LimitReached:
      return "limit_reached";
    case EndReason::Duplicate:
      return "duplicate";
    case EndReason::Misbehaved:
      return "misbehaved";
    case EndReason::SlowSender:
      return "slow_sender";
    case EndReason::Banned:
      return "banned";
    case EndReason::NotAllowed:
      return "not_allowed";
    case EndReason::Local:
      return "local";
  }
  OL_CHECK(false, "unknown EndReason");
}

MuxedConnection::MuxedConnection(const ConnectionSetup& setup, const NoiseIdentity& identity,
                                 const ProtocolSet& accepted, crypto::X25519KeyPair ephemeral,
                                 TimePoint now)
    : setup_(setup),
      accepted_(accepted),
      handshake_(std::make_unique<NoiseHandshake>(setup.role, identity, std::move(ephemeral),
                                                  setup.expected)),
      now_(now),
      started_(now),
      last_received_(now) {
  if (setup.role == NoiseRole::Initiator) {
    negotiation_.emplace<MultistreamInitiator>(
        std::vector<std::string>{std::string(kNoiseProtocol)});
  } else {
    negotiation_.emplace<MultistreamResponder>(security_protocols());
  }
  std::visit(Overloaded{[](std::monostate) {}, [&](auto& side) { side.start(out_); }},
             negotiation_);
}

Result<std::size_t, MultistreamError> MuxedConnection::negotiate(ByteView in, Bytes& out) {
  if (auto* initiator = std::get_if<MultistreamInitiator>(&negotiation_)) {
    return initiator->feed(in, out);
  }
  return std::get<MultistreamResponder>(negotiation_).feed(in, out);
}

bool MuxedConnection::is_negotiated() const {
  if (const auto* initiator = std::get_if<MultistreamInitiator>(&negotiation_)) {
    return initiator->done();
  }
  return std::get<MultistreamResponder>(negotiation_).done();
}

void MuxedConnection::feed(ByteView bytes, TimePoint now) {
  now_ = now;
  if (!bytes.empty()) {
    last_received_ = now;
    heard_ = true;
  }
  switch (step_) {
    case Step::Security:
      feed_security(bytes);
      return;
    case Step::Handshake:
      feed_handshake(bytes);
      return;
    case Step::Muxer:
    case Step::Open:
      opener_->feed(bytes);
      return;
    case Step::Ended:
      return;
  }
}

void MuxedConnection::feed_security(ByteView bytes) {
  const auto taken = negotiate(bytes, out_);
  if (!taken) {
    close(EndReason::NegotiationFailed, std::string("security: ") + describe(taken.error()));
    return;
  }
  if (!is_negotiated()) return;
  step_ = Step::Handshake;
  handshake_->start(out_);
  feed_handshake(bytes.subspan(*taken));
}

void MuxedConnection::feed_handshake(ByteView bytes) {
  const auto taken = handshake_->feed(bytes, out_);
  if (!taken) {
    const bool wrong_peer = taken.error() == NoiseError::WrongPeer;
    close(wrong_peer ? EndReason::WrongPeer : EndReason::HandshakeFailed, describe(taken.error()));
    return;
  }
  if (handshake_->done()) on_secured(bytes.subspan(*taken));
}

void MuxedConnection::on_secured(ByteView rest) {
  NoiseSession session = handshake_->take_session();
  handshake_.reset();
  peer_ = session.peer;
  early_muxer_ = session.muxer;
  sealer_.emplace(session.send_key);
  opener_.emplace(session.receive_key);
  opener_->feed(rest);
  if (early_muxer_ == kYamuxProtocol) {
    open_yamux({});
  } else {
    begin_muxer();
  }
}

void MuxedConnection::begin_muxer() {
  step_ = Step::Muxer;
  Bytes opening;
  if (setup_.role == NoiseRole::Initiator) {
    negotiation_
        .emplace<MultistreamInitiator>(std::vector<std::string>{std::string(kYamuxProtocol)})
        .start(opening);
  } else {
    negotiation_.emplace<MultistreamResponder>(muxer_protocols()).start(opening);
  }
  seal(opening);
}

void MuxedConnection::seal(ByteView plaintext) {
  if (plaintext.empty()) return;
  OL_CHECK(sealer_->seal(plaintext, out_).has_value(), "2^64 messages do not happen");
}

void MuxedConnection::feed_muxer(ByteView plaintext) {
  Bytes answer;
  const auto taken = negotiate(plaintext, answer);
  seal(answer);
  if (!taken) {
    close(EndReason::NegotiationFailed, std::string("muxer: ") + describe(taken.error()));
    return;
  }
  if (is_negotiated()) open_yamux(plaintext.subspan(*taken));
}

void MuxedConnection::open_yamux(ByteView rest) {
  step_ = Step::Open;
  negotiation_ = std::monostate{};
  const bool client = setup_.role == NoiseRole::Initiator;
  yamux_.emplace(client ? YamuxRole::Client : YamuxRole::Server, setup_.yamux);
  muxer_rest_ = to_bytes(rest);
  yamux_->feed(muxer_rest_, now_);
  yamux_->ping(now_);
  events_.emplace_back(ConnectionReady{*peer_});
}

bool MuxedConnection::pull_plaintext() {
  if (!opener_) return false;
  const auto plaintext = opener_->next();
  if (!plaintext) {
    close(EndReason::BadTransport, describe(plaintext.error()));
    return true;
  }
  if (!*plaintext) {
    // A part that lies here keeps memory and a slot: it has a time limit, however often bytes come.
    if (opener_->buffered_bytes() > 0 && !part_since_) part_since_ = now_;
    return false;
  }
  part_since_.reset();
  if (step_ == Step::Muxer) {
    feed_muxer(**plaintext);
  } else {
    yamux_->feed(**plaintext, now_);
  }
  return true;
}

std::optional<ConnectionEvent> MuxedConnection::next_event() {
  while (true) {
    if (!events_.empty()) {
      ConnectionEvent event = std::move(events_.front());
      events_.pop_front();
      return event;
    }
    if (step_ == Step::Ended) return std::nullopt;
    if (yamux_) {
      const auto event = yamux_->next_event();
      if (!event) {
        close(EndReason::YamuxViolation, describe(event.error()));
        continue;
      }
      if (*event) {
        translate(**event);
        continue;
      }
    }
    if (pull_plaintext()) continue;
    finish_going_away();
    if (events_.empty()) return std::nullopt;
  }
}

void MuxedConnection::translate(const YamuxEvent& event) {
  std::visit(
      Overloaded{[&](const YamuxOpened& e) { on_opened(e.id); },
                 [&](const YamuxData& e) { on_data(e.id, e.bytes); },
                 [&](const YamuxEnded& e) {
                   const auto at = streams_.find(e.id);
                   const bool agreed = at == streams_.end() || at->second.negotiation.index() == 0;
                   if (agreed) {
                     events_.emplace_back(StreamEnded{e.id});
                   } else {
                     fail_stream(e.id, "ended before its protocol was agreed");
                   }
                 },
                 [&](const YamuxReset& e) { drop_stream(e.id, "reset by the peer"); },
                 [&](const YamuxWritable& e) { events_.emplace_back(StreamWritable{e.id}); },
                 [&](const YamuxRoundTrip& e) { events_.emplace_back(RoundTripMeasured{e.time}); },
                 [&](const YamuxGoAway& e) { on_go_away(e.code); }},
      event);
}

// The peer opens no more streams and takes none; those that run may end.
void MuxedConnection::on_go_away(std::uint32_t code) {
  if (going_away_) return;
  going_away_ = {now_, "the peer went away with code " + std::to_string(code)};
}

void MuxedConnection::finish_going_away() {
  if (!going_away_ || step_ != Step::Open) return;
  const bool late = now_ - going_away_->since >= setup_.times.go_away;
  if (late || yamux_->stream_count() == 0) close(EndReason::ConnectionLost, going_away_->text);
}

void MuxedConnection::on_opened(StreamId id) {
  StreamState& stream = streams_[id];
  stream.opened = now_;
  auto& responder = stream.negotiation.emplace<MultistreamResponder>(accepted_);
  Bytes header;
  responder.start(header);
  OL_CHECK(yamux_->write(id, header), "a new stream takes a header");
}

void MuxedConnection::on_data(StreamId id, ByteView bytes) {
  const auto at = streams_.find(id);
  if (at == streams_.end() || at->second.negotiation.index() == 0) {
    events_.emplace_back(StreamData{id, bytes});
    return;
  }
  negotiate_stream(id, at->second, bytes);
}

void MuxedConnection::negotiate_stream(StreamId id, StreamState& stream, ByteView bytes) {
  Bytes answer;
  auto* const initiator = std::get_if<MultistreamInitiator>(&stream.negotiation);
  auto* const responder = std::get_if<MultistreamResponder>(&stream.negotiation);
  const auto taken =
      initiator != nullptr ? initiator->feed(bytes, answer) : responder->feed(bytes, answer);
  if (!answer.empty() && !yamux_->write(id, answer)) {
    fail_stream(id, "closed while its protocol was negotiated");
    return;
  }
  if (!taken) {
    fail_stream(id, describe(taken.error()));
    return;
  }
  yamux_->consume(id, *taken, now_);
  const bool done = initiator != nullptr ? initiator->done() : responder->done();
  if (!done) return;
  const std::string protocol = initiator != nullptr ? initiator->protocol() : responder->protocol();
  if (!stream.lazy) events_.emplace_back(StreamOpened{id, protocol, initiator == nullptr});
  if (*taken < bytes.size()) events_.emplace_back(StreamData{id, bytes.subspan(*taken)});
  const bool close_wanted = stream.close_wanted;
  streams_.erase(id);
  if (close_wanted) yamux_->close_write(id);
}

void MuxedConnection::fail_stream(StreamId id, std::string why) {
  yamux_->reset(id);
  drop_stream(id, std::move(why));
}

void MuxedConnection::drop_stream(StreamId id, std::string why) {
  const auto at = streams_.find(id);
  // Nobody knows yet of an inbound stream without a protocol.
  const bool unknown =
      at != streams_.end() && std::holds_alternative<MultistreamResponder>(at->second.negotiation);
  if (at != streams_.end()) streams_.erase(at);
  if (!unknown) events_.emplace_back(StreamFailed{id, std::move(why)});
}

std::optional<StreamId> MuxedConnection::open(std::vector<std::string> protocols, bool lazy,
                                              StreamPriority priority, TimePoint now) {
  if (step_ != Step::Open) return std::nullopt;
  const auto id = yamux_->open(priority);
  if (!id) return std::nullopt;
  StreamState& stream = streams_[*id];
  stream.opened = now;
  stream.lazy = lazy;
  auto& initiator = stream.negotiation.emplace<MultistreamInitiator>(std::move(protocols));
  Bytes opening;
  initiator.start(opening);
  OL_CHECK(yamux_->write(*id, opening), "a new stream takes a proposal");
  return id;
}

std::optional<StreamId> MuxedConnection::open_stream(std::vector<std::string> protocols,
                                                     StreamPriority priority, TimePoint now) {
  return open(std::move(protocols), false, priority, now);
}

std::optional<StreamId> MuxedConnection::open_stream_lazily(std::string protocol,
                                                            StreamPriority priority,
                                                            TimePoint now) {
  return open({std::move(protocol)}, true, priority, now);
}

bool MuxedConnection::write(StreamId id, SharedBytes bytes) {
  return step_ == Step::Open && yamux_->write(id, std::move(bytes));
}

// A half-close behind a lazy negotiation confuses js-libp2p: it waits for the answer.
void MuxedConnection::close_write(StreamId id) {
  if (step_ != Step::Open) return;
  const auto at = streams_.find(id);
  if (at != streams_.end()) {
    at->second.close_wanted = true;
    return;
  }
  yamux_->close_write(id);
}

void MuxedConnection::reset(StreamId id) {
  if (step_ != Step::Open) return;
  streams_.erase(id);
  yamux_->reset(id);
}

void MuxedConnection::consume(StreamId id, std::size_t bytes, TimePoint now) {
  if (step_ == Step::Open) yamux_->consume(id, bytes, now);
}

void MuxedConnection::set_priority(StreamId id, StreamPriority priority) {
  if (step_ == Step::Open) yamux_->set_priority(id, priority);
}

void MuxedConnection::close(EndReason reason, std::string text) {
  if (step_ == Step::Ended) return;
  if (yamux_ && reason != EndReason::YamuxViolation) {
    yamux_->go_away(YamuxGoAwayCode::Normal);
  }
  step_ = Step::Ended;
  streams_.clear();
  events_.clear();
  events_.emplace_back(ConnectionEnded{reason, std::move(text)});
}

void MuxedConnection::tick(TimePoint now) {
  now_ = now;
  if (step_ == Step::Ended) return;
  if (writing_since_ && now - *writing_since_ >= setup_.times.write_progress) {
    close(EndReason::WriteStalled, "the peer takes no bytes");
    return;
  }
  if (step_ != Step::Open) {
    if (now - started_ >= setup_.times.upgrade) {
      close(EndReason::UpgradeTimeout, "not ready in time");
    } else if (!heard_ && setup_.role == NoiseRole::Responder &&
               now - started_ >= setup_.times.first_byte) {
      close(EndReason::Mute, "not a byte in time");
    }
    return;
  }
  const Duration silence = now - last_received_;
  if (silence >= setup_.times.close_after) {
    close(EndReason::Silent, "no answer to a ping");
    return;
  }
  if (part_since_ && now - *part_since_ >= setup_.times.message) {
    close(EndReason::SlowSender, "a message did not arrive in full in time");
    return;
  }
  if (silence >= setup_.times.ping_after) yamux_->ping(now);
  finish_going_away();
  std::vector<StreamId> late;
  for (const auto& [id, stream] : streams_) {
    if (now - stream.opened >= setup_.times.negotiation) late.push_back(id);
  }
  for (const StreamId id : late)
    fail_stream(id, "no protocol agreed in time");
}

bool MuxedConnection::has_output() const {
  return !out_.empty() || (yamux_ && yamux_->has_output());
}

void MuxedConnection::poll_transmit(Bytes& out, std::size_t bytes_max, TimePoint now) {
  now_ = now;
  const std::size_t before = out.size();
  append(out, out_);
  out_.clear();
  while (yamux_ && yamux_->has_output() && out.size() - before < bytes_max) {
    const std::size_t start = out.size();
    const std::size_t bulk_room = kBulkAheadBytesMax - std::min(kBulkAheadBytesMax, start - before);
    out.resize(start + kNoiseLengthBytes);
    yamux_->fill(out, kNoisePlaintextBytesMax, bulk_room);
    if (out.size() == start + kNoiseLengthBytes) {
      // Every queued entry was of a stream that is gone, or bulk for later.
      out.resize(start);
      break;
    }
    OL_CHECK(sealer_->seal_tail(out, start).has_value(), "2^64 messages do not happen");
    if (step_ == Step::Ended) break;
  }
  if (out.size() > before && !writing_since_) writing_since_ = now;
}

void MuxedConnection::on_written(TimePoint now) {
  now_ = now;
  writing_since_.reset();
}

}  // namespace ol::p2p
