#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <set>
#include <string>

#include <ol/crypto/dkg.hpp>

#include "../src/dkg_judgement.hpp"
#include "../src/dkg_messages.hpp"
#include "vectors.hpp"

namespace ol::crypto {
namespace {

using detail::Accused;
using detail::Dealing;
using detail::DkgMessage;
using detail::Opening;
using detail::Pairs;

constexpr std::array kRounds = {
    DkgRound::Deal,     DkgRound::Complaints,        DkgRound::Justifications,
    DkgRound::Openings, DkgRound::OpeningComplaints, DkgRound::Recovery};

// A ceremony in one process. `tamper` may change what a member says, or silence it, before it is
// signed: a member that cheats knows its own keys.
class Party {
 public:
  using Tamper = std::function<bool(DkgMessage&)>;  // false: send nothing

  explicit Party(ThresholdParams params) {
    ceremony_.name = "test";
    ceremony_.params = params;
    for (std::uint16_t i = 0; i < params.holders; ++i) {
      secrets_.emplace_back(test::seed(static_cast<std::uint8_t>(i + 1)));
      ceremony_.members.push_back(secrets_.back().member());
    }
    transcript_.emplace(ceremony_);
  }

  void run(const Tamper& tamper = nullptr, DkgRound last = DkgRound::Recovery) {
    for (const DkgRound round : kRounds) {
      if (round > last) return;
      run_round(round, tamper);
    }
  }

  void run_round(DkgRound round, const Tamper& tamper = nullptr) {
    std::vector<Bytes> messages;
    for (const auto& secret : secrets_) {
      const auto said = transcript_->message(round, secret);
      if (!said) {
        EXPECT_EQ(said.error(), DkgError::NothingToSay);
        continue;
      }
      auto message = *detail::decode_message(ceremony_, *said);
      if (tamper && !tamper(message)) continue;
      messages.push_back(detail::encode_message(ceremony_, message, secret.identity()));
    }
    for (const auto& message : messages) {
      const auto added = transcript_->add(message);
      EXPECT_TRUE(added.has_value()) << (added ? "" : describe(added.error()));
    }
  }

  // Every member's share fits, and any quorum of them signs under the group key.
  DkgResult expect_success() const {
    const auto result = transcript_->result();
    EXPECT_TRUE(result.has_value()) << (result ? "" : describe(result.error()));
    std::vector<PartialSignature> partials;
    for (std::uint16_t i = 0; i < ceremony_.params.holders; ++i) {
      const auto share = transcript_->share(secrets_[i]);
      EXPECT_TRUE(share.has_value()) << i << (share ? "" : describe(share.error()));
      EXPECT_TRUE(share_matches(result->vector, ShareIndex(i), *share));
      partials.push_back({ShareIndex(i), share->sign(as_bytes("m"))});
    }
    const std::span all(partials);
    const std::size_t quorum = ceremony_.params.quorum;
    for (const auto chosen : {all.first(quorum), all.last(quorum)}) {
      EXPECT_TRUE(verify(result->vector.group_key(), as_bytes("m"),
                         combine(ceremony_.params, chosen).value()));
    }
    return *result;
  }

  DkgTranscript& transcript() { return *transcript_; }
  const DkgCeremony& ceremony() const { return ceremony_; }
  const DkgSecret& secret(std::size_t i) const { return secrets_[i]; }

