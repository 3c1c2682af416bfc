// Proofs beside answers and of any record: dex.md 17.2, 18.
#include <ol/api/prover.hpp>

#include "trader.hpp"

namespace ol::api::test {
namespace {

struct Dex18Proofs : TwoTraders {
  void SetUp() override {
    TwoTraders::SetUp();
    static_cast<void>(alice.act(order(false, "60000", "0.2")));
    static_cast<void>(alice.act(order(true, "59000", "0.1")));
    static_cast<void>(alice.act(order(true, "59001", "0.1")));
    static_cast<void>(bob.act(order(true, "60000", "0.1", "Ioc")));
  }
  Hash256 root() {
    Hash256 out;
    access.read([&](const exchange::State& state) {
      out = exchange::state_root(exchange::records_of(state));
    });
    return out;
  }
  // The records of the reply's proof, each range led to the state's root.
  std::vector<std::vector<std::pair<exchange::TreeKey, Bytes>>> proven(const json::value& proof) {
    std::vector<std::vector<std::pair<exchange::TreeKey, Bytes>>> out;
    EXPECT_EQ(proof.at("height").to_number<std::uint64_t>(), access.height());
    for (const json::value& text : proof.at("ranges").as_array()) {
      const auto bytes = from_hex(std::string_view(text.as_string()));
      EXPECT_TRUE(bytes.has_value());
      const auto decoded = exchange::decode_range_proof(*bytes);
      EXPECT_TRUE(decoded.has_value());
      const auto range = exchange::verify_range(*decoded);
      EXPECT_TRUE(range.has_value());
      EXPECT_EQ(range->root, root());
      out.push_back(range->records);
    }
    return out;
  }
};

TEST_F(Dex18Proofs, an_account_is_proved_with_its_positions) {
  const json::value reply =
      info(R"({"type":"clearinghouseState","user":")" + bob.hex() + R"(","proof":true})");
  const auto ranges = proven(reply.at("proof"));
  ASSERT_EQ(ranges.size(), 2U);
  EXPECT_EQ(ranges[0].size(), 1U);
  EXPECT_EQ(ranges[1].size(), 1U);
  // The size of the position: 0.1 in lots, the first field of the leaf.
  EXPECT_EQ(to_hex(ByteView(ranges[1][0].second).first(8)), "0000000000002710");
}

TEST_F(Dex18Proofs, a_book_is_proved_level_by_level) {
  const json::value reply = info(R"({"type":"l2Book","coin":"BTC","proof":true})");
  const auto ranges = proven(reply.at("proof"));
  ASSERT_EQ(ranges.size(), 2U);
  EXPECT_EQ(ranges[0].size(), 2U);
  EXPECT_EQ(ranges[1].size(), 1U);
}

TEST_F(Dex18Proofs, balances_and_orders_are_proved_and_so_is_that_there_are_none) {
  EXPECT_EQ(
      proven(info(R"({"type":"spotClearinghouseState","user":")" + bob.hex() + R"(","proof":true})")
                 .at("proof"))[0]
          .size(),
      0U);
  const json::value resting =
      info(R"({"type":"orderStatus","user":")" + alice.hex() + R"(","oid":2,"proof":true})");
  EXPECT_EQ(proven(resting.at("proof"))[0].size(), 1U);
}

TEST_F(Dex18Proofs, any_record_and_any_beginning_of_keys_can_be_proved) {
  const std::string market = to_hex_prefixed(as_bytes("mkt/"));
  EXPECT_EQ(proven(info(R"({"type":"proof","key":")" + market + R"(","below":true})"))[0].size(),
            3U);
  EXPECT_EQ(proven(info(R"({"type":"proof","key":")" + market + R"(00000000"})"))[0].size(), 1U);
  EXPECT_EQ(proven(info(R"({"type":"proof","key":")" + market + R"(00000009"})"))[0].size(), 0U);
}

TEST_F(Dex18Proofs, follow_the_blocks_one_by_one_and_from_afar) {
  const std::string all = R"({"type":"proof","key":"0x","below":true})";
  const auto before = proven(info(all))[0].size();
  static_cast<void>(alice.act(R"({"type":"createSubAccount","name":"a sub-account with a name"})"));
  EXPECT_GT(proven(info(all))[0].size(), before);
  static_cast<void>(alice.act(R"({"type":"cancel","cancels":[{"a":0,"o":2}]})"));
  EXPECT_GT(proven(info(all))[0].size(), before);
  // More blocks than are kept: the tree is made anew.
  for (int i = 0; i < 70; ++i)
    access.block({}, {});
  EXPECT_GT(proven(info(all))[0].size(), before);
}

// The tree over all records is made outside the reads that keep others waiting, and what is asked
// within one is not made there.
TEST_F(Dex18Proofs, make_their_tree_from_what_is_stored) {
  Prover prover(access);
  const std::vector<ProofRange> all{records_below({})};
  const auto proved_in = [&] {
    std::optional<Prover::Proved> out;
    access.read([&](const exchange::State& state) { out = prover.prove_in(state, all); });
    return out;
  };
  EXPECT_FALSE(proved_in()) << "nothing was made ready";
  std::size_t reads = 0;
  access.on_read = [&] { ++reads; };
  prover.prepare();
  EXPECT_EQ(reads, 0U);
  access.on_read = nullptr;
  ASSERT_TRUE(proved_in());
  for (int i = 0; i < 6; ++i)
    access.block({}, {});
  EXPECT_FALSE(proved_in()) << "more blocks than are followed while others wait";
  prover.prepare();
  EXPECT_EQ(proved_in()->height, access.height());
  std::size_t wanting = 0;
  for (const auto& [follower, height] : access.wanted_from)
    wanting += height == exchange::Access::kNoHeight ? 0U : 1U;
  EXPECT_EQ(wanting, 1U) << "the API's history alone";
}

TEST_F(Dex18Proofs, of_what_has_none_are_refused_in_a_sentence) {
  for (
      const char* body :
      {R"({"type":"meta","proof":true})", R"({"type":"proof","key":"0xzz"})",
       R"({"type":"proof","key":"0x00000000000000000000000000000000000000000000000000000000000000000000","below":true})",
       R"({"type":"proof","key":"0x00","other":1})", R"({"type":"proof"})",
       R"({"type":"orderStatus","user":"0x0000000000000000000000000000000000000001","oid":"0x00000000000000000000000000000001","proof":true})"}) {
    const InfoReply reply = api.post_info(body);
    EXPECT_FALSE(reply.ok) << body;
    EXPECT_FALSE(json::parse(reply.body).at("response").at("msg").as_string().empty()) << body;
  }
}

}  // namespace
}  // namespace ol::api::test
