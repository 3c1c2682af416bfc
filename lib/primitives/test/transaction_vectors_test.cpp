// The transaction tests of ethereum/tests, for the latest fork each file knows (up to Cancun).
#include <ol/primitives/transaction.hpp>
#include <ol/primitives/txn_rules.hpp>

#include <gtest/gtest.h>

#include <ol/base/hex.hpp>
#include <ol/test_support/fixtures.hpp>

namespace ol::primitives {
namespace {

namespace json = boost::json;

std::string text_of(const json::value& value) {
  return std::string(value.as_string());
}

const json::object& expectation_of(const json::object& vector) {
  const json::object& forks = vector.at("result").as_object();
  for (const char* fork : {"Cancun", "Shanghai", "Paris", "London", "Berlin", "Istanbul"}) {
    if (const json::value* found = forks.if_contains(fork)) return found->as_object();
  }
  ADD_FAILURE() << "no fork of types 0 to 2";
  return forks.begin()->value().as_object();
}

/// The rules that need neither block nor state, on chain 1, but for one that these vectors do not
/// know: the calldata floor of EIP-7623 came after Cancun.
bool passes_rules(const Transaction& txn) {
  const auto checked = check_txn_alone(txn, ChainId(1));
  return checked || checked.error().rule == TxnRule::FloorGas;
}

void check_vector(const std::string& name, const json::object& vector) {
  const auto envelope = from_hex(text_of(vector.at("txbytes")));
  ASSERT_TRUE(envelope) << name;
  const json::object& expected = expectation_of(vector);
  const auto verified = VerifiedTxn::verify(*envelope);
  const bool valid = verified && passes_rules(verified->txn());
  ASSERT_EQ(valid, !expected.contains("exception")) << name;
  if (!valid) return;
  EXPECT_EQ(to_hex_prefixed(verified->hash().view()), text_of(expected.at("hash"))) << name;
  EXPECT_EQ(to_hex_prefixed(verified->sender().view()), text_of(expected.at("sender"))) << name;
  EXPECT_EQ(U256(intrinsic_gas(verified->txn())),
            U256::from_hex(text_of(expected.at("intrinsicGas"))))
      << name;
  EXPECT_EQ(encode_transaction(verified->txn()), *envelope) << name;
}

TEST(TransactionVectors, hold_for_sender_hash_gas_and_every_exception) {
  OL_FIXTURES_OR_SKIP(folder, "ethereum-misc-tests");
  std::size_t cases = 0;
  for (const auto& file : test_support::json_files(folder / "TransactionTests")) {
    const json::value root = test_support::read_json(file);
    for (const auto& entry : root.as_object()) {
      check_vector(file.filename().string(), entry.value().as_object());
      ++cases;
    }
  }
  EXPECT_EQ(cases, 210U);
}

}  // namespace
}  // namespace ol::primitives
