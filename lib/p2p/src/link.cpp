#include <ol/p2p/link.hpp>

#include <ol/base/check.hpp>

#include "control.hpp"

namespace ol::p2p {
namespace {

// Answers to pings beyond this many queued bytes are left out: the peer is not reading them.
constexpr std::size_t kControlQueueMax = std::size_t{4} << 10;

template <typename... Fs>
struct Overloaded : Fs... {
  using Fs::operator()...;
};

}  // namespace

Link::Link(NoiseRole role, const NoiseIdentity& identity, crypto::X25519KeyPair ephemeral,
           std::optional<PeerId> expected, std::size_t queue_bytes_max)
    : handshake_(std::make_unique<NoiseHandshake>(role, identity, std::move(ephemeral), expected)),
      queue_(queue_bytes_max),
      queue_bytes_max_(queue_bytes_max) {
  handshake_->start(handshake_out_);
}

LinkEvent Link::end(CloseCode code, std::string text) {
  ended_ = true;
  return LinkEnded{{code, std::move(text)}};
}

void Link::receive(ByteView bytes) {
  if (ended_) return;
  if (handshake_ == nullptr) {
    opener_->feed(bytes);
    return;
  }
  const auto taken = handshake_->feed(bytes, handshake_out_);
  if (!taken) {
    const bool wrong_peer = taken.error() == NoiseError::WrongPeer;
    pending_ = end(wrong_peer ? CloseCode::WrongPeer : CloseCode::HandshakeFailed,
                   std::string("handshake: ") + describe(taken.error()));
    return;
  }
  if (!handshake_->done()) return;
  NoiseSession session = handshake_->take_session();
  handshake_.reset();
  sealer_.emplace(session.send_key);
  opener_.emplace(session.receive_key);
  opener_->feed(bytes.subspan(*taken));
  pending_ = LinkAuthenticated{session.peer};
}

std::optional<LinkEvent> Link::next_event() {
  if (pending_) return std::exchange(pending_, std::nullopt);
  if (ended_ || !admitted_) return std::nullopt;
  return next_frame_event();
}

std::optional<LinkEvent> Link::next_frame_event() {
  for (;;) {
    auto message = decoder_.next();
    if (!message) return end(CloseCode::ProtocolError, describe(message.error()));
    if (*message) return interpret(**std::move(message));
    const auto plaintext = opener_->next();
    if (!plaintext) return end(CloseCode::ProtocolError, describe(plaintext.error()));
    if (!*plaintext) return std::nullopt;
    decoder_.feed(**plaintext);
  }
}

std::optional<LinkEvent> Link::interpret(InboundMessage message) {
  if (message.channel == Channel::Control) return interpret_control(message.payload);
  if (!is_open()) return end(CloseCode::ProtocolError, "message before both sides were ready");
  return LinkMessage{std::move(message)};
}

std::optional<LinkEvent> Link::interpret_control(ByteView payload) {
  const auto control = decode_control(payload);
  if (!control) return end(CloseCode::ProtocolError, "malformed control message");
  return std::visit(
      Overloaded{
          [this](const ControlHello& hello) -> std::optional<LinkEvent> {
            if (std::exchange(hello_received_, true)) {
              return end(CloseCode::ProtocolError, "second hello");
            }
            return LinkHello{to_bytes(hello.hello)};
          },
          [this](const ControlReady&) -> std::optional<LinkEvent> {
            if (!hello_received_) return end(CloseCode::ProtocolError, "ready before hello");
            if (std::exchange(ready_received_, true)) {
              return end(CloseCode::ProtocolError, "second ready");
            }
            return LinkReady{};
          },
          [this](const ControlPing& ping) -> std::optional<LinkEvent> {
            if (queue_.channel_bytes(Channel::Control) < kControlQueueMax) {
              push_control(encode_pong(ping.value));
            }
            return LinkPing{};
          },
          [](const ControlPong& pong) -> std::optional<LinkEvent> { return LinkPong{pong.value}; },
          [this](const ControlGoodbye& goodbye) -> std::optional<LinkEvent> {
            return end(goodbye.reason.code, "the peer says: " + goodbye.reason.text);
          }},
      *control);
}

void Link::push_control(Bytes message) {
  // Only a queue full of consensus messages can refuse it, and the owner closes such a link.
  static_cast<void>(queue_.push(Channel::Control, share(std::move(message))));
}

void Link::admit(ByteView hello) {
  OL_CHECK(sealer_.has_value(), "a peer is admitted after it is authenticated");
  OL_CHECK(hello.size() <= kHelloBytesMax, "our hello is within its limit");
  admitted_ = true;
  push_control(encode_hello(hello));
}

void Link::send_ready() {
  OL_CHECK(hello_received_, "ready answers a hello");
  ready_sent_ = true;
  push_control(encode_ready());
}

PushOutcome Link::send(Channel channel, SharedBytes payload) {
  OL_CHECK(is_open(), "messages are sent once both sides are ready");
  OL_CHECK(channel != Channel::Control, "control messages belong to the link");
  return queue_.push(channel, std::move(payload));
}

void Link::send_ping(std::uint64_t value) {
  if (queue_.channel_bytes(Channel::Control) >= kControlQueueMax) return;
  push_control(encode_ping(value));
}

void Link::say_goodbye(CloseCode code, std::string_view text) {
  ended_ = true;
  pending_.reset();
  queue_ = SendQueue(queue_bytes_max_);
  if (sealer_) push_control(encode_goodbye(code, text));
}

void Link::take_output(Bytes& out) {
  append(out, handshake_out_);
  handshake_out_.clear();
  if (queue_.empty()) return;
  Bytes plaintext;
  plaintext.reserve(kNoisePlaintextBytesMax);
  queue_.fill(plaintext, kNoisePlaintextBytesMax);
  // 2^64 messages do not happen within the life of a process.
  OL_CHECK(sealer_->seal(plaintext, out).has_value(), "nonces left");
}

std::size_t Link::buffered_bytes() const {
  return decoder_.buffered_bytes() + (opener_ ? opener_->buffered_bytes() : 0);
}

}  // namespace ol::p2p
