#include <ol/exchange/admission.hpp>

#include "exchange_fixture.hpp"

namespace ol::exchange {
namespace {

using test::Chain;
using test::user;

class Admission : public testing::Test {
 protected:
  Admission() { chain_.system({CreditUsd{user(1), 1'000'000'000}, CreditUsd{user(2), 1'000'000}}); }

  Result<void, Error> check(const VerifiedAction& action, std::uint64_t waiting = 0) const {
    return check_admission(chain_.state(), params_, action, chain_.state().global().time, waiting);
  }
  VerifiedAction noop(const Address& signer, std::uint64_t nonce) const {
    return {{Noop{}, {}, nonce, 0}, signer, {}};
  }
  TimeMs now() const { return chain_.state().global().time; }

  Params params_;
  Chain chain_;
};

TEST_F(Admission, takes_what_an_account_signed_with_a_fresh_nonce) {
  EXPECT_TRUE(check(noop(user(1), now())).has_value());
  EXPECT_EQ(check(noop(user(9), now())).error(), Error::UnknownAccount);
}

TEST_F(Admission, knows_used_old_and_far_nonces) {
  const VerifiedAction used = chain_.action(user(1), Noop{});
  chain_.block({}, {used});
  EXPECT_EQ(check(used).error(), Error::BadNonce);
  EXPECT_EQ(check(noop(user(1), now() - params_.nonce_past_ms)).error(), Error::BadNonce);
  EXPECT_TRUE(check(noop(user(1), now() - params_.nonce_past_ms + 1)).has_value());
  EXPECT_EQ(check(noop(user(1), now() + params_.nonce_future_ms)).error(), Error::BadNonce);
  EXPECT_TRUE(check(noop(user(1), now() + params_.nonce_future_ms - 1)).has_value());
  EXPECT_EQ(check(noop(user(1), ~std::uint64_t{0})).error(), Error::BadNonce);
}

TEST_F(Admission, lets_an_agent_do_what_agents_may_until_it_is_revoked) {
  chain_.block({}, {chain_.action(user(1), ApproveAgent{user(7), "bot", 0})});
  EXPECT_TRUE(check(noop(user(7), now())).has_value());
  VerifiedAction send = noop(user(7), now());
  send.action.body = UsdSend{user(2), 5};
  EXPECT_EQ(check(send).error(), Error::NotAuthorized);
  chain_.block({}, {chain_.action(user(1), ApproveAgent{Address{}, "bot", 0})});
  EXPECT_EQ(check(noop(user(7), now())).error(), Error::AgentRevoked);
}

TEST_F(Admission, refuses_accounts_of_others_and_expired_actions) {
  VerifiedAction foreign = noop(user(1), now());
  foreign.action.account = user(2);
  EXPECT_EQ(check(foreign).error(), Error::NotAuthorized);
  VerifiedAction late = noop(user(1), now());
  late.action.expires_after = now() - 1;
  EXPECT_EQ(check(late).error(), Error::Expired);
  late.action.expires_after = now();
  EXPECT_TRUE(check(late).has_value());
}

TEST_F(Admission, counts_what_waits_against_the_budget) {
  EXPECT_TRUE(check(noop(user(1), now()), params_.budget_actions - 1).has_value());
  EXPECT_EQ(check(noop(user(1), now()), params_.budget_actions).error(), Error::RateLimited);
  VerifiedAction cancel = noop(user(1), now());
  cancel.action.body = CancelAll{kAllAssets, CancelSide::Both};
  EXPECT_TRUE(check(cancel, params_.budget_actions).has_value());
  EXPECT_EQ(check(cancel, 2 * params_.budget_actions).error(), Error::RateLimited);
}

}  // namespace
}  // namespace ol::exchange
