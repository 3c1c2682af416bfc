#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>

/// multistream-select 1.0: two sides agree on the protocol of a connection or stream. Without I/O.
/// Source: multiformats multistream-select; libp2p connections spec, "Protocol Negotiation".
namespace ol::p2p {

/// Length and newline aside, a message is at most this long; honest ones are under 60 bytes.
inline constexpr std::size_t kMultistreamMessageMax = 1024;
/// A responder gives up on an initiator that proposes more.
inline constexpr unsigned kProposalsMax = 16;

inline constexpr std::string_view kMultistreamProtocol = "/multistream/1.0.0";
inline constexpr std::string_view kNoiseProtocol = "/noise";
inline constexpr std::string_view kYamuxProtocol = "/yamux/1.0.0";

/// Protocol ids a side accepts.
using ProtocolSet = std::set<std::string, std::less<>>;

/// Why a negotiation ended without a protocol. The stream is reset, the connection closed.
enum class MultistreamError : std::uint8_t {
  MessageTooLong,    // above kMultistreamMessageMax
  BadMessage,        // empty, a padded length, or no newline at the end
  NotMultistream,    // the first message is not /multistream/1.0.0
  UnexpectedAnswer,  // neither the proposal nor "na"
  NoProtocol,        // every proposal was refused
  TooManyProposals,  // above kProposalsMax
};

/// The error as a short lower-case phrase.
[[nodiscard]] const char* describe(MultistreamError error);

/// Appends one message: length, text, newline.
/// @pre The text is shorter than kMultistreamMessageMax.
void append_multistream(Bytes& out, std::string_view text);

/// Collects one message at a time. Holds at most one message.
class MultistreamReader {
 public:
  /// Takes bytes from the front of `in`, up to the end of a message at most.
  /// @return The text without its newline, valid until the next call; nothing if more is needed.
  [[nodiscard]] Result<std::optional<std::string_view>, MultistreamError> next(ByteView& in);

 private:
  [[nodiscard]] Result<std::size_t, MultistreamError> wanted() const;

  Bytes message_;  // with its length
  bool complete_ = false;
};

/// The side that proposes. Feed it what arrives and send what it writes.
class MultistreamInitiator {
 public:
  /// @param protocols  Most wanted first; at least one.
  explicit MultistreamInitiator(std::vector<std::string> protocols);

  /// Appends the header and the first proposal, to be sent in one write. With one protocol the
  /// caller may send payload behind them at once (lazy negotiation); the answers are checked when
  /// they come.
  void start(Bytes& out);

  /// Takes bytes from the front of `in` up to the agreement, and appends further proposals to
  /// `out`.
  /// @return how many bytes were taken; what is left once `done()` belongs to the protocol.
  [[nodiscard]] Result<std::size_t, MultistreamError> feed(ByteView in, Bytes& out);

  [[nodiscard]] bool done() const { return done_; }
  /// The protocol agreed on, or the one being proposed.
  [[nodiscard]] const std::string& protocol() const { return protocols_[proposed_]; }

 private:
  [[nodiscard]] Result<void, MultistreamError> handle(std::string_view message, Bytes& out);

  std::vector<std::string> protocols_;
  std::size_t proposed_ = 0;
  bool header_seen_ = false;
  bool done_ = false;
  MultistreamReader reader_;
};

/// The side that chooses.
class MultistreamResponder {
 public:
  /// @param accepted  Borrowed; must outlive the negotiation.
  explicit MultistreamResponder(const ProtocolSet& accepted) : accepted_(&accepted) {}

  /// Appends the header. It does not wait for the other side's.
  void start(Bytes& out);

  /// As for the initiator; `out` gets the answers.
  [[nodiscard]] Result<std::size_t, MultistreamError> feed(ByteView in, Bytes& out);

  [[nodiscard]] bool done() const { return !protocol_.empty(); }
  [[nodiscard]] const std::string& protocol() const { return protocol_; }

 private:
  [[nodiscard]] Result<void, MultistreamError> handle(std::string_view message, Bytes& out);

  const ProtocolSet* accepted_;
  std::string protocol_;
  unsigned proposals_ = 0;
  bool header_seen_ = false;
  MultistreamReader reader_;
};

}  // namespace ol::p2p
