#include <ol/primitives/certificate.hpp>

#include <functional>

#include <gtest/gtest.h>

#include <ol/base/hex.hpp>

#include "golden.hpp"
#include "samples.hpp"

namespace ol::primitives {
namespace {

using samples::encoded;
using samples::kBlake3Domain;
using samples::kDomain;

TEST(VoteSubject, encodes_to_the_golden_bytes) {
  EXPECT_EQ(to_hex(encoded(samples::subject())), golden::kSubject);
}

TEST(VoteSubject, decodes_what_it_encoded) {
  for (const Phase phase : {Phase::Generic, Phase::Prepare, Phase::Precommit}) {
    VoteSubject subject = samples::subject();
    subject.phase = phase;
    const Bytes bytes = encoded(subject);
    Reader in(bytes);
    EXPECT_EQ(decode_vote_subject(in), subject);
    EXPECT_TRUE(in.finish());
  }
}

TEST(VoteSubject, refuses_an_unknown_phase) {
  Bytes bytes = encoded(samples::subject());
  bytes[8 + 32] = 3;
  Reader in(bytes);
  (void)decode_vote_subject(in);
  EXPECT_EQ(in.error(), DecodeError::BadValue);
}

TEST(VoteDigest, has_the_golden_value) {
  EXPECT_EQ(to_hex(vote_digest(kDomain, samples::subject()).view()), golden::kVoteDigest);
}

// Trap T8: a signature that binds less can be replayed.
TEST(VoteDigest, changes_with_every_field_the_chain_and_the_hash) {
  const std::vector<std::function<void(VoteSubject&)>> changes = {
      [](VoteSubject& s) { s.epoch = Epoch(4); },
      [](VoteSubject& s) { s.set_hash.bytes[31] ^= 1; },
      [](VoteSubject& s) { s.phase = Phase::Prepare; },
      [](VoteSubject& s) { s.height = Height(40); },
      [](VoteSubject& s) { s.view = View(98); },
      [](VoteSubject& s) { s.block.bytes[0] ^= 0x80; },
  };
  const Hash256 original = vote_digest(kDomain, samples::subject());
  for (std::size_t i = 0; i < changes.size(); ++i) {
    VoteSubject changed = samples::subject();
    changes[i](changed);
    EXPECT_NE(vote_digest(kDomain, changed), original) << "change " << i;
  }
  const ChainDomain other{.chain_id = ChainId(7778), .hash = kDomain.hash};
  EXPECT_NE(vote_digest(other, samples::subject()), original);
  EXPECT_NE(vote_digest(kBlake3Domain, samples::subject()), original);
}

TEST(QuorumCertificate, encodes_to_the_golden_bytes) {
  EXPECT_EQ(to_hex(encoded(samples::certificate())), golden::kCertificate);
}

TEST(QuorumCertificate, decodes_what_it_encoded) {
  const Bytes bytes = encoded(samples::certificate());
  Reader in(bytes);
  const QuorumCertificate out = decode_quorum_certificate(in);
  EXPECT_TRUE(in.finish());
  EXPECT_EQ(out, samples::certificate());
  EXPECT_EQ(out.view(), View(97));
  EXPECT_EQ(out.height(), Height(41));
  EXPECT_EQ(out.block(), samples::filled<BlockHash>(0xb1));
  EXPECT_FALSE(out.is_genesis());
}

TEST(QuorumCertificate, refuses_every_truncation) {
  const Bytes bytes = encoded(samples::certificate());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Reader in(ByteView(bytes).first(size));
    (void)decode_quorum_certificate(in);
    EXPECT_EQ(in.error(), DecodeError::Truncated) << size;
  }
}

TEST(QuorumCertificate, bounds_the_bitmap_and_the_signature) {
  QuorumCertificate largest = samples::certificate();
  largest.signers.assign(kValidatorsMax / 8, 0xff);
  largest.signature.assign(kCertificateSignatureMax, 1);
  const auto error_of = [](const QuorumCertificate& certificate) {
    const Bytes bytes = encoded(certificate);
    Reader in(bytes);
    (void)decode_quorum_certificate(in);
    return in.error();
  };
  EXPECT_EQ(error_of(largest), std::nullopt);
  QuorumCertificate wide = largest;
  wide.signers.push_back(0);
  EXPECT_EQ(error_of(wide), DecodeError::OverLimit);
  QuorumCertificate longer = largest;
  longer.signature.push_back(0);
  EXPECT_EQ(error_of(longer), DecodeError::OverLimit);
}

TEST(QuorumCertificate, of_genesis_carries_neither_signers_nor_signature) {
  QuorumCertificate genesis;
  const auto error_of = [](const QuorumCertificate& certificate) {
    const Bytes bytes = encoded(certificate);
    Reader in(bytes);
    (void)decode_quorum_certificate(in);
    return in.error();
  };
  EXPECT_TRUE(genesis.is_genesis());
  EXPECT_EQ(error_of(genesis), std::nullopt);
  genesis.signers = {1};
  EXPECT_EQ(error_of(genesis), DecodeError::BadValue);
  genesis.signers = {};
  genesis.signature = {1};
  EXPECT_EQ(error_of(genesis), DecodeError::BadValue);
}

TEST(CertificateDigest, has_the_golden_value) {
  EXPECT_EQ(to_hex(certificate_digest(kDomain, samples::certificate()).view()),
            golden::kCertificateDigest);
}

TEST(CertificateDigest, covers_subject_signers_and_signature) {
  const Hash256 original = certificate_digest(kDomain, samples::certificate());
  QuorumCertificate changed = samples::certificate();
  changed.signers[0] ^= 2;
  EXPECT_NE(certificate_digest(kDomain, changed), original);
  changed = samples::certificate();
  changed.signature[47] ^= 1;
  EXPECT_NE(certificate_digest(kDomain, changed), original);
  changed = samples::certificate();
  changed.subject.view = View(98);
  EXPECT_NE(certificate_digest(kDomain, changed), original);
}

TEST(TimeoutCertificate, encodes_to_the_golden_bytes) {
  EXPECT_EQ(to_hex(encoded(samples::timeout_certificate())), golden::kTimeoutCertificate);
}

TEST(TimeoutCertificate, decodes_what_it_encoded) {
  const Bytes bytes = encoded(samples::timeout_certificate());
  Reader in(bytes);
  EXPECT_EQ(decode_timeout_certificate(in), samples::timeout_certificate());
  EXPECT_TRUE(in.finish());
}

// Trap T9: a repeated signer must not count twice; an order of its own keeps encodings unique.
TEST(TimeoutCertificate, refuses_repeated_and_unsorted_signers) {
  for (const std::uint32_t second : {1U, 0U}) {
    TimeoutCertificate certificate = samples::timeout_certificate();
    certificate.signatures[1].validator = ValidatorIndex(second);
    const Bytes bytes = encoded(certificate);
    Reader in(bytes);
    (void)decode_timeout_certificate(in);
    EXPECT_EQ(in.error(), DecodeError::NonCanonical) << second;
  }
}

TEST(TimeoutCertificate, refuses_truncations_and_more_signers_than_validators) {
  const Bytes bytes = encoded(samples::timeout_certificate());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Reader in(ByteView(bytes).first(size));
    (void)decode_timeout_certificate(in);
    EXPECT_EQ(in.error(), DecodeError::Truncated) << size;
  }
  Writer out;
  out.strong(Epoch(0)).fixed(SetHash{}).strong(View(1)).u32(kValidatorsMax + 1);
  Reader in(out.bytes());
  (void)decode_timeout_certificate(in);
  EXPECT_EQ(in.error(), DecodeError::OverLimit);
}

TEST(TimeoutDigest, has_the_golden_value) {
  EXPECT_EQ(
      to_hex(timeout_digest(kDomain, Epoch(3), samples::filled<SetHash>(0x51), View(98), View(97))
                 .view()),
      golden::kTimeoutDigest);
}

TEST(TimeoutDigest, changes_with_every_field) {
  const SetHash set = samples::filled<SetHash>(0x51);
  const Hash256 original = timeout_digest(kDomain, Epoch(3), set, View(98), View(97));
  const ChainDomain other{.chain_id = ChainId(7778), .hash = kDomain.hash};
  EXPECT_NE(timeout_digest(other, Epoch(3), set, View(98), View(97)), original);
  EXPECT_NE(timeout_digest(kDomain, Epoch(4), set, View(98), View(97)), original);
  EXPECT_NE(timeout_digest(kDomain, Epoch(3), SetHash{}, View(98), View(97)), original);
  EXPECT_NE(timeout_digest(kDomain, Epoch(3), set, View(99), View(97)), original);
  EXPECT_NE(timeout_digest(kDomain, Epoch(3), set, View(98), View(96)), original);
}

}  // namespace
}  // namespace ol::primitives
