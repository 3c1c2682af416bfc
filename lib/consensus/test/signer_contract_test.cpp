// What the signer answers from the record alone, and what ends the process: a record that does not
// say what is to be signed is our own mistake. specs/consensus.md section 4.
#include <gtest/gtest.h>

#include "validators.hpp"

namespace ol::consensus::test {
namespace {

class SignerContract : public testing::Test {
 protected:
  Validators v{4};
  MemoryStore store;
  primitives::Block block = v.block(v.genesis, v.genesis_certificate, View(3));

  Signer signer(std::optional<SafetyRecord> durable = std::nullopt) {
    return Signer(v.domain, v.set->hash(v.domain), ValidatorIndex(0), v.key(0), v.vote_key(0),
                  *v.scheme, store, std::move(durable));
  }
  /// A record of a vote for `block`, of having left view 2 and of a proposal of `block`.
  SafetyRecord record() const {
    SafetyRecord out;
    out.high_qc = v.genesis_certificate;
    out.last_vote = {View(3), block.hash};
    out.last_vote_height = block.header.height;
    out.last_timeout_view = View(2);
    out.last_proposal = {View(3), block.hash};
    return out;
  }
  Outputs recording() const {
    Outputs out;
    out.persist = record();
    return out;
  }
  Outputs voting() const {
    Outputs out = recording();
    out.vote = VoteIntent{v.subject(block), ValidatorIndex(1)};
    return out;
  }
  Outputs leaving() const {
    Outputs out = recording();
    out.timeout = TimeoutIntent{View(2), v.genesis_certificate};
    return out;
  }
  Outputs proposing() const {
    Outputs out = recording();
    out.proposal = ProposalIntent{std::make_shared<const primitives::Block>(block)};
    return out;
  }
  static void sign(Signer signer, const Outputs& outputs) { (void)signer.sign(outputs); }
};

// The bytes on disk are sent whatever a signature made now would look like.
TEST_F(SignerContract, sends_the_recorded_bytes_and_signs_nothing_anew) {
  SafetyRecord durable = record();
  durable.signed_vote = Bytes(48, 0x77);
  durable.signed_timeout = Bytes(64, 0x78);
  auto restarted = signer(durable);
  Outputs outputs = voting();
  outputs.timeout = leaving().timeout;
  const auto made = restarted.sign(outputs);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->vote->share.signature, durable.signed_vote);
  EXPECT_EQ(to_bytes(made->new_view->signature.view()), durable.signed_timeout);
  EXPECT_EQ(*decode_safety_record(store.records.back()), durable);
}

TEST_F(SignerContract, forgets_no_signed_bytes_when_it_signs_something_else) {
  SafetyRecord durable = record();
  durable.last_proposal = {};
  durable.signed_vote = Bytes(48, 0x77);
  durable.signed_timeout = Bytes(64, 0x78);
  auto restarted = signer(durable);
  ASSERT_TRUE(restarted.sign(proposing()));
  EXPECT_EQ(restarted.last_vote()->share.signature, durable.signed_vote);
  EXPECT_EQ(to_bytes(restarted.last_new_view()->signature.view()), durable.signed_timeout);
}

TEST_F(SignerContract, believes_no_record_that_the_disk_refused) {
  auto made = signer();
  store.failing = true;
  EXPECT_FALSE(made.sign(leaving()));
  EXPECT_FALSE(made.last_new_view());
  // Another proposal than the one that was never recorded may still be signed.
  EXPECT_FALSE(made.sign(proposing()));
  store.failing = false;
  EXPECT_TRUE(made.sign(proposing()));
}

// A higher vote may not hide a timeout already sent for its view, nor the other way round.
TEST_F(SignerContract, takes_a_vote_and_a_timeout_of_ascending_views_together) {
  Outputs outputs = voting();
  outputs.timeout = leaving().timeout;
  const auto made = signer().sign(outputs);
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->vote);
  EXPECT_TRUE(made->new_view);
  EXPECT_EQ(made->new_view->last_vote->share.signature, made->vote->share.signature);
}

// A later proposal, or another one in the view of the last: both were signed by another process.
TEST_F(SignerContract, knows_proposals_that_it_did_not_sign) {
  block = v.block(v.genesis, v.genesis_certificate, View(4));
  auto made = signer();
  Outputs outputs = proposing();
  outputs.persist->last_proposal.view = View(4);
  ASSERT_TRUE(made.sign(outputs));
  EXPECT_FALSE(made.is_foreign(block.header, block.hash));
  const auto later = v.block(v.genesis, v.genesis_certificate, View(8));
  EXPECT_TRUE(made.is_foreign(later.header, later.hash));
  const auto twin = v.block(v.genesis, v.genesis_certificate, View(4), 9);
  EXPECT_TRUE(made.is_foreign(twin.header, twin.hash));
  // What it signed before the last one is not in the record.
  const auto earlier = v.block(v.genesis, v.genesis_certificate, View(0));
  EXPECT_FALSE(made.is_foreign(earlier.header, earlier.hash));
}

using SignerContractDeathTest = SignerContract;

TEST_F(SignerContractDeathTest, a_signature_without_a_record_ends_the_process) {
  for (Outputs outputs : {voting(), leaving(), proposing()}) {
    outputs.persist.reset();
    EXPECT_DEATH(sign(signer(), outputs), "every signature comes with a record");
  }
}

TEST_F(SignerContractDeathTest, a_record_of_another_signature_ends_the_process) {
  Outputs other_block = voting();
  other_block.persist->last_vote.block.bytes[0] ^= 1;
  EXPECT_DEATH(sign(signer(), other_block), "the record names the vote");
  Outputs other_view = voting();
  other_view.persist->last_vote.view = View(4);
  EXPECT_DEATH(sign(signer(), other_view), "the record names the vote");
  Outputs other_timeout = leaving();
  other_timeout.persist->last_timeout_view = View(3);
  EXPECT_DEATH(sign(signer(), other_timeout), "the record names the timeout");
  Outputs other_certificate = leaving();
  other_certificate.persist->last_timeout_high_qc_view = View(1);
  EXPECT_DEATH(sign(signer(), other_certificate), "the record names the timeout's certificate");
  Outputs other_proposal = proposing();
  other_proposal.persist->last_proposal.block.bytes[0] ^= 1;
  EXPECT_DEATH(sign(signer(), other_proposal), "the record names the proposal");
}

}  // namespace
}  // namespace ol::consensus::test
