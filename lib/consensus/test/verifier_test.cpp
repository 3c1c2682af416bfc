// The only door into the kernel: specs/consensus.md sections 2, 3 and 5.
#include <gtest/gtest.h>

#include "validators.hpp"

namespace ol::consensus::test {
namespace {

struct Fixture {
  Validators v{4};
  Verifier verifier = v.verifier();
  primitives::Block first = v.block(v.genesis, v.genesis_certificate, View(1));
  QuorumCertificate qc = v.certify(first);
  primitives::Block second = v.block(first, qc, View(2));

  VerifyError error_of(const ProposalMessage& message) {
    return verifier.verify_proposal(message).error();
  }
  /// A proposal whose header was changed and signed again by its proposer.
  template <typename Change>
  ProposalMessage changed(Change change) const {
    primitives::Block block = second;
    change(block.header);
    block = primitives::Block::make(v.domain, block.header, block.payload);
    return v.proposal(block);
  }
};

TEST(Verifier, accepts_a_proposal_on_a_certificate_and_verifies_it_once) {
  Fixture f;
  EXPECT_TRUE(f.verifier.verify_proposal(f.v.proposal(f.first)));
  const auto verified = f.verifier.verify_proposal(f.v.proposal(f.second));
  ASSERT_TRUE(verified);
  EXPECT_EQ(verified->hash(), f.second.hash);
  EXPECT_EQ(f.verifier.certificates_verified(), 1U);
  EXPECT_TRUE(f.verifier.verify_certificate(f.qc));
  EXPECT_EQ(f.verifier.certificates_verified(), 1U);
}

TEST(Verifier, refuses_each_broken_rule_by_its_name) {
  Fixture f;
  using Header = primitives::Header;
  EXPECT_EQ(f.error_of(f.changed([](Header& h) { h.chain_id = primitives::ChainId(8); })),
            VerifyError::WrongChain);
  EXPECT_EQ(f.error_of(f.changed([](Header& h) { h.epoch = Epoch(1); })), VerifyError::WrongSet);
  EXPECT_EQ(f.error_of(f.changed([](Header& h) { h.set_hash.bytes[0] ^= 1; })),
            VerifyError::WrongSet);
  EXPECT_EQ(f.error_of(f.changed([](Header& h) { h.proposer = ValidatorIndex(1); })),
            VerifyError::NotLeader);
  EXPECT_EQ(f.error_of(f.changed([](Header& h) { h.height = Height(3); })), VerifyError::BadHeader);
  EXPECT_EQ(f.error_of(f.changed([](Header& h) { h.parent.bytes[0] ^= 1; })),
            VerifyError::BadHeader);
  EXPECT_EQ(f.error_of(f.changed([](Header& h) { h.justify.signature[5] ^= 1; })),
            VerifyError::BadCertificate);
  EXPECT_EQ(
      f.error_of(f.changed([&](Header& h) { h.timeout_certificate = f.v.timeout(View(1), f.qc); })),
      VerifyError::UnexpectedTimeoutCertificate);
  auto stranger = f.v.proposal(f.second);
  stranger.header.proposer = ValidatorIndex(9);
  EXPECT_EQ(f.error_of(stranger), VerifyError::UnknownValidator);
  auto forged = f.v.proposal(f.second);
  forged.signature.bytes[3] ^= 1;
  EXPECT_EQ(f.error_of(forged), VerifyError::BadSignature);
  auto items = f.v.proposal(f.second);
  items.items[0].bytes[0] ^= 1;
  EXPECT_EQ(f.error_of(items), VerifyError::BadPayload);
}

TEST(Verifier, a_skipped_view_needs_a_timeout_certificate_of_the_view_before) {
  Fixture f;
  const auto skipping = [&](std::optional<TimeoutCertificate> timeout) {
    return f.v.proposal(f.v.block(f.first, f.qc, View(5), 0, std::move(timeout)));
  };
  EXPECT_EQ(f.error_of(skipping(std::nullopt)), VerifyError::MissingTimeoutCertificate);
  EXPECT_TRUE(f.verifier.verify_proposal(skipping(f.v.timeout(View(4), f.qc))));
  EXPECT_EQ(f.error_of(skipping(f.v.timeout(View(3), f.qc))), VerifyError::BadTimeoutCertificate);
  auto few = f.v.timeout(View(4), f.qc);
  few.signatures.pop_back();
  EXPECT_EQ(f.error_of(skipping(few)), VerifyError::BadTimeoutCertificate);
  auto doubled = f.v.timeout(View(4), f.qc);
  doubled.signatures[1] = doubled.signatures[0];
  EXPECT_EQ(f.error_of(skipping(doubled)), VerifyError::BadTimeoutCertificate);
  auto forged = f.v.timeout(View(4), f.qc);
  forged.signatures[2].signature.bytes[0] ^= 1;
  EXPECT_EQ(f.error_of(skipping(forged)), VerifyError::BadTimeoutCertificate);
  // It must build on the best certificate any of the signers knew.
  auto higher = f.v.timeout(View(4), f.v.certify(f.second));
  EXPECT_EQ(f.error_of(skipping(higher)), VerifyError::BadTimeoutCertificate);
}

// The new-views of a view came before the certificate that is made of them.
TEST(Verifier, verifies_each_signature_of_a_timeout_once) {
  Validators v(4);
  Verifier verifier = v.verifier();
  const auto first = v.block(v.genesis, v.genesis_certificate, View(1));
  const auto qc = v.certify(first);
  for (const std::uint32_t sender : {0U, 1U, 0U})
    EXPECT_TRUE(verifier.verify_new_view(v.new_view(sender, View(2), qc)));
  EXPECT_EQ(verifier.timeouts_verified(), 2U);
  const auto next = v.block(first, qc, View(3), 0, v.timeout(View(2), qc));
  ASSERT_EQ(next.header.timeout_certificate->signatures.size(), 3U);
  EXPECT_TRUE(verifier.verify_proposal(v.proposal(next)));
  EXPECT_EQ(verifier.timeouts_verified(), 3U);
  EXPECT_TRUE(verifier.verify_fetched(next, next.hash));
  EXPECT_EQ(verifier.timeouts_verified(), 3U);
}

TEST(Verifier, a_remembered_timeout_vouches_for_nothing_else) {
  Validators v(4);
  Verifier verifier = v.verifier();
  const auto first = v.block(v.genesis, v.genesis_certificate, View(1));
  const auto qc = v.certify(first);
  const auto good = v.new_view(1, View(2), qc);
  ASSERT_TRUE(verifier.verify_new_view(good));
  auto other_sender = good;
  other_sender.sender = ValidatorIndex(2);
  auto other_view = good;
  other_view.view = View(3);
  auto forged = good;
  forged.signature.bytes[5] ^= 1U;
  for (const auto& bad : {other_sender, other_view, forged, forged})
    EXPECT_EQ(verifier.verify_new_view(bad).error(), VerifyError::BadSignature);
}

TEST(Verifier, remembers_a_bounded_number_of_timeouts) {
  Validators v(4);
  Verifier verifier = v.verifier();
  for (std::uint64_t view = 1; view <= Verifier::kTimeoutsKept + 1; ++view)
    ASSERT_TRUE(verifier.verify_new_view(v.new_view(1, View(view), v.genesis_certificate)));
  const auto verified = verifier.timeouts_verified();
  EXPECT_TRUE(verifier.verify_new_view(v.new_view(1, View(2), v.genesis_certificate)));
  EXPECT_EQ(verifier.timeouts_verified(), verified);
  EXPECT_TRUE(verifier.verify_new_view(v.new_view(1, View(1), v.genesis_certificate)));
  EXPECT_EQ(verifier.timeouts_verified(), verified + 1);
}

TEST(Verifier, accepts_only_the_configured_genesis_certificate) {
  Fixture f;
  EXPECT_TRUE(f.verifier.verify_certificate(f.v.genesis_certificate));
  auto other = f.v.genesis_certificate;
  other.subject.block.bytes[0] ^= 1;
  EXPECT_EQ(f.verifier.verify_certificate(other).error(), VerifyError::BadCertificate);
}

// Trap T8: a certificate of another chain, view, height or block proves nothing here.
TEST(Verifier, a_certificate_binds_every_field_of_its_subject) {
  Fixture f;
  for (int field = 0; field < 4; ++field) {
    QuorumCertificate changed = f.qc;
    if (field == 0) changed.subject.view = View(9);
    if (field == 1) changed.subject.height = Height(9);
    if (field == 2) changed.subject.block.bytes[0] ^= 1;
    if (field == 3) changed.subject.phase = Phase::Prepare;
    EXPECT_EQ(f.verifier.verify_certificate(changed).error(), VerifyError::BadCertificate) << field;
  }
  primitives::ChainDomain other = f.v.domain;
  other.chain_id = primitives::ChainId(8);
  Verifier elsewhere(other, *f.v.set, *f.v.scheme, *f.v.leaders, f.v.genesis_certificate);
  EXPECT_FALSE(elsewhere.verify_certificate(f.qc));
}

TEST(Verifier, checks_new_views) {
  Fixture f;
  const auto good = f.v.new_view(2, View(4), f.qc);
  EXPECT_TRUE(f.verifier.verify_new_view(good));
  auto unsigned_view = good;
  unsigned_view.view = View(5);
  EXPECT_EQ(f.verifier.verify_new_view(unsigned_view).error(), VerifyError::BadSignature);
  auto stranger = good;
  stranger.sender = ValidatorIndex(7);
  EXPECT_EQ(f.verifier.verify_new_view(stranger).error(), VerifyError::UnknownValidator);
  auto other_set = good;
  other_set.set_hash.bytes[0] ^= 1;
  EXPECT_EQ(f.verifier.verify_new_view(other_set).error(), VerifyError::WrongSet);
  EXPECT_EQ(f.verifier.verify_new_view(f.v.new_view(2, View(0), f.qc)).error(),
            VerifyError::BadHeader);
  auto someone_elses_vote = good;
  someone_elses_vote.last_vote = f.v.vote(1, f.v.subject(f.first));
  EXPECT_EQ(f.verifier.verify_new_view(someone_elses_vote).error(), VerifyError::BadHeader);
  auto bad_qc = good;
  bad_qc.high_qc.signature[4] ^= 1;
  EXPECT_EQ(f.verifier.verify_new_view(bad_qc).error(), VerifyError::BadCertificate);
}

TEST(Verifier, a_fetched_block_is_the_one_asked_for) {
  Fixture f;
  EXPECT_TRUE(f.verifier.verify_fetched(f.second, f.second.hash));
  EXPECT_EQ(f.verifier.verify_fetched(f.second, f.first.hash).error(), VerifyError::WrongBlock);
  primitives::Block tampered = f.second;
  tampered.item_hashes[0].bytes[0] ^= 1;
  EXPECT_EQ(f.verifier.verify_fetched(tampered, f.second.hash).error(), VerifyError::BadPayload);
  const auto header = f.verifier.verify_proposal(f.v.proposal(f.second));
  EXPECT_TRUE(f.verifier.complete(*header, f.second.payload));
  EXPECT_EQ(f.verifier.complete(*header, {Bytes{9}}).error(), VerifyError::BadPayload);
}

TEST(Verifier, a_payload_under_known_hashes_is_the_one_the_header_names) {
  Fixture f;
  const auto header = f.verifier.verify_proposal(f.v.proposal(f.second));
  const auto block = f.verifier.complete(*header, f.second.payload, f.second.item_hashes);
  ASSERT_TRUE(block);
  EXPECT_EQ(block->block()->hash, f.second.hash);
  EXPECT_EQ(block->block()->item_hashes, f.second.item_hashes);
  EXPECT_EQ(block->block()->payload, f.second.payload);
  auto others = f.second.item_hashes;
  others[0].bytes[0] ^= 1;
  EXPECT_EQ(f.verifier.complete(*header, f.second.payload, others).error(),
            VerifyError::BadPayload);
  EXPECT_EQ(f.verifier.complete(*header, {}, f.second.item_hashes).error(),
            VerifyError::BadPayload);
}

TEST(Messages, survive_encoding_and_refuse_trailing_and_missing_bytes) {
  const Fixture f;
  auto with_vote = f.v.new_view(2, View(4), f.qc);
  with_vote.last_vote = f.v.vote(2, f.v.subject(f.first));
  for (const Message& message :
       {Message(f.v.proposal(f.second)), Message(f.v.vote(1, f.v.subject(f.first))),
        Message(with_vote), Message(f.v.new_view(1, View(3), f.qc)),
        Message(CertificateMessage{f.qc})}) {
    const Bytes bytes = encode_message(message);
    const auto decoded = decode_message(bytes);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(encode_message(*decoded), bytes);
    Bytes longer = bytes;
    longer.push_back(0);
    EXPECT_EQ(decode_message(longer).error(), DecodeError::TrailingBytes);
    for (std::size_t size = 0; size < bytes.size(); ++size)
      EXPECT_FALSE(decode_message(ByteView(bytes).first(size)));
  }
  EXPECT_EQ(decode_message(Bytes{9}).error(), DecodeError::BadValue);
}

TEST(SafetyRecord, survives_encoding_and_refuses_other_versions) {
  const Fixture f;
  SafetyRecord record;
  record.high_qc = f.qc;
  record.high_tc = f.v.timeout(View(4), f.qc);
  record.last_vote = {View(6), f.first.hash};
  record.last_timeout_view = View(4);
  record.last_proposal = {View(5), f.second.hash};
  record.signed_vote = Bytes(48, 1);
  record.signed_timeout = Bytes(64, 2);
  Bytes bytes = encode_safety_record(record);
  EXPECT_EQ(decode_safety_record(bytes), record);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_safety_record(ByteView(bytes).first(size)));
  bytes[1] = 2;
  EXPECT_EQ(decode_safety_record(bytes).error(), DecodeError::BadValue);
}

TEST(Evidence, of_two_proposals_is_checked_in_every_part) {
  const Fixture f;
  const auto rival = f.v.block(f.first, f.qc, View(2), 7);
  const DoubleProposal good{f.second.header, f.v.proposal(f.second).signature, rival.header,
                            f.v.proposal(rival).signature};
  EXPECT_TRUE(proves(good, f.v.domain, *f.v.set, *f.v.scheme));
  DoubleProposal same = good;
  same.second = same.first;
  same.second_signature = same.first_signature;
  EXPECT_FALSE(proves(same, f.v.domain, *f.v.set, *f.v.scheme));
  DoubleProposal forged = good;
  forged.second_signature.bytes[0] ^= 1;
  EXPECT_FALSE(proves(forged, f.v.domain, *f.v.set, *f.v.scheme));
  DoubleProposal other_view = good;
  other_view.second.view = View(6);
  EXPECT_FALSE(proves(other_view, f.v.domain, *f.v.set, *f.v.scheme));
  const auto decoded = decode_evidence(encode_evidence(good));
  ASSERT_TRUE(decoded);
  EXPECT_TRUE(proves(*decoded, f.v.domain, *f.v.set, *f.v.scheme));
  EXPECT_FALSE(
      proves(InvalidShare{f.v.vote(0, f.v.subject(f.first))}, f.v.domain, *f.v.set, *f.v.scheme));
}

TEST(Evidence, of_a_block_proposed_again_is_checked_in_every_part) {
  Fixture f;
  const Epoch now = f.v.set->epoch();
  const auto sign = [&](std::uint32_t who, View view, const BlockHash& block, Epoch epoch) {
    const primitives::VoteSubject named{.epoch = epoch,
                                        .set_hash = f.v.set->hash(f.v.domain),
                                        .phase = Phase::Prepare,
                                        .height = Height(1),
                                        .view = view,
                                        .block = block};
    const auto digest = reproposal_digest(f.v.domain, view, named);
    return SignedProposal{Height(1), block, f.v.key(who).sign(digest.view())};
  };
  const DoubleReproposal good{.epoch = f.v.set->epoch(),
                              .view = View(3),
                              .leader = ValidatorIndex(2),
                              .first = sign(2, View(3), f.first.hash, now),
                              .second = sign(2, View(3), f.second.hash, now)};
  const auto proven = [&](const DoubleReproposal& e) {
    return proves(e, f.v.domain, *f.v.set, *f.v.scheme);
  };
  ASSERT_TRUE(proven(good));
  EXPECT_EQ(accused(good), ValidatorIndex(2));
  DoubleReproposal same = good;
  same.second = same.first;
  EXPECT_FALSE(proven(same));
  DoubleReproposal other_view = good;
  other_view.view = View(4);
  EXPECT_FALSE(proven(other_view));
  DoubleReproposal half = good;
  half.second = sign(2, View(4), f.second.hash, now);
  EXPECT_FALSE(proven(half));
  half = good;
  half.first = sign(1, View(3), f.first.hash, now);
  EXPECT_FALSE(proven(half));
  DoubleReproposal other_leader = good;
  other_leader.leader = ValidatorIndex(1);
  EXPECT_FALSE(proven(other_leader));
  other_leader.leader = ValidatorIndex(4);
  EXPECT_FALSE(proven(other_leader));
  DoubleReproposal other_epoch = good;
  other_epoch.epoch = now.next();
  EXPECT_FALSE(proven(other_epoch));
  other_epoch.first = sign(2, View(3), f.first.hash, now.next());
  other_epoch.second = sign(2, View(3), f.second.hash, now.next());
  EXPECT_FALSE(proven(other_epoch));
}

}  // namespace
}  // namespace ol::consensus::test
