// EIP-7702 in the pool, as geth has it: who can be emptied by others waits alone.
#include "pool_fixture.hpp"

namespace ol::mempool {
namespace {

using test::address;
using test::make;
using test::make_set_code;
using test::PoolTest;
using test::Spec;

constexpr const char* kInFlight = "in-flight transaction limit reached for delegated accounts";

class Delegations : public PoolTest {
 protected:
  void delegate(std::uint8_t index) {
    Bytes code = {0xef, 0x01, 0x00};
    append(code, Address{{0xcd}}.view());
    set_code(address(index), std::move(code));
  }
};

TEST_F(Delegations, let_a_delegated_sender_have_one_transaction) {
  delegate(0);
  EXPECT_EQ(refusal_of(Spec{.sender = 0, .nonce = 1}), "gapped-nonce tx from delegated accounts");
  admit(Spec{.sender = 0, .nonce = 0});
  EXPECT_EQ(refusal_of(Spec{.sender = 0, .nonce = 1}), kInFlight);
  // Replacing it is fine.
  EXPECT_TRUE(admit(Spec{.sender = 0, .nonce = 0, .tip = 20, .fee_cap = 2'000}).replaced);
}

TEST_F(Delegations, let_an_account_about_to_delegate_have_one_transaction) {
  admit(make_set_code(1, {0}));
  admit(Spec{.sender = 0, .nonce = 0});
  EXPECT_EQ(refusal_of(Spec{.sender = 0, .nonce = 1}), kInFlight);
  EXPECT_EQ(refusal_of(Spec{.sender = 2, .nonce = 1}), "");
}

TEST_F(Delegations, end_with_the_transaction_that_asks_for_them) {
  const TxnPtr asks = make_set_code(1, {0, 0});
  admit(asks);
  admit(Spec{.sender = 0, .nonce = 0});
  EXPECT_EQ(refusal_of(Spec{.sender = 0, .nonce = 1}), kInFlight);
  ASSERT_TRUE(pool_->remove(asks->hash()));
  EXPECT_EQ(refusal_of(Spec{.sender = 0, .nonce = 1}), "");
}

TEST_F(Delegations, wait_for_an_authority_with_several_transactions) {
  admit(Spec{.sender = 0, .nonce = 0});
  EXPECT_EQ(refusal_of(make_set_code(1, {0})), "");
  admit(Spec{.sender = 2, .nonce = 0});
  admit(Spec{.sender = 2, .nonce = 1});
  EXPECT_EQ(refusal_of(make_set_code(3, {4, 2})), "authority already reserved");
}

TEST_F(Delegations, need_a_list) {
  EXPECT_EQ(refusal_of(make_set_code(1, {})),
            "set code tx must have at least one authorization tuple");
}

TEST_F(Delegations, leave_the_index_with_committed_blocks) {
  const TxnPtr asks = make_set_code(1, {0});
  admit(asks);
  commit({asks});
  admit(Spec{.sender = 0, .nonce = 0});
  EXPECT_EQ(refusal_of(Spec{.sender = 0, .nonce = 1}), "");
}

}  // namespace
}  // namespace ol::mempool
