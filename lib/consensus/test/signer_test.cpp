// The order of disk and signature: specs/consensus.md section 4, trap T10.
#include <gtest/gtest.h>

#include "validators.hpp"

namespace ol::consensus::test {
namespace {

struct Fixture {
  Validators v{4};
  MemoryStore store;

  Signer signer(std::optional<SafetyRecord> durable) {
    return Signer(v.domain, v.set->hash(v.domain), ValidatorIndex(0), v.key(0), v.vote_key(0),
                  *v.scheme, store, std::move(durable));
  }
  SafetyRecord last() const { return *decode_safety_record(store.records.back()); }
  /// A record that takes nothing back.
  SafetyRecord next() const {
    SafetyRecord record;
    record.high_qc = v.genesis_certificate;
    return store.records.empty() ? record : last();
  }
  Outputs voting(const primitives::Block& block) const {
    Outputs out;
    out.persist = next();
    out.persist->last_vote = {block.header.view, block.hash};
    out.persist->last_vote_height = block.header.height;
    out.vote = VoteIntent{v.subject(block), ValidatorIndex(1)};
    return out;
  }
  Outputs leaving(View view) const {
    Outputs out;
    out.persist = next();
    out.persist->last_timeout_view = view;
    out.timeout = TimeoutIntent{view, v.genesis_certificate};
    return out;
  }
  Outputs proposing(const primitives::Block& block) const {
    Outputs out;
    out.persist = next();
    out.persist->last_proposal = {block.header.view, block.hash};
    out.proposal = ProposalIntent{std::make_shared<const primitives::Block>(block)};
    return out;
  }
};

TEST(Signer, signs_only_what_the_disk_already_holds) {
  Fixture f;
  auto signer = f.signer(std::nullopt);
  const auto block = f.v.block(f.v.genesis, f.v.genesis_certificate, View(1));
  f.store.failing = true;
  EXPECT_EQ(signer.sign(f.voting(block)).error().kind, SignError::Kind::NotDurable);
  EXPECT_FALSE(signer.last_vote());
  f.store.failing = false;
  const auto made = signer.sign(f.voting(block));
  ASSERT_TRUE(made);
  EXPECT_EQ(made->vote->share.signature, f.last().signed_vote);
  EXPECT_EQ(f.last().last_vote.block, block.hash);
  EXPECT_TRUE(
      f.v.scheme->verify_share(vote_digest(f.v.domain, f.v.subject(block)), made->vote->share));
}

TEST(Signer, never_signs_two_votes_for_a_view_across_restarts) {
  Fixture f;
  const auto first = f.v.block(f.v.genesis, f.v.genesis_certificate, View(3), 1);
  const auto rival = f.v.block(f.v.genesis, f.v.genesis_certificate, View(3), 2);
  auto before = f.signer(std::nullopt);
  const auto signed_first = before.sign(f.voting(first));
  ASSERT_TRUE(signed_first);

  auto restarted = f.signer(f.last());
  EXPECT_EQ(restarted.sign(f.voting(rival)).error().kind, SignError::Kind::BelowRecord);
  const auto lower = f.v.block(f.v.genesis, f.v.genesis_certificate, View(2));
  EXPECT_EQ(restarted.sign(f.voting(lower)).error().kind, SignError::Kind::BelowRecord);
  const auto again = restarted.sign(f.voting(first));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->vote->share.signature, signed_first->vote->share.signature);
  EXPECT_TRUE(restarted.sign(f.voting(f.v.block(f.v.genesis, f.v.genesis_certificate, View(4)))));
}

TEST(Signer, never_votes_in_a_view_it_left) {
  Fixture f;
  auto signer = f.signer(std::nullopt);
  ASSERT_TRUE(signer.sign(f.leaving(View(5))));
  EXPECT_EQ(
      signer.sign(f.voting(f.v.block(f.v.genesis, f.v.genesis_certificate, View(5)))).error().kind,
      SignError::Kind::BelowRecord);
  EXPECT_TRUE(signer.sign(f.voting(f.v.block(f.v.genesis, f.v.genesis_certificate, View(6)))));
}

TEST(Signer, resends_a_timeout_and_refuses_a_lower_one) {
  Fixture f;
  auto signer = f.signer(std::nullopt);
  const auto made = signer.sign(f.leaving(View(5)));
  ASSERT_TRUE(made);
  ASSERT_TRUE(made->new_view);
  EXPECT_TRUE(f.v.verifier().verify_new_view(*made->new_view));
  auto restarted = f.signer(f.last());
  EXPECT_EQ(restarted.sign(f.leaving(View(4))).error().kind, SignError::Kind::BelowRecord);
  const auto again = restarted.sign(f.leaving(View(5)));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->new_view->signature, made->new_view->signature);
  EXPECT_EQ(restarted.last_new_view()->view, View(5));
}

TEST(Signer, proposes_once_per_view) {
  Fixture f;
  auto signer = f.signer(std::nullopt);
  const auto block = f.v.block(f.v.genesis, f.v.genesis_certificate, View(4));
  const auto made = signer.sign(f.proposing(block));
  ASSERT_TRUE(made);
  const auto digest = proposal_digest(f.v.domain, block.header, block.hash);
  EXPECT_TRUE(crypto::verify(f.v.key(0).public_key(), digest.view(), made->proposal->signature));
  EXPECT_EQ(signer.sign(f.proposing(f.v.block(f.v.genesis, f.v.genesis_certificate, View(4), 7)))
                .error()
                .kind,
            SignError::Kind::BelowRecord);
}

TEST(Signer, recognises_messages_signed_elsewhere_with_its_key) {
  Fixture f;
  auto signer = f.signer(std::nullopt);
  ASSERT_TRUE(signer.sign(f.leaving(View(5))));
  EXPECT_FALSE(signer.is_foreign(f.v.new_view(0, View(5), f.v.genesis_certificate)));
  EXPECT_TRUE(signer.is_foreign(f.v.new_view(0, View(6), f.v.genesis_certificate)));
  EXPECT_FALSE(signer.is_foreign(f.v.new_view(1, View(6), f.v.genesis_certificate)));
  const auto own = f.v.block(f.v.genesis, f.v.genesis_certificate, View(4));
  ASSERT_TRUE(signer.sign(f.proposing(own)));
  EXPECT_FALSE(signer.is_foreign(own.header, own.hash));
  const auto twin = f.v.block(f.v.genesis, f.v.genesis_certificate, View(4), 9);
  EXPECT_TRUE(signer.is_foreign(twin.header, twin.hash));
}

TEST(Signer, signs_nothing_when_nothing_is_intended) {
  Fixture f;
  auto signer = f.signer(std::nullopt);
  const auto made = signer.sign(Outputs{});
  ASSERT_TRUE(made);
  EXPECT_FALSE(made->vote || made->proposal || made->new_view);
  EXPECT_TRUE(f.store.records.empty());
}

}  // namespace
}  // namespace ol::consensus::test
