#include <ol/p2p/multistream.hpp>

#include <gtest/gtest.h>

#include <set>

#include "test_keys.hpp"
#include "vectors.hpp"

namespace ol::p2p {
namespace {

using testing::hex;
using testing::vector_text;

const ProtocolSet kAccepted{"/a/1", "/b/1"};

Bytes message(std::string_view text) {
  Bytes out;
  append_multistream(out, text);
  return out;
}

Bytes joined(std::initializer_list<std::string_view> texts) {
  Bytes out;
  for (const std::string_view text : texts)
    append(out, message(text));
  return out;
}

struct Outcome {
  std::string protocol;  // agreed on, if any
  std::optional<MultistreamError> error;
  Bytes answers;
  Bytes rest;  // what belongs to the protocol

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// Feeds `in` in pieces of `piece` bytes.
template <typename Side>
Outcome run(Side side, ByteView in, std::size_t piece) {
  Outcome out;
  side.start(out.answers);
  while (!in.empty()) {
    const ByteView part = in.first(std::min(piece, in.size()));
    in = in.subspan(part.size());
    if (side.done()) {
      append(out.rest, part);
      continue;
    }
    const auto taken = side.feed(part, out.answers);
    if (!taken) {
      out.error = taken.error();
      return out;
    }
    if (side.done()) append(out.rest, part.subspan(*taken));
  }
  if (side.done()) out.protocol = side.protocol();
  return out;
}

TEST(Multistream, writes_the_vectors) {
  EXPECT_EQ(to_hex(message(kMultistreamProtocol)), vector_text("multistream", "header"));
  EXPECT_EQ(to_hex(message(kNoiseProtocol)), vector_text("multistream", "noise"));
  EXPECT_EQ(to_hex(message(kYamuxProtocol)), vector_text("multistream", "yamux"));
  EXPECT_EQ(to_hex(message("na")), vector_text("multistream", "na"));
  EXPECT_EQ(to_hex(message("ls")), vector_text("multistream", "ls"));
}

// libp2p.md section 3, rule 1: both sides send the header without waiting for each other.
TEST(Multistream, both_sides_begin_with_the_header) {
  Bytes initiator;
  MultistreamInitiator({"/a/1"}).start(initiator);
  EXPECT_EQ(initiator, joined({kMultistreamProtocol, "/a/1"}));
  Bytes responder;
  MultistreamResponder(kAccepted).start(responder);
  EXPECT_EQ(responder, message(kMultistreamProtocol));
}

// libp2p.md section 3, rules 2 and 3: the echo agrees, "na" asks for another. Bytes already read
// beyond the agreement MUST be handed on, and payload behind the proposal, in the same segment,
// MUST be accepted.
TEST(Multistream, responder_agrees_refuses_and_hands_on_the_payload) {
  Bytes in = joined({kMultistreamProtocol, "/x", "ls", "/b/1"});
  append(in, as_bytes("payload"));
  const Outcome out = run(MultistreamResponder(kAccepted), in, in.size());
  EXPECT_EQ(out.protocol, "/b/1");
  EXPECT_EQ(out.answers, joined({kMultistreamProtocol, "na", "na", "/b/1"}));
  EXPECT_EQ(as_text(out.rest), "payload");
}

// libp2p.md section 3, rules 2 and 3: bytes beyond the agreement MUST be handed on.
TEST(Multistream, initiator_proposes_the_next_after_a_refusal) {
  Bytes in = joined({kMultistreamProtocol, "na", "/b/1"});
  append(in, as_bytes("payload"));
  const Outcome out = run(MultistreamInitiator({"/a/1", "/b/1"}), in, in.size());
  EXPECT_EQ(out.protocol, "/b/1");
  EXPECT_EQ(out.answers, joined({kMultistreamProtocol, "/a/1", "/b/1"}));
  EXPECT_EQ(as_text(out.rest), "payload");
}

struct Refused {
  Bytes in;
  MultistreamError error;
};

Bytes long_message(std::size_t length) {
  Bytes out{static_cast<std::uint8_t>(length | 0x80), static_cast<std::uint8_t>(length >> 7)};
  out.resize(2 + length, 'x');
  out.back() = '\n';
  return out;
}

std::vector<Refused> refused_by_a_responder() {
  Bytes many = message(kMultistreamProtocol);
  for (unsigned i = 0; i <= kProposalsMax; ++i)
    append(many, message("/x"));
  return {{message("/multistream/2.0.0"), MultistreamError::NotMultistream},
          {message("/a/1"), MultistreamError::NotMultistream},
          {hex("00"), MultistreamError::BadMessage},
          {hex("8100"), MultistreamError::BadMessage},
          {hex("0461626364"), MultistreamError::BadMessage},  // no newline
          {hex("808001"), MultistreamError::MessageTooLong},
          {long_message(kMultistreamMessageMax + 1), MultistreamError::MessageTooLong},
          {long_message(kMultistreamMessageMax), MultistreamError::NotMultistream},
          {many, MultistreamError::TooManyProposals}};
}

// libp2p.md section 3, rule 1: any other first message aborts. Longer than 1024 bytes closes; 16
// proposals at most.
TEST(Multistream, responder_names_what_is_wrong) {
  for (const Refused& c : refused_by_a_responder())
    EXPECT_EQ(run(MultistreamResponder(kAccepted), c.in, c.in.size()).error, c.error)
        << to_hex(c.in).substr(0, 60);
  Bytes many = message(kMultistreamProtocol);
  for (unsigned i = 1; i < kProposalsMax; ++i)
    append(many, message("/x"));
  append(many, message("/a/1"));
  EXPECT_EQ(run(MultistreamResponder(kAccepted), many, many.size()).protocol, "/a/1");
}

TEST(Multistream, initiator_names_what_is_wrong) {
  const Refused cases[] = {
      {joined({"/a/1"}), MultistreamError::NotMultistream},
      {joined({kMultistreamProtocol, "/b/1"}), MultistreamError::UnexpectedAnswer},
      {joined({kMultistreamProtocol, "na"}), MultistreamError::NoProtocol},
  };
  for (const Refused& c : cases)
    EXPECT_EQ(run(MultistreamInitiator({"/a/1"}), c.in, c.in.size()).error, c.error);
}

// libp2p.md section 12.3: byte by byte and in one segment give the same.
TEST(Multistream, does_not_care_how_bytes_are_cut) {
  std::vector<Bytes> inputs{joined({kMultistreamProtocol, "/x", "/b/1", "/not/ours"})};
  for (const Refused& c : refused_by_a_responder())
    inputs.push_back(c.in);
  for (const Bytes& in : inputs) {
    const Outcome whole = run(MultistreamResponder(kAccepted), in, in.size());
    for (const std::size_t piece : {1UL, 2UL, 7UL})
      EXPECT_EQ(run(MultistreamResponder(kAccepted), in, piece), whole) << to_hex(in);
  }
  const Bytes answers = joined({kMultistreamProtocol, "na", "na", "/c/1", "more"});
  const auto initiator = [] { return MultistreamInitiator({"/a/1", "/b/1", "/c/1"}); };
  EXPECT_EQ(run(initiator(), answers, 1), run(initiator(), answers, answers.size()));
}

TEST(Multistream, describes_every_error) {
  std::set<std::string> texts;
  for (int error = 0; error <= static_cast<int>(MultistreamError::TooManyProposals); ++error)
    texts.insert(describe(static_cast<MultistreamError>(error)));
  EXPECT_EQ(texts.size(), 6U);
}

}  // namespace
}  // namespace ol::p2p
