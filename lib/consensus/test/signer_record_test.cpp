// What the signer refuses although the kernel asks for it: specs/consensus.md section 4, trap T10.
#include <gtest/gtest.h>

#include "validators.hpp"

namespace ol::consensus::test {
namespace {

class SignerRecord : public testing::Test {
 protected:
  Validators v{4};
  MemoryStore store;
  SafetyRecord record;

  void SetUp() override {
    record.high_qc = v.genesis_certificate;
    record.lock = {View(3), v.genesis.hash};
  }
  Signer signer() {
    std::optional<SafetyRecord> durable;
    if (!store.records.empty()) durable = *decode_safety_record(store.records.back());
    return Signer(v.domain, v.set->hash(v.domain), ValidatorIndex(0), v.key(0), v.vote_key(0),
                  *v.scheme, store, std::move(durable));
  }
  static bool is_below(const Result<SignedMessages, SignError>& made) {
    return !made && made.error().kind == SignError::Kind::BelowRecord;
  }
  Outputs keeping(const SafetyRecord& next) const {
    Outputs out;
    out.persist = next;
    return out;
  }
  Outputs leaving(const QuorumCertificate& high_qc) {
    record.last_timeout_view = View(9);
    record.lock = {};
    record.high_qc = high_qc;
    record.last_timeout_high_qc_view = high_qc.view();
    Outputs out;
    out.persist = record;
    out.timeout = TimeoutIntent{View(9), high_qc};
    return out;
  }
};

TEST_F(SignerRecord, never_goes_back_in_any_field) {
  const auto b1 = v.block(v.genesis, v.genesis_certificate, View(1));
  record.high_qc = v.certify(b1);
  record.last_vote = {View(6), b1.hash};
  record.last_timeout_view = View(5);
  record.last_proposal = {View(4), b1.hash};
  ASSERT_TRUE(signer().sign(keeping(record)));
  EXPECT_TRUE(signer().sign(keeping(record)));
  for (int field = 0; field < 5; ++field) {
    SafetyRecord lower = record;
    if (field == 0) lower.last_vote.view = View(5);
    if (field == 1) lower.lock.view = View(2);
    if (field == 2) lower.high_qc = v.genesis_certificate;
    if (field == 3) lower.last_timeout_view = View(4);
    if (field == 4) lower.last_proposal.view = View(3);
    EXPECT_TRUE(is_below(signer().sign(keeping(lower)))) << field;
  }
  EXPECT_EQ(store.records.size(), 2U);
}

TEST_F(SignerRecord, keeps_the_signed_bytes_when_nothing_new_is_signed) {
  const auto made = signer().sign(leaving(v.genesis_certificate));
  ASSERT_TRUE(made);
  ASSERT_TRUE(signer().sign(keeping(record)));
  EXPECT_EQ(signer().last_new_view()->signature, made->new_view->signature);
}

// docs/adr/0003-round-robin-liveness.md: a view that lasts is said to be left again, with the best
// certificate known by then.
TEST_F(SignerRecord, says_again_that_it_left_a_view_with_a_newer_certificate_never_an_older) {
  const auto b1 = v.block(v.genesis, v.genesis_certificate, View(1));
  const auto qc = v.certify(b1);
  const auto first = signer().sign(leaving(v.genesis_certificate));
  ASSERT_TRUE(first);
  const auto same = signer().sign(leaving(v.genesis_certificate));
  ASSERT_TRUE(same);
  EXPECT_EQ(same->new_view->signature, first->new_view->signature);
  const auto newer = signer().sign(leaving(qc));
  ASSERT_TRUE(newer);
  EXPECT_NE(newer->new_view->signature, first->new_view->signature);
  EXPECT_TRUE(v.verifier().verify_new_view(*newer->new_view));
  auto older = leaving(v.genesis_certificate);
  older.persist->high_qc = qc;
  EXPECT_TRUE(is_below(signer().sign(older)));
}

TEST_F(SignerRecord, refuses_a_vote_in_a_view_that_the_same_record_leaves) {
  const auto block = v.block(v.genesis, v.genesis_certificate, View(9));
  Outputs out;
  record.last_vote = {View(9), block.hash};
  record.last_vote_height = Height(1);
  record.last_timeout_view = View(9);
  out.persist = record;
  out.vote = VoteIntent{v.subject(block), ValidatorIndex(1)};
  EXPECT_TRUE(is_below(signer().sign(out)));
  EXPECT_TRUE(store.records.empty());
}

// What makes two_chain safe without a lock in its vote rule: the certificate it would lock is told.
TEST_F(SignerRecord, refuses_a_timeout_that_names_less_than_the_lock) {
  const auto b1 = v.block(v.genesis, v.genesis_certificate, View(1));
  Outputs out = leaving(v.genesis_certificate);
  out.persist->lock = {View(1), b1.hash};
  EXPECT_TRUE(is_below(signer().sign(out)));
  out = leaving(v.certify(b1));
  out.persist->lock = {View(1), b1.hash};
  EXPECT_TRUE(signer().sign(out));
}

TEST_F(SignerRecord, has_nothing_to_resend_before_it_signed) {
  EXPECT_FALSE(signer().last_vote());
  EXPECT_FALSE(signer().last_new_view());
  EXPECT_TRUE(signer().is_foreign(v.new_view(0, View(1), v.genesis_certificate)));
  const auto own = v.block(v.genesis, v.genesis_certificate, View(4));
  EXPECT_TRUE(signer().is_foreign(own.header, own.hash));
  const auto other = v.block(v.genesis, v.genesis_certificate, View(5));
  EXPECT_FALSE(signer().is_foreign(other.header, other.hash));
}

// The certificate the timeout names is gone from the record: nothing consistent can be resent.
TEST_F(SignerRecord, does_not_resend_a_timeout_whose_certificate_was_replaced) {
  ASSERT_TRUE(signer().sign(leaving(v.genesis_certificate)));
  record.high_qc = v.certify(v.block(v.genesis, v.genesis_certificate, View(1)));
  ASSERT_TRUE(signer().sign(keeping(record)));
  EXPECT_FALSE(signer().last_new_view());
}

}  // namespace
}  // namespace ol::consensus::test
