#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include <ol/base/bytes.hpp>
#include <ol/p2p/frame.hpp>
#include <ol/p2p/network.hpp>
#include <ol/p2p/noise.hpp>

namespace ol::p2p {

/// What happened on a link, in the order it happened.
struct LinkAuthenticated {
  PeerId peer;  // answer with Link::admit or Link::say_goodbye
};
struct LinkHello {
  Bytes hello;  // decide, then Link::send_ready or Link::say_goodbye
};
struct LinkReady {};  // the peer accepted our hello
struct LinkMessage {
  InboundMessage message;
};
struct LinkPing {};  // answered already; reported so that it can be counted
struct LinkPong {
  std::uint64_t value;  // of the ping it answers
};
struct LinkEnded {
  CloseReason reason;  // close the connection; nothing follows
};
using LinkEvent = std::variant<LinkAuthenticated, LinkHello, LinkReady, LinkMessage, LinkPing,
                               LinkPong, LinkEnded>;

/// One connection as a state machine without I/O: Noise, then hello and ready in both directions,
/// then frames. The owner moves bytes and decides; it stops calling `receive` and `next_event` to
/// pause. Single-threaded. Format: docs/protocol/link.md.
class Link {
 public:
  /// @param identity  Borrowed; must outlive the link.
  /// @param expected  The peer that was dialled; nothing for an accepted connection.
  Link(NoiseRole role, const NoiseIdentity& identity, crypto::X25519KeyPair ephemeral,
       std::optional<PeerId> expected, std::size_t queue_bytes_max);

  /// Takes bytes from the connection.
  void receive(ByteView bytes);
  /// The next event, or nothing until more bytes arrive. After LinkEnded there is none.
  [[nodiscard]] std::optional<LinkEvent> next_event();

  /// Lets the authenticated peer in as far as its hello: sends ours.
  /// @pre LinkAuthenticated was the last event; hello is at most kHelloBytesMax.
  void admit(ByteView hello);
  /// Tells the peer that its hello is accepted.
  /// @pre LinkHello was reported.
  void send_ready();
  /// @pre is_open(); the channel is not Control; the payload is within the channel's limit.
  [[nodiscard]] PushOutcome send(Channel channel, SharedBytes payload);
  void send_ping(std::uint64_t value);
  /// Drops what is queued and sends the reason as the last message, if the keys are agreed by now.
  /// Nothing the peer sends is reported any more.
  void say_goodbye(CloseCode code, std::string_view text);

  /// Both sides have sent ready: messages may flow.
  [[nodiscard]] bool is_open() const { return ready_sent_ && ready_received_; }
  /// The keys are agreed: what is sent from now on is encrypted.
  [[nodiscard]] bool is_secured() const { return sealer_.has_value(); }
  [[nodiscard]] bool has_output() const { return !handshake_out_.empty() || !queue_.empty(); }
  /// Appends the next bytes to write: at most one Noise message besides the handshake.
  void take_output(Bytes& out);

  [[nodiscard]] const SendQueue& queue() const { return queue_; }
  /// Bytes held from the peer and not yet reported.
  [[nodiscard]] std::size_t buffered_bytes() const;

 private:
  [[nodiscard]] std::optional<LinkEvent> next_frame_event();
  [[nodiscard]] std::optional<LinkEvent> interpret(InboundMessage message);
  [[nodiscard]] std::optional<LinkEvent> interpret_control(ByteView payload);
  [[nodiscard]] LinkEvent end(CloseCode code, std::string text);
  void push_control(Bytes message);

  std::unique_ptr<NoiseHandshake> handshake_;  // until done
  Bytes handshake_out_;
  std::optional<NoiseSealer> sealer_;
  std::optional<NoiseOpener> opener_;
  FrameDecoder decoder_;
  SendQueue queue_;
  std::size_t queue_bytes_max_;
  std::optional<LinkEvent> pending_;  // found while bytes were taken in
  bool admitted_ = false;
  bool hello_received_ = false;
  bool ready_sent_ = false;
  bool ready_received_ = false;
  bool ended_ = false;
};

}  // namespace ol::p2p
