// Every byte of every format: docs/protocol/consensus-messages.md, docs/protocol/safety-record.md.
#include <gtest/gtest.h>

#include <ol/base/hex.hpp>
#include <ol/consensus/evidence.hpp>
#include <ol/consensus/messages.hpp>
#include <ol/consensus/safety_record.hpp>

#include "golden.hpp"

namespace ol::consensus {
namespace {

template <typename T>
T filled(std::uint8_t byte) {
  T out;
  out.bytes.fill(byte);
  return out;
}

const auto kSetHash = filled<primitives::SetHash>(0x51);

primitives::VoteSubject subject(std::uint8_t block = 0xb1) {
  return {.epoch = Epoch(3),
          .set_hash = kSetHash,
          .phase = Phase::Generic,
          .height = Height(41),
          .view = View(97),
          .block = filled<BlockHash>(block)};
}

QuorumCertificate certificate() {
  return {.subject = subject(), .signers = {0x0d}, .signature = Bytes(48, 0xc1)};
}

VoteMessage vote() {
  return {.subject = subject(),
          .share = {.voter = ValidatorIndex(2), .signature = Bytes(48, 0xd2)}};
}

TimeoutCertificate timeout() {
  return {.epoch = Epoch(3),
          .set_hash = kSetHash,
          .view = View(98),
          .signatures = {{ValidatorIndex(1), View(97), filled<crypto::Ed25519Signature>(0xa1)}}};
}

primitives::Header header(std::uint64_t time) {
  primitives::Header out;
  out.chain_id = primitives::ChainId(7);
  out.epoch = Epoch(3);
  out.height = Height(42);
  out.view = View(99);
  out.parent = filled<BlockHash>(0xb1);
  out.justify = certificate();
  out.timeout_certificate = timeout();
  out.time = primitives::TimeMs(time);
  out.proposer = ValidatorIndex(3);
  out.payload_root = filled<Hash256>(0x11);
  out.parent_state_root = filled<Hash256>(0x12);
  out.parent_receipts_root = filled<Hash256>(0x13);
  out.parent_evm_hash = filled<primitives::EvmHash>(0x14);
  out.set_hash = kSetHash;
  return out;
}

ProposalMessage proposal() {
  return {.header = header(1'700'000'000'000),
          .items = {filled<primitives::TxnHash>(0x71), filled<primitives::TxnHash>(0x72)},
          .signature = filled<crypto::Ed25519Signature>(0xe1)};
}

NewViewMessage new_view() {
  return {.epoch = Epoch(3),
          .set_hash = kSetHash,
          .view = View(98),
          .high_qc = certificate(),
          .sender = ValidatorIndex(2),
          .signature = filled<crypto::Ed25519Signature>(0xe2),
          .last_vote = std::nullopt};
}

void expect_golden(const Message& message, std::string_view hex) {
  const Bytes bytes = *from_hex(hex);
  EXPECT_EQ(to_hex(encode_message(message)), hex);
  const auto decoded = decode_message(bytes);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->index(), message.index());
  EXPECT_EQ(encode_message(*decoded), bytes);
}

TEST(Golden, messages) {
  expect_golden(proposal(), golden::kProposal);
  expect_golden(vote(), golden::kVote);
  expect_golden(new_view(), golden::kNewView);
  auto with_vote = new_view();
  with_vote.last_vote = vote();
  expect_golden(with_vote, golden::kNewViewWithVote);
  expect_golden(CertificateMessage{certificate()}, golden::kCertificate);
}

// Kind, view 99, the certificate of the message above, 64 bytes of signature.
TEST(Golden, reproposal) {
  std::string hex = "050000000000000063" + std::string(golden::kCertificate.substr(2));
  for (int i = 0; i < 64; ++i)
    hex += "e4";
  expect_golden(ReproposalMessage{View(99), certificate(), filled<crypto::Ed25519Signature>(0xe4)},
                hex);
}

// The digest is that of a proposal of the same block in the new view, field by field.
TEST(Golden, digest_of_a_reproposal) {
  const primitives::ChainDomain domain{.chain_id = primitives::ChainId(7)};
  auto again = header(0);
  again.view = View(120);
  again.height = subject().height;
  EXPECT_EQ(reproposal_digest(domain, View(120), subject()),
            proposal_digest(domain, again, subject().block));
  EXPECT_NE(reproposal_digest(domain, View(121), subject()),
            reproposal_digest(domain, View(120), subject()));
}

TEST(Golden, safety_record) {
  SafetyRecord record;
  record.epoch = Epoch(3);
  record.last_vote = {View(97), filled<BlockHash>(0xb1)};
  record.last_vote_height = Height(41);
  record.lock = {View(95), filled<BlockHash>(0xb0)};
  record.high_qc = certificate();
  record.high_tc = timeout();
  record.last_timeout_view = View(98);
  record.last_timeout_high_qc_view = View(97);
  record.last_proposal = {View(94), filled<BlockHash>(0xb2)};
  record.signed_vote = Bytes(48, 0xd2);
  record.signed_timeout = Bytes(64, 0xe2);
  EXPECT_EQ(to_hex(encode_safety_record(record)), golden::kSafetyRecord);
  EXPECT_EQ(decode_safety_record(*from_hex(golden::kSafetyRecord)), record);
}

TEST(Golden, evidence) {
  const DoubleProposal proposals{.first = header(1'700'000'000'000),
                                 .first_signature = filled<crypto::Ed25519Signature>(0xe1),
                                 .second = header(1'700'000'000'001),
                                 .second_signature = filled<crypto::Ed25519Signature>(0xe3)};
  const DoubleVote votes{
      .first = vote(),
      .second = {.subject = subject(0xb3),
                 .share = {.voter = ValidatorIndex(2), .signature = Bytes(48, 0xd3)}}};
  const auto again = [](std::uint8_t block, std::uint8_t signature) {
    return SignedProposal{Height(42), filled<BlockHash>(block),
                          filled<crypto::Ed25519Signature>(signature)};
  };
  const DoubleReproposal reproposals{.epoch = Epoch(3),
                                     .view = View(99),
                                     .leader = ValidatorIndex(3),
                                     .first = again(0xb1, 0xe1),
                                     .second = again(0xb2, 0xe3)};
  std::string doubled = "040000000000000003000000000000006300000003";
  for (const auto& [block, signature] : {std::pair("b1", "e1"), std::pair("b2", "e3")}) {
    doubled += "000000000000002a";
    for (int i = 0; i < 32; ++i)
      doubled += block;
    for (int i = 0; i < 64; ++i)
      doubled += signature;
  }
  const std::pair<Evidence, std::string_view> table[] = {
      {reproposals, doubled},
      {proposals, golden::kDoubleProposal},
      {votes, golden::kDoubleVote},
      {InvalidShare{vote()}, golden::kInvalidShare}};
  for (const auto& [evidence, hex] : table) {
    EXPECT_EQ(to_hex(encode_evidence(evidence)), hex);
    const auto decoded = decode_evidence(*from_hex(hex));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->index(), evidence.index());
    EXPECT_EQ(to_hex(encode_evidence(*decoded)), hex);
  }
}

