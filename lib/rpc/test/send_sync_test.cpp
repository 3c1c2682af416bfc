// eth_sendRawTransactionSync (EIP-7966), without a server.
#include <gmock/gmock.h>

#include <ol/base/hex.hpp>

#include "rpc_fixture.hpp"

namespace ol::rpc::test {
namespace {

using ::testing::HasSubstr;

class SendSync : public ::testing::Test {
 protected:
  SendSync() : dispatcher_(registry(backend)) {}
  static Registry registry(FakeBackend& backend) {
    Registry out;
    add_standard_methods(out, backend);
    return out;
  }
  static std::string request(const std::string& params) {
    return R"({"jsonrpc":"2.0","id":7,"method":"eth_sendRawTransactionSync","params":[)" + params +
           "]}";
  }
  static TxnRecord transfer(std::uint64_t nonce) {
    TransferSpec spec;
    spec.nonce = nonce;
    spec.tip = U256(1);
    spec.fee_cap = U256(10'000'000'000);
    spec.value = U256(77);
    return FakeBackend::signed_transfer(spec);
  }
  static std::string raw(const TxnRecord& txn) { return '"' + to_hex_prefixed(txn.envelope) + '"'; }
  std::variant<std::string, Dispatcher::Waiting> begin(const std::string& params) {
    const std::string text = request(params);
    EXPECT_TRUE(dispatcher_.may_wait(text));
    return dispatcher_.begin(text);
  }
  Wait wait_of(const std::string& params) {
    auto begun = begin(params);
    EXPECT_TRUE(std::holds_alternative<Dispatcher::Waiting>(begun)) << params;
    return std::get<Dispatcher::Waiting>(std::move(begun)).wait;
  }
  std::string answer(const std::string& params) {
    auto begun = begin(params);
    EXPECT_TRUE(std::holds_alternative<std::string>(begun)) << params;
    return std::get<std::string>(std::move(begun));
  }

  FakeBackend backend;
  Dispatcher dispatcher_;
};

// The pool's next nonce of the sender is 4.

TEST_F(SendSync, answers_the_receipt_when_there_is_one) {
  const TxnRecord txn = transfer(3);
  auto begun = begin(raw(txn));
  const auto& waiting = std::get<Dispatcher::Waiting>(begun);
  EXPECT_FALSE(waiting.wait.poll().has_value());
  EXPECT_NE(backend.find_pool_txn(txn.hash), nullptr) << "it was sent";
  backend.add_block({txn});
  const auto result = waiting.wait.poll();
  ASSERT_TRUE(result && *result);
  EXPECT_THAT(**result, HasSubstr(to_hex_prefixed(txn.hash.view())));
  EXPECT_THAT(**result, HasSubstr(R"("status":"0x1")"));
  EXPECT_THAT(Dispatcher::respond(waiting, *result),
              HasSubstr(R"({"jsonrpc":"2.0","id":7,"result":{"blockHash")"));
}

TEST_F(SendSync, says_when_time_is_over) {
  const TxnRecord txn = transfer(3);
  const Wait wait = wait_of(raw(txn) + R"(,"0x9c4")");
  EXPECT_EQ(wait.late.code, 4);
  EXPECT_EQ(wait.late.message,
            "The transaction was added to the transaction pool but wasn't processed in 2500ms");
  EXPECT_EQ(wait.late.data, '"' + to_hex_prefixed(txn.hash.view()) + '"');
}

TEST_F(SendSync, takes_the_default_for_a_time_that_is_none) {
  const auto patience = [&](const std::string& more) {
    return wait_of(raw(transfer(3)) + more).patience.count();
  };
  EXPECT_EQ(patience(""), 5'000);
  EXPECT_EQ(patience(",null"), 5'000);
  EXPECT_EQ(patience(",1"), 1);
  EXPECT_EQ(patience(",30000"), 30'000);
  EXPECT_EQ(patience(",30001"), 5'000);
  EXPECT_EQ(patience(",0"), 5'000);
  EXPECT_EQ(patience(",-1"), 5'000);
  EXPECT_EQ(patience(R"(,"0x7530")"), 30'000);
  EXPECT_EQ(patience(R"(,"soon")"), 5'000);
}

TEST_F(SendSync, does_not_wait_behind_a_gap) {
  const TxnRecord txn = transfer(9);
  EXPECT_EQ(answer(raw(txn)),
            R"({"jsonrpc":"2.0","id":7,"error":{"code":5,"message":"The transaction was added to )"
            R"(the transaction pool but is not ready: earlier nonces are missing","data":")" +
                to_hex_prefixed(txn.hash.view()) + "\"}}");
}

TEST_F(SendSync, refuses_as_sending_does) {
  EXPECT_THAT(answer("\"0x00\""), HasSubstr("-32000"));
  EXPECT_THAT(answer("1"), HasSubstr("-32602"));
  EXPECT_THAT(answer(""), HasSubstr("missing value for required argument 0"));
  EXPECT_THAT(answer("\"0x00\",1,2"), HasSubstr("too many arguments, want at most 2"));
  backend.submit_error = SubmitError{-32000, "nonce too low"};
  EXPECT_THAT(answer(raw(transfer(0))), HasSubstr("nonce too low"));
}

}  // namespace
}  // namespace ol::rpc::test