 private:
  DkgCeremony ceremony_;
  std::vector<DkgSecret> secrets_;
  std::optional<DkgTranscript> transcript_;
};

std::vector<ShareIndex> members(std::initializer_list<std::uint16_t> list) {
  std::vector<ShareIndex> out;
  for (const auto i : list)
    out.emplace_back(i);
  return out;
}

BlsPublicKey some_point() {
  return deal_key({1, 1}, test::seed(99))->vector.group_key();
}

bool from(const DkgMessage& message, DkgRound round, std::uint16_t sender) {
  return message.round == round && message.sender == ShareIndex(sender);
}

// A pair that does not match, for `receiver`, encrypted as it should be.
void spoil_pair_for(Party& party, DkgMessage& message, std::uint16_t receiver) {
  auto& dealing = std::get<Dealing>(message.body);
  dealing.pairs[receiver] =
      detail::seal_pair(party.ceremony(), party.secret(message.sender.value()), message.sender,
                        ShareIndex(receiver), {detail::Scalar(1), detail::Scalar(2)});
}

TEST(Dkg, gives_everyone_a_share_when_all_are_honest) {
  for (const ThresholdParams params : {ThresholdParams{1, 1}, ThresholdParams{3, 4},
                                       ThresholdParams{5, 7}, ThresholdParams{2, 3}}) {
    Party party(params);
    party.run();
    const auto result = party.expect_success();
    EXPECT_EQ(result.qualified.size(), params.holders);
    EXPECT_TRUE(result.recovered.empty());
    EXPECT_EQ(result.vector.quorum(), params.quorum);
  }
}

TEST(Dkg, asks_only_for_the_messages_it_needs) {
  Party party({3, 4});
  party.run();
  EXPECT_EQ(party.transcript().senders(DkgRound::Deal).size(), 4u);
  EXPECT_TRUE(party.transcript().senders(DkgRound::Justifications).empty());
  EXPECT_TRUE(party.transcript().expected(DkgRound::Justifications).empty());
  EXPECT_TRUE(party.transcript().senders(DkgRound::Recovery).empty());
}

TEST(Dkg, says_the_same_when_run_again) {
  Party party({3, 4});
  party.run(nullptr, DkgRound::Deal);
  EXPECT_EQ(party.transcript().message(DkgRound::Complaints, party.secret(2)).value(),
            party.transcript().message(DkgRound::Complaints, party.secret(2)).value());
  Party again({3, 4});
  EXPECT_EQ(again.transcript().message(DkgRound::Deal, again.secret(1)).value(),
            Party({3, 4}).transcript().message(DkgRound::Deal, again.secret(1)).value());
}

// Step 1(c): an accused dealer that publishes the right pair stays.
TEST(Dkg, keeps_a_dealer_that_justifies_itself) {
  Party party({3, 4});
  party.run([&](DkgMessage& m) {
    if (from(m, DkgRound::Deal, 0)) spoil_pair_for(party, m, 2);
    return true;
  });
  EXPECT_EQ(party.transcript().senders(DkgRound::Justifications), members({0}));
  const auto result = party.expect_success();
  EXPECT_EQ(result.qualified, members({0, 1, 2, 3}));
}

TEST(Dkg, keeps_an_honest_dealer_that_is_accused_falsely) {
  Party party({3, 4});
  party.run([](DkgMessage& m) {
    if (from(m, DkgRound::Complaints, 3)) std::get<Accused>(m.body) = members({1});
    return true;
  });
  EXPECT_EQ(party.expect_success().qualified, members({0, 1, 2, 3}));
}

TEST(Dkg, disqualifies_a_dealer_that_does_not_answer) {
  Party party({3, 4});
  party.run([&](DkgMessage& m) {
    if (from(m, DkgRound::Deal, 0)) spoil_pair_for(party, m, 2);
    return m.round != DkgRound::Justifications;
  });
  EXPECT_EQ(party.expect_success().qualified, members({1, 2, 3}));
}

TEST(Dkg, disqualifies_a_dealer_that_answers_with_a_wrong_pair) {
  Party party({3, 4});
  party.run([&](DkgMessage& m) {
    if (from(m, DkgRound::Deal, 0)) spoil_pair_for(party, m, 2);
    if (from(m, DkgRound::Justifications, 0)) {
      auto& pair = std::get<Pairs>(m.body).at(ShareIndex(2));
      pair.blinding = pair.blinding + detail::Scalar(1);
    }
    return true;
  });
  EXPECT_EQ(party.expect_success().qualified, members({1, 2, 3}));
}

TEST(Dkg, disqualifies_a_dealer_that_leaves_an_accuser_out) {
  Party party({5, 7});
  party.run([&](DkgMessage& m) {
    if (from(m, DkgRound::Deal, 0)) {
      spoil_pair_for(party, m, 2);
      spoil_pair_for(party, m, 3);
    }
    if (from(m, DkgRound::Justifications, 0)) std::get<Pairs>(m.body).erase(ShareIndex(3));
    return true;
  });
  EXPECT_EQ(party.expect_success().qualified, members({1, 2, 3, 4, 5, 6}));
}

// Step 1(c)(i): accused by more than the tolerated faults, even if every accusation is answered.
TEST(Dkg, disqualifies_a_dealer_accused_by_more_than_the_faults) {
  for (const bool beyond : {false, true}) {
    Party party({5, 7});  // two faults
    party.run([&](DkgMessage& m) {
      if (from(m, DkgRound::Deal, 0)) {
        spoil_pair_for(party, m, 2);
        spoil_pair_for(party, m, 3);
        if (beyond) spoil_pair_for(party, m, 4);
      }
      return true;
    });
    EXPECT_EQ(party.expect_success().qualified.size(), beyond ? 6u : 7u);
  }
}

TEST(Dkg, goes_on_without_a_silent_dealer) {
  Party party({3, 4});
  party.run([](DkgMessage& m) { return !from(m, DkgRound::Deal, 1); });
  EXPECT_EQ(party.expect_success().qualified, members({0, 2, 3}));
}

TEST(Dkg, stops_when_too_few_dealers_qualify) {
  Party party({3, 4});
  party.run([](DkgMessage& m) { return m.round != DkgRound::Deal || m.sender.value() >= 2; },
            DkgRound::Complaints);
  EXPECT_EQ(party.transcript().message(DkgRound::Openings, party.secret(2)).error(),
            DkgError::TooFewQualified);
  EXPECT_EQ(party.transcript().result().error(), DkgError::TooFewQualified);
}

// Step 4(b) and (c): the part of a dealer with a bad opening is reconstructed in public.
TEST(Dkg, recovers_the_part_of_a_dealer_with_a_false_opening) {
  Party honest({3, 4});
  honest.run();
  for (std::size_t coefficient = 0; coefficient < 3; ++coefficient) {
    Party party({3, 4});
    party.run([&](DkgMessage& m) {
      if (from(m, DkgRound::Openings, 0)) {
        std::get<Opening>(m.body)[coefficient] = some_point();
      }
      return true;
    });
    const auto result = party.expect_success();
    EXPECT_EQ(result.qualified, members({0, 1, 2, 3}));
    EXPECT_EQ(result.recovered, members({0}));
    EXPECT_EQ(result.vector, honest.transcript().result()->vector) << "cheating changes nothing";
  }
}

TEST(Dkg, recovers_the_part_of_a_dealer_without_opening) {
  Party honest({3, 4});
  honest.run();
  Party party({3, 4});
  party.run([](DkgMessage& m) { return !from(m, DkgRound::Openings, 2); });
  const auto result = party.expect_success();
  EXPECT_EQ(result.recovered, members({2}));
  EXPECT_EQ(result.vector, honest.transcript().result()->vector);
}

TEST(Dkg, ignores_complaints_about_openings_that_prove_nothing) {
  for (const int lie : {0, 1}) {
    Party party({3, 4});
    party.run([&](DkgMessage& m) {
      if (!from(m, DkgRound::OpeningComplaints, 3)) return true;
      // Either a pair that does not fit the dealing, or the true one, which fits both commitments.
      auto& pairs = std::get<Pairs>(m.body);
      if (lie == 0) pairs.emplace(ShareIndex(0), detail::SharePair{});
      return true;
    });
    EXPECT_TRUE(party.expect_success().recovered.empty());
  }
}

TEST(Dkg, ignores_false_pairs_in_recovery) {
  Party party({3, 4});
  party.run([](DkgMessage& m) {
    if (from(m, DkgRound::Recovery, 0)) {
      auto& pair = std::get<Pairs>(m.body).at(ShareIndex(2));
      pair.value = pair.value + detail::Scalar(1);
    }
    return !from(m, DkgRound::Openings, 2);
  });
  EXPECT_EQ(party.expect_success().recovered, members({2}));
}

TEST(Dkg, reports_too_few_pairs_for_recovery) {
  Party party({3, 4});
  party.run([](DkgMessage& m) {
    if (m.round == DkgRound::Recovery) return m.sender.value() < 2;
    return !from(m, DkgRound::Openings, 2);
  });
  EXPECT_EQ(party.transcript().result().error(), DkgError::Unrecoverable);
  EXPECT_EQ(party.transcript().share(party.secret(0)).error(), DkgError::Unrecoverable);
}

// A dealer may choose a polynomial with zero coefficients; it must not stop the others.
TEST(Dkg, recovers_a_polynomial_with_zero_coefficients) {
  using detail::Polynomial;
  using detail::Scalar;
  const Polynomial constant({Scalar(7), Scalar(0), Scalar(0)});
  const auto blinding = Polynomial::derive(test::seed(77), as_bytes("blinding"), 3);
  Party party({3, 4});
  party.run([&](DkgMessage& m) {
    if (from(m, DkgRound::Deal, 0)) {
      auto& dealing = std::get<Dealing>(m.body);
      for (std::size_t k = 0; k < 3; ++k) {
        dealing.commitments[k] = detail::to_key(
            detail::pedersen_commit(constant.coefficients()[k], blinding.coefficients()[k]));
      }
      for (std::uint16_t i = 0; i < 4; ++i) {
        dealing.pairs[i] =
            detail::seal_pair(party.ceremony(), party.secret(0), ShareIndex(0), ShareIndex(i),
                              {constant.evaluate(ShareIndex(i)), blinding.evaluate(ShareIndex(i))});
      }
    }
    return !from(m, DkgRound::Openings, 0);
  });
  EXPECT_EQ(party.expect_success().recovered, members({0}));
}

TEST(Dkg, complains_about_pairs_it_cannot_decrypt) {
  for (const std::size_t byte : {0u, 40u, 100u}) {  // ephemeral key, text, tag
    Party party({3, 4});
    party.run(
        [&](DkgMessage& m) {
          if (from(m, DkgRound::Deal, 0)) std::get<Dealing>(m.body).pairs[1][byte] ^= 1;
          return true;
        },
        DkgRound::Deal);
    const auto said = party.transcript().message(DkgRound::Complaints, party.secret(1));
    const auto message = detail::decode_message(party.ceremony(), *said);
    EXPECT_EQ(std::get<Accused>(message->body), members({0}));
  }
}

TEST(Dkg, complains_about_an_ephemeral_key_of_small_order) {
  Party party({3, 4});
  party.run(
      [&](DkgMessage& m) {
        if (from(m, DkgRound::Deal, 0)) std::get<Dealing>(m.body).pairs[1].fill(0);
        return true;
      },
      DkgRound::Deal);
  const auto said = party.transcript().message(DkgRound::Complaints, party.secret(1));
  EXPECT_EQ(std::get<Accused>(detail::decode_message(party.ceremony(), *said)->body), members({0}));
}

TEST(DkgTranscript, refuses_messages_not_signed_by_their_sender) {
  Party party({3, 4});
  auto message = *party.transcript().message(DkgRound::Deal, party.secret(0));
  for (const std::size_t at : {message.size() - 1, message.size() - 64, message.size() / 2}) {
    auto changed = message;
    changed[at] ^= 1;
    const auto added = party.transcript().add(changed);
    ASSERT_FALSE(added.has_value());
    EXPECT_TRUE(added.error() == DkgError::BadSignature || added.error() == DkgError::Malformed);
  }
  const auto decoded = *detail::decode_message(party.ceremony(), message);
  const auto forged = detail::encode_message(party.ceremony(), decoded, party.secret(1).identity());
  EXPECT_EQ(party.transcript().add(forged).error(), DkgError::BadSignature);
  EXPECT_TRUE(party.transcript().add(message).has_value());
  EXPECT_TRUE(party.transcript().add(message).has_value()) << "the same file twice is harmless";
}

TEST(DkgTranscript, refuses_two_different_messages_of_one_member) {
  Party party({3, 4});
  const auto first = *party.transcript().message(DkgRound::Deal, party.secret(0));
  auto second = *detail::decode_message(party.ceremony(), first);
  spoil_pair_for(party, second, 1);
  ASSERT_TRUE(party.transcript().add(first).has_value());
  EXPECT_EQ(party.transcript()
                .add(detail::encode_message(party.ceremony(), second, party.secret(0).identity()))
                .error(),
            DkgError::Conflicting);
}

// A dealer that sends different files to different members is found out in the next round.
TEST(DkgTranscript, refuses_messages_of_members_who_saw_something_else) {
  Party here({3, 4});
  Party there({3, 4});
  here.run(nullptr, DkgRound::Deal);
  there.run(
      [&](DkgMessage& m) {
        if (from(m, DkgRound::Deal, 0)) spoil_pair_for(there, m, 1);
        return true;
      },
      DkgRound::Deal);
  const auto theirs = there.transcript().message(DkgRound::Complaints, there.secret(2));
  EXPECT_EQ(here.transcript().add(*theirs).error(), DkgError::TranscriptMismatch);
}

TEST(DkgTranscript, closes_rounds_in_order) {
  Party party({3, 4});
  const auto late = *party.transcript().message(DkgRound::Deal, party.secret(3));
  party.run([](DkgMessage& m) { return !from(m, DkgRound::Deal, 3); }, DkgRound::Complaints);
  EXPECT_EQ(party.transcript().add(late).error(), DkgError::WrongRound);
  EXPECT_EQ(party.transcript().message(DkgRound::Deal, party.secret(3)).error(),
            DkgError::WrongRound);
}

TEST(DkgTranscript, refuses_messages_of_another_ceremony) {
  Party party({3, 4});
  DkgCeremony other = party.ceremony();
  other.name = "other";
  EXPECT_NE(other.id(), party.ceremony().id());
  const DkgTranscript transcript(other);
  const auto message = transcript.message(DkgRound::Deal, party.secret(0));
  EXPECT_EQ(party.transcript().add(*message).error(), DkgError::WrongCeremony);
}

TEST(DkgTranscript, refuses_truncated_and_extended_messages) {
  Party party({2, 3});
  const auto message = *party.transcript().message(DkgRound::Deal, party.secret(0));
  for (std::size_t size = 0; size < message.size(); ++size) {
    const auto added = party.transcript().add(ByteView(message).first(size));
    EXPECT_EQ(added.error(), DkgError::Malformed) << size;
  }
  auto longer = message;
  longer.push_back(0);
  EXPECT_EQ(party.transcript().add(longer).error(), DkgError::Malformed);
}

TEST(DkgTranscript, refuses_fields_out_of_range) {
  Party party({2, 3});
  const auto message = *party.transcript().message(DkgRound::Deal, party.secret(0));
  const auto error = [&](std::size_t at, std::uint8_t value) {
    auto changed = message;
    changed[at] = value;
    return party.transcript().add(changed).error();
  };
  EXPECT_EQ(error(0, 2), DkgError::Malformed) << "version";
  EXPECT_EQ(error(1, 0), DkgError::Malformed) << "round";
  EXPECT_EQ(error(1, 7), DkgError::Malformed) << "round";
  EXPECT_EQ(error(35, 3), DkgError::Malformed) << "sender";
  EXPECT_EQ(error(68, 0), DkgError::Malformed) << "first commitment";
}

// Lists name members in ascending order, once, within range; scalars are reduced.
TEST(DkgTranscript, refuses_lists_that_are_not_canonical) {
  Party party({3, 4});
  party.run(nullptr, DkgRound::Deal);
  const auto refused = [&](DkgRound round, detail::DkgBody body) {
    auto message = *detail::decode_message(party.ceremony(),
                                           *party.transcript().message(round, party.secret(3)));
    message.body = std::move(body);
    const auto added = party.transcript().add(
        detail::encode_message(party.ceremony(), message, party.secret(3).identity()));
    return !added && added.error() == DkgError::Malformed;
  };
  EXPECT_TRUE(refused(DkgRound::Complaints, members({1, 0})));
  EXPECT_TRUE(refused(DkgRound::Complaints, members({1, 1})));
  EXPECT_TRUE(refused(DkgRound::Complaints, members({4})));
  EXPECT_TRUE(refused(DkgRound::Complaints, members({3}))) << "itself";
  party.run_round(DkgRound::Complaints);
  party.run_round(DkgRound::Openings);
  EXPECT_TRUE(refused(DkgRound::OpeningComplaints, Pairs{{ShareIndex(9), {}}}));
  auto message = *party.transcript().message(DkgRound::OpeningComplaints, party.secret(3));
  auto decoded = *detail::decode_message(party.ceremony(), message);
  decoded.body = Pairs{{ShareIndex(0), {}}};
  auto encoded = detail::encode_message(party.ceremony(), decoded, party.secret(3).identity());
  std::fill_n(encoded.end() - 64 - 64, 32, 0xff);
  EXPECT_EQ(party.transcript().add(encoded).error(), DkgError::Malformed);
}

TEST(DkgTranscript, refuses_statements_about_members_they_do_not_concern) {
  Party party({3, 4});
  party.run([](DkgMessage& m) { return !from(m, DkgRound::Deal, 0); }, DkgRound::Deal);
  // Signed by `member` and up to date, whatever it says.
  const auto add_as = [&](std::uint16_t member, DkgRound round, detail::DkgBody body) {
    const auto model = *party.transcript().message(DkgRound::OpeningComplaints, party.secret(1));
    DkgMessage message = *detail::decode_message(party.ceremony(), model);
    message.round = round;
    message.sender = ShareIndex(member);
    message.body = std::move(body);
    return party.transcript().add(
        detail::encode_message(party.ceremony(), message, party.secret(member).identity()));
  };
  EXPECT_EQ(add_as(1, DkgRound::Complaints, members({0})).error(), DkgError::Malformed)
      << "member 0 dealt nothing";
  party.run_round(DkgRound::Complaints);
  EXPECT_EQ(add_as(1, DkgRound::Justifications, Pairs{{ShareIndex(2), {}}}).error(),
            DkgError::Malformed)
      << "nobody complained";
  EXPECT_EQ(add_as(0, DkgRound::Openings, Opening(3, some_point())).error(), DkgError::Malformed)
      << "not qualified";
}

TEST(DkgTranscript, answers_only_members_and_only_when_ready) {
  Party party({3, 4});
  const DkgSecret stranger(test::seed(99));
  EXPECT_EQ(party.transcript().message(DkgRound::Deal, stranger).error(), DkgError::NotAMember);
  EXPECT_EQ(party.transcript().share(stranger).error(), DkgError::NotAMember);
  EXPECT_EQ(party.transcript().result().error(), DkgError::NotReady);
  party.run(nullptr, DkgRound::Openings);
  EXPECT_EQ(party.transcript().result().error(), DkgError::NotReady);
  EXPECT_EQ(party.transcript().message(DkgRound::Recovery, party.secret(0)).error(),
            DkgError::NothingToSay);
}

TEST(DkgCeremony, checks_its_parameters) {
  const DkgCeremony good = Party({3, 4}).ceremony();
  EXPECT_TRUE(good.check().has_value());
  const auto refused = [&](const std::function<void(DkgCeremony&)>& change) {
    DkgCeremony changed = good;
    change(changed);
    return !changed.check().has_value();
  };
  EXPECT_TRUE(refused([](auto& c) { c.params.quorum = 0; }));
  EXPECT_TRUE(refused([](auto& c) { c.params.quorum = 5; }));
  EXPECT_TRUE(refused([](auto& c) { c.params.quorum = 2; })) << "half is not a majority";
  EXPECT_TRUE(refused([](auto& c) { c.members.pop_back(); }));
  EXPECT_TRUE(refused([](auto& c) { c.members[1].identity = c.members[0].identity; }));
  EXPECT_TRUE(refused([](auto& c) { c.members[1].encryption = c.members[0].encryption; }));
  EXPECT_TRUE(refused([](auto& c) { c.members[1].encryption = {}; })) << "small order";
  EXPECT_TRUE(refused([](auto& c) { c.name = std::string(65, 'x'); }));
  EXPECT_FALSE(refused([](auto& c) { c.name = std::string(64, 'x'); }));
}

TEST(DkgCeremony, has_an_id_that_binds_everything) {
  const DkgCeremony base = Party({3, 4}).ceremony();
  std::set<Hash256> ids = {base.id()};
  auto changed = base;
  changed.name = "x";
  ids.insert(changed.id());
  changed = base;
  changed.params.quorum = 4;
  ids.insert(changed.id());
  changed = base;
  std::swap(changed.members[0], changed.members[1]);
  ids.insert(changed.id());
  EXPECT_EQ(ids.size(), 4u);
}

TEST(DkgErrors, have_distinct_descriptions) {
  std::set<std::string> texts;
  for (int i = 0; i <= static_cast<int>(DkgError::BadOwnShare); ++i) {
    texts.insert(describe(static_cast<DkgError>(i)));
  }
  EXPECT_EQ(texts.size(), static_cast<std::size_t>(DkgError::BadOwnShare) + 1);
}

}  // namespace
}  // namespace ol::crypto