// The largest view that a peer may name; the next number is refused before anyone asks for the view
// after it.
TEST(Messages, refuse_views_and_heights_that_no_chain_reaches) {
  constexpr std::uint64_t kMax = std::uint64_t{1} << 62;
  const auto decodes = [](const Message& message) {
    const auto decoded = decode_message(encode_message(message));
    if (!decoded) EXPECT_EQ(decoded.error(), DecodeError::OverLimit);
    return decoded.has_value();
  };
  for (const std::uint64_t number : {kMax, kMax + 1, UINT64_MAX}) {
    const bool good = number == kMax;
    VoteMessage far_vote = vote();
    far_vote.subject.view = View(number);
    EXPECT_EQ(decodes(far_vote), good);
    VoteMessage high_vote = vote();
    high_vote.subject.height = Height(number);
    EXPECT_EQ(decodes(high_vote), good);
    ReproposalMessage far_round{View(number), certificate(), {}};
    EXPECT_EQ(decodes(far_round), good);
    CertificateMessage far_certificate{certificate()};
    far_certificate.certificate.subject.view = View(number);
    EXPECT_EQ(decodes(far_certificate), good);

    NewViewMessage far_view = new_view();
    far_view.view = View(number);
    EXPECT_EQ(decodes(far_view), good);
    NewViewMessage with_far_vote = new_view();
    with_far_vote.last_vote = far_vote;
    EXPECT_EQ(decodes(with_far_vote), good);
    NewViewMessage with_far_certificate = new_view();
    with_far_certificate.high_qc = far_certificate.certificate;
    EXPECT_EQ(decodes(with_far_certificate), good);

    for (int field = 0; field < 4; ++field) {
      ProposalMessage far_proposal = proposal();
      if (field == 0) far_proposal.header.view = View(number);
      if (field == 1) far_proposal.header.height = Height(number);
      if (field == 2) far_proposal.header.timeout_certificate->view = View(number);
      if (field == 3) far_proposal.header.justify.subject.height = Height(number);
      EXPECT_EQ(decodes(far_proposal), good) << field;
    }
  }
}

TEST(Messages, refuse_counts_and_lengths_before_memory_is_set_aside) {
  Bytes bytes = encode_message(proposal());
  // The count of items stands before two items and the signature.
  const std::size_t count = bytes.size() - 64 - 2 * 32 - 4;
  bytes[count + 1] = 1;
  EXPECT_EQ(decode_message(bytes).error(), DecodeError::Truncated);
  bytes[count] = 1;
  EXPECT_EQ(decode_message(bytes).error(), DecodeError::OverLimit);
  VoteMessage long_share = vote();
  long_share.share.signature = Bytes(96, 1);
  EXPECT_TRUE(decode_message(encode_message(long_share)));
  long_share.share.signature = Bytes(97, 1);
  EXPECT_EQ(decode_message(encode_message(long_share)).error(), DecodeError::OverLimit);
  Bytes flag = encode_message(new_view());
  flag.back() = 2;
  EXPECT_EQ(decode_message(flag).error(), DecodeError::BadValue);
}

TEST(SafetyRecord, refuses_flags_and_phases_it_does_not_know) {
  const Bytes good = *from_hex(golden::kSafetyRecord);
  Bytes phase = good;
  phase[2 + 8 + 40] = 3;
  EXPECT_EQ(decode_safety_record(phase).error(), DecodeError::BadValue);
  // The certificate of 89 + 5 + 52 bytes stands before the flag.
  Bytes flag = good;
  flag[2 + 8 + 40 + 9 + 40 + 146] = 2;
  EXPECT_EQ(decode_safety_record(flag).error(), DecodeError::BadValue);
}

TEST(Evidence, of_an_unknown_kind_is_refused) {
  EXPECT_EQ(decode_evidence(Bytes{0}).error(), DecodeError::BadValue);
  EXPECT_EQ(decode_evidence(Bytes{5}).error(), DecodeError::BadValue);
  EXPECT_EQ(decode_evidence(Bytes{}).error(), DecodeError::Truncated);
}

}  // namespace
}  // namespace ol::consensus
