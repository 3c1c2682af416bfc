#include <ol/p2p/multistream.hpp>

#include <algorithm>

#include <ol/base/check.hpp>
#include <ol/p2p/protobuf.hpp>
#include <ol/p2p/varint.hpp>

namespace ol::p2p {
namespace {

constexpr std::string_view kRefusal = "na";

/// Runs `handle` on message after message until it agrees or `in` is used up.
template <typename Side, typename Handle>
Result<std::size_t, MultistreamError> feed_messages(Side& side, MultistreamReader& reader,
                                                    ByteView in, Handle&& handle) {
  ByteView rest = in;
  while (!side.done()) {
    OL_TRY(const auto message, reader.next(rest));
    if (!message) break;
    OL_TRY_VOID(handle(*message));
  }
  return in.size() - rest.size();
}

}  // namespace

const char* describe(MultistreamError error) {
  switch (error) {
    case MultistreamError::MessageTooLong:
      return "negotiation message over 1024 bytes";
    case MultistreamError::BadMessage:
      return "malformed negotiation message";
    case MultistreamError::NotMultistream:
      return "the peer does not speak multistream-select 1.0";
    case MultistreamError::UnexpectedAnswer:
      return "the answer is not to our proposal";
    case MultistreamError::NoProtocol:
      return "no protocol in common";
    case MultistreamError::TooManyProposals:
      return "more than 16 proposals";
  }
  OL_CHECK(false, "unknown MultistreamError");
}

void append_multistream(Bytes& out, std::string_view text) {
  OL_CHECK(text.size() < kMultistreamMessageMax, "protocol ids are short");
  append_varint(out, text.size() + 1);
  append(out, as_bytes(text));
  out.push_back('\n');
}

/// How many bytes the message has in all, as far as its length is known; one more than there are
/// while the length itself is incomplete.
Result<std::size_t, MultistreamError> MultistreamReader::wanted() const {
  const UvarintRead length = read_uvarint(message_);
  if (length.state == UvarintState::Bad) return fail(MultistreamError::BadMessage);
  if (length.state == UvarintState::NeedMore) {
    // Two bytes hold every length allowed.
    if (message_.size() == 2) return fail(MultistreamError::MessageTooLong);
    return message_.size() + 1;
  }
  if (length.value > kMultistreamMessageMax) return fail(MultistreamError::MessageTooLong);
  if (length.value == 0) return fail(MultistreamError::BadMessage);
  return length.size + static_cast<std::size_t>(length.value);
}

Result<std::optional<std::string_view>, MultistreamError> MultistreamReader::next(ByteView& in) {
  if (std::exchange(complete_, false)) message_.clear();
  while (true) {
    OL_TRY(const std::size_t size, wanted());
    if (size == message_.size()) break;
    const std::size_t piece = std::min(size - message_.size(), in.size());
    if (piece == 0) return std::nullopt;
    append(message_, in.first(piece));
    in = in.subspan(piece);
  }
  complete_ = true;
  if (message_.back() != '\n') return fail(MultistreamError::BadMessage);
  std::string_view text = as_text(message_);
  text.remove_prefix(read_uvarint(message_).size);
  text.remove_suffix(1);
  return text;
}

MultistreamInitiator::MultistreamInitiator(std::vector<std::string> protocols)
    : protocols_(std::move(protocols)) {
  OL_CHECK(!protocols_.empty(), "there is something to propose");
}

void MultistreamInitiator::start(Bytes& out) {
  append_multistream(out, kMultistreamProtocol);
  append_multistream(out, protocol());
}

Result<std::size_t, MultistreamError> MultistreamInitiator::feed(ByteView in, Bytes& out) {
  return feed_messages(*this, reader_, in,
                       [&](std::string_view message) { return handle(message, out); });
}

Result<void, MultistreamError> MultistreamInitiator::handle(std::string_view message, Bytes& out) {
  if (!header_seen_) {
    if (message != kMultistreamProtocol) return fail(MultistreamError::NotMultistream);
    header_seen_ = true;
    return {};
  }
  if (message == protocol()) {
    done_ = true;
    return {};
  }
  if (message != kRefusal) return fail(MultistreamError::UnexpectedAnswer);
  if (proposed_ + 1 == protocols_.size()) return fail(MultistreamError::NoProtocol);
  proposed_ += 1;
  append_multistream(out, protocol());
  return {};
}

void MultistreamResponder::start(Bytes& out) {
  append_multistream(out, kMultistreamProtocol);
}

Result<std::size_t, MultistreamError> MultistreamResponder::feed(ByteView in, Bytes& out) {
  return feed_messages(*this, reader_, in,
                       [&](std::string_view message) { return handle(message, out); });
}

Result<void, MultistreamError> MultistreamResponder::handle(std::string_view message, Bytes& out) {
  if (!header_seen_) {
    if (message != kMultistreamProtocol) return fail(MultistreamError::NotMultistream);
    header_seen_ = true;
    return {};
  }
  if (proposals_ == kProposalsMax) return fail(MultistreamError::TooManyProposals);
  proposals_ += 1;
  if (accepted_->contains(message)) protocol_ = message;
  append_multistream(out, done() ? message : kRefusal);
  return {};
}

}  // namespace ol::p2p
