// The proof that an epoch ended: docs/adr/0013-epochs.md, docs/protocol/epochs.md.
#include <ol/consensus/hand_over.hpp>

#include <functional>

#include <gtest/gtest.h>

#include <ol/consensus/finality.hpp>

#include "epochs.hpp"

namespace ol::consensus::test {
namespace {

using primitives::CommitRule;
using primitives::SchemeKind;

struct Design {
  CommitRule rule;
  SchemeKind scheme;
};

class HandOvers : public testing::TestWithParam<Design> {
 protected:
  Era first{GetParam().rule, GetParam().scheme, {0, 1, 2, 3}};
  Era second{first, {0, 1, 2, 4}};
  Start start{first};
  Ending ending{first, second, start.block, start.certificate, View(1)};

  Result<Opening, HandOverError> check(const HandOver& proof) const {
    return verify_hand_over(*first.setting, proof);
  }
};

INSTANTIATE_TEST_SUITE_P(Designs, HandOvers,
                         testing::Values(Design{CommitRule::ThreeChain, SchemeKind::BlsThreshold},
                                         Design{CommitRule::ThreeChain, SchemeKind::BlsMultisig},
                                         Design{CommitRule::TwoChain, SchemeKind::Ed25519List},
                                         Design{CommitRule::TwoPhase, SchemeKind::Ed25519List}));

TEST_P(HandOvers, lead_to_the_set_that_the_closing_block_names) {
  const auto opening = check(ending.proof);
  ASSERT_TRUE(opening) << describe(opening.error());
  EXPECT_EQ(opening->block, ending.blocks[0].hash);
  EXPECT_EQ(opening->certificate, ending.certificates[0]);
  EXPECT_EQ(opening->next->set.epoch(), Epoch(1));
  EXPECT_EQ(opening->next->set_hash, second.setting->set_hash);
}

TEST_P(HandOvers, decode_to_what_was_encoded_and_to_nothing_else) {
  const Bytes encoded = encode_hand_over(ending.proof);
  const auto decoded = decode_hand_over(encoded);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(encode_hand_over(*decoded), encoded);
  for (const std::size_t cut : {std::size_t{0}, std::size_t{3}, encoded.size() - 1})
    EXPECT_FALSE(decode_hand_over(ByteView(encoded).first(cut))) << cut;
  Bytes longer = encoded;
  longer.push_back(0);
  EXPECT_FALSE(decode_hand_over(longer));
}

// Certificates of old epochs stay verifiable: a client walks from genesis to the present.
TEST_P(HandOvers, form_a_chain_from_genesis_to_the_present) {
  const Era third(second, {1, 2, 4, 5});
  const View view(ending.blocks[0].header.view.value() + 1);
  const Ending later(second, third, ending.blocks[0], ending.certificates[0], view);
  auto opening = check(ending.proof);
  ASSERT_TRUE(opening);
  const auto present = verify_hand_over(*opening->next, later.proof);
  ASSERT_TRUE(present) << describe(present.error());
  EXPECT_EQ(present->next->set_hash, third.setting->set_hash);
  // No link can be left out, taken twice or taken early.
  EXPECT_EQ(check(later.proof).error(), HandOverError::WrongSet);
  EXPECT_EQ(verify_hand_over(*opening->next, ending.proof).error(), HandOverError::WrongSet);
}

TEST_P(HandOvers, are_refused_with_any_part_changed) {
  using Change = std::function<void(HandOver&)>;
  const std::vector<std::pair<HandOverError, Change>> changes = {
      {HandOverError::WrongChain,
       [](HandOver& h) { h.headers[0].chain_id = primitives::ChainId(1); }},
      {HandOverError::WrongSet, [](HandOver& h) { h.headers[0].epoch = Epoch(1); }},
      {HandOverError::WrongSet, [](HandOver& h) { h.headers[0].set_hash.bytes[0] ^= 1; }},
      {HandOverError::BadChain, [](HandOver& h) { h.headers[0].parent.bytes[0] ^= 1; }},
      {HandOverError::BadChain, [](HandOver& h) { h.headers.clear(); }},
      {HandOverError::BadCertificate, [](HandOver& h) { h.certificate.signature[5] ^= 1; }},
      {HandOverError::BadCertificate,
       [](HandOver& h) { h.certificate.subject.block.bytes[0] ^= 1; }},
      {HandOverError::BadCertificate,
       [](HandOver& h) { h.certificate.subject.phase = Phase::Prepare; }},
      {HandOverError::BadCertificate,
       [](HandOver& h) { h.certificate.subject.height = Height(9); }},
      {HandOverError::WrongSet, [](HandOver& h) { h.certificate.subject.epoch = Epoch(1); }},
      {HandOverError::BadPayload, [](HandOver& h) { h.items.clear(); }},
      {HandOverError::BadPayload, [](HandOver& h) { h.items.pop_back(); }},
      {HandOverError::BadPayload,
       [](HandOver& h) { h.items.insert(h.items.begin(), primitives::TxnHash{}); }},
      {HandOverError::BadPayload, [](HandOver& h) { h.change.push_back(0); }},
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    HandOver proof = ending.proof;
    changes[i].second(proof);
    const auto checked = check(proof);
    ASSERT_FALSE(checked) << i;
    EXPECT_EQ(checked.error(), changes[i].first) << i << ": " << describe(checked.error());
  }
}

// Sound, and of the right block, but of votes that make nothing final.
TEST_P(HandOvers, need_the_certificate_of_the_phase_that_decides) {
  const bool slotted = GetParam().rule == CommitRule::TwoPhase;
  const primitives::Block& last = ending.blocks.back();
  for (const Phase phase : {Phase::Generic, Phase::Prepare, Phase::Precommit}) {
    HandOver proof = ending.proof;
    proof.certificate = first.certify(last, phase, last.header.view);
    const auto checked = check(proof);
    EXPECT_EQ(checked.has_value(), phase == (slotted ? Phase::Precommit : Phase::Generic));
    if (!checked) EXPECT_EQ(checked.error(), HandOverError::BadCertificate);
  }
}

// What a light client asks of a block that closes nothing.
TEST_P(HandOvers, show_by_their_headers_alone_that_a_block_is_final) {
  const HandOver& proof = ending.proof;
  const auto final_by = [&](const HandOver& h) {
    return verify_final(*first.setting, h.headers, h.certificate);
  };
  EXPECT_TRUE(final_by(proof));
  EXPECT_EQ(verify_final(*second.setting, proof.headers, proof.certificate).error(),
            HandOverError::WrongSet);
  HandOver forged = proof;
  forged.headers[0].parent_state_root.bytes[0] ^= 1;
  EXPECT_FALSE(final_by(forged));
  forged = proof;
  forged.certificate.signature[5] ^= 1;
  EXPECT_EQ(final_by(forged).error(), HandOverError::BadCertificate);
  forged = proof;
  forged.headers.clear();
  EXPECT_EQ(final_by(forged).error(), HandOverError::BadChain);
}

// A block that closes nothing, however final it is.
TEST_P(HandOvers, need_a_sound_change_at_the_end_of_the_payload) {
  const std::vector<std::vector<Bytes>> payloads = {
      {Bytes{1, 2, 3}},
      {first.change_to(second), Bytes{1, 2, 3}},
      {first.change_to(second, {0, 1})},
      {second.change_to(Era(second, {0, 1, 2, 5}))},
  };
  for (std::size_t i = 0; i < payloads.size(); ++i) {
    const auto block = first.block(start.block, start.certificate, View(1), payloads[i]);
    EXPECT_EQ(next_setting(*first.setting, block.payload), nullptr) << i;
    EXPECT_EQ(next_setting(*first.setting, block.payload.size(), block.payload.back()), nullptr);
  }
}

class ChainedHandOvers : public HandOvers {};
INSTANTIATE_TEST_SUITE_P(Designs, ChainedHandOvers,
                         testing::Values(Design{CommitRule::ThreeChain, SchemeKind::Ed25519List},
                                         Design{CommitRule::TwoChain, SchemeKind::Ed25519List}));

TEST_P(ChainedHandOvers, need_as_many_certified_blocks_as_the_rule) {
  HandOver proof = ending.proof;
  proof.headers.pop_back();
  proof.certificate = ending.certificates[ending.certificates.size() - 2];
  EXPECT_EQ(check(proof).error(), HandOverError::NotFinal);
  proof.headers.resize(1);
  proof.certificate = ending.certificates[0];
  EXPECT_EQ(check(proof).error(), HandOverError::NotFinal);
}

TEST_P(ChainedHandOvers, need_each_block_to_stand_on_the_one_before) {
  HandOver proof = ending.proof;
  primitives::Header& last = proof.headers.back();
  last.parent.bytes[0] ^= 1;
  last.justify.subject.block = last.parent;
  EXPECT_EQ(check(proof).error(), HandOverError::BadChain);
}

// T3: a view between may have certified something else.
TEST_P(ChainedHandOvers, need_consecutive_views) {
  HandOver proof;
  std::vector<primitives::Block> blocks{ending.blocks[0]};
  QuorumCertificate justify = ending.certificates[0];
  for (std::uint64_t view = 3; blocks.size() < ending.blocks.size(); view += 2) {
    blocks.push_back(first.block(blocks.back(), justify, View(view), {},
                                 first.timeout(View(view - 1), justify)));
    justify = first.certify(blocks.back());
  }
  for (const auto& block : blocks)
    proof.headers.push_back(block.header);
  proof.certificate = justify;
  proof.items = ending.proof.items;
  proof.change = ending.proof.change;
  EXPECT_EQ(check(proof).error(), HandOverError::NotFinal);
}

TEST(CutPayload, ends_a_payload_behind_the_change) {
  const Era first(CommitRule::TwoChain, SchemeKind::Ed25519List, {0, 1, 2, 3});
  const Era second(first, {0, 1, 2, 4});
  const Bytes change = first.change_to(second);
  std::vector<Bytes> items{{1}, change, {2}, change};
  cut_payload(*first.setting, items);
  EXPECT_EQ(items, (std::vector<Bytes>{{1}, change}));
  std::vector<Bytes> unsigned_change{{1}, first.change_to(second, {0, 1}), {2}};
  cut_payload(*first.setting, unsigned_change);
  EXPECT_EQ(unsigned_change.size(), 3U);
}

TEST(CutPayload, leaves_a_change_that_stands_too_far_back_to_a_later_block) {
  const Era first(CommitRule::TwoChain, SchemeKind::Ed25519List, {0, 1, 2, 3});
  const Era second(first, {0, 1, 2, 4});
  std::vector<Bytes> items(primitives::kClosingItemsMax - 1, Bytes{1});
  items.push_back(first.change_to(second));
  EXPECT_NE(next_setting(*first.setting, items), nullptr);
  items.insert(items.begin(), Bytes{1});
  EXPECT_EQ(next_setting(*first.setting, items), nullptr);
  cut_payload(*first.setting, items);
  EXPECT_EQ(items, std::vector<Bytes>(primitives::kClosingItemsMax, Bytes{1}));
}

TEST(HandOverErrors, each_has_its_own_words) {
  std::set<std::string> seen;
  for (int i = 0; i <= static_cast<int>(HandOverError::NoChange); ++i)
    EXPECT_TRUE(seen.insert(describe(static_cast<HandOverError>(i))).second);
}

}  // namespace
}  // namespace ol::consensus::test
