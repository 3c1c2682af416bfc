// Proofs of records, of ranges and of absence: dex.md 18.
#include <ol/exchange/proof.hpp>

#include <algorithm>

#include <gtest/gtest.h>

#include <ol/base/hex.hpp>

#include "traders.hpp"

namespace ol::exchange {
namespace {

using namespace test;

Bytes key_of(std::string_view prefix, const auto&... parts) {
  Writer out;
  out.raw(as_bytes(prefix));
  (out.raw(parts), ...);
  return out.take();
}

Bytes be32(std::uint32_t v) {
  return Writer().u32(v).take();
}

Bytes be64(std::uint64_t v) {
  return Writer().u64(v).take();
}

/// A state with the tree over it, and proofs that are checked as a light client does it.
class Proven {
 public:
  explicit Proven(const State& state)
      : state_(state), records_(records_of(state)), commitment_(records_) {
    for (const auto& [key, value] : records_)
      by_place_.emplace(tree_key(key), value);
  }

  RangeProof prove(const TreeKey& first, const TreeKey& last, std::size_t most = 1'000) const {
    return prove_range(commitment_.tree(), first, last, most,
                       [&](const TreeKey& place) { return by_place_.at(place); });
  }
  RangeProof prove_below(ByteView prefix, std::size_t most = 1'000) const {
    const auto [first, last] = places_below(prefix);
    return prove(first, last, most);
  }
  // Through its bytes.
  static Result<ProvenRange, ProofError> check(const RangeProof& proof) {
    const auto decoded = decode_range_proof(encode_range_proof(proof));
    EXPECT_TRUE(decoded.has_value());
    return verify_range(*decoded);
  }
  const StateRecords& records() const { return records_; }
  const Hash256& root() const { return commitment_.root(); }
  const State& state() const { return state_; }

 private:
  const State& state_;
  StateRecords records_;
  Commitment commitment_;
  std::map<TreeKey, Bytes> by_place_;
};

class Proof : public testing::Test {
 protected:
  Proof() {
    Traders::Options options;
    options.everything = true;
    options.actions_max = 30;
    traders_ = std::make_unique<Traders>(5, options);
    for (int i = 0; i < 200; ++i)
      traders_->step();
    Chain& chain = traders_->chain();
    chain.system({SetMarketStatus{kSpot, MarketStatus::Active},
                  CreditSpot{user(1), kUsdToken, 1'000'000'000'000}});
    for (std::uint64_t px = 1'000; px < 1'006; ++px)
      EXPECT_NE(chain.order(user(1), order_of(kSpot, Side::Buy, px, 2'000'000)).oid.value(), 0U);
    proven_ = std::make_unique<Proven>(traders_->chain().state());
  }

  std::unique_ptr<Traders> traders_;
  std::unique_ptr<Proven> proven_;
};

TEST_F(Proof, finds_every_record_of_the_state_by_its_key_and_by_its_place) {
  std::size_t short_keys = 0;
  for (const auto& [key, value] : proven_->records()) {
    ASSERT_EQ(find_record(proven_->state(), key), value) << to_hex(key);
    const TreeKey place = tree_key(key);
    if (key.size() > place.bytes.size()) continue;
    ASSERT_EQ(find_record(proven_->state(), place.bytes), value) << to_hex(key);
    ++short_keys;
  }
  EXPECT_GT(short_keys, 100U);
}

TEST_F(Proof, finds_no_record_that_is_not_there) {
  const State& state = proven_->state();
  const Bytes nobody(20, 0x77);
  const Bytes cases[] = {{},
                         key_of("ord"),
                         key_of("nothing/", be64(1)),
                         key_of("acct/", nobody),
                         key_of("acct/", Bytes(3, 1)),
                         key_of("pos/", nobody, be32(0)),
                         key_of("pos/", user(1).bytes, be32(77)),
                         key_of("spot/", nobody, be32(0)),
                         key_of("spot/", user(1).bytes, be32(9)),
                         key_of("ord/", be64(1ULL << 50)),
                         key_of("mkt/", be32(5)),
                         key_of("pool/", nobody, be32(0)),
                         key_of("nonce/", nobody),
                         key_of("twap/", be64(1ULL << 40)),
                         key_of("lvl/", be32(0), Bytes{2}, be64(600'000)),
                         key_of("lvl/", be32(0), Bytes{0}, be64(600'001)),
                         key_of("lvl/", be32(0), Bytes{0}, be64(~0ULL - 5)),
                         key_of("lvl/", be32(77), Bytes{0}, be64(10)),
                         key_of("acct/", user(1).bytes, Bytes{1})};
  for (const Bytes& key : cases)
    EXPECT_FALSE(find_record(state, key)) << to_hex(key);
}

TEST_F(Proof, of_one_record_leads_to_the_root_and_to_its_value) {
  std::size_t proved = 0;
  for (const auto& [key, value] : proven_->records()) {
    if (++proved % 17 != 0) continue;
    const TreeKey place = tree_key(key);
    const RangeProof proof = proven_->prove(place, place);
    ASSERT_EQ(proof.leaves.size(), 1U);
    const auto range = Proven::check(proof);
    ASSERT_TRUE(range) << describe(range.error());
    ASSERT_EQ(range->root, proven_->root());
    ASSERT_EQ(range->records.size(), 1U);
    ASSERT_EQ(range->records[0].second, value);
  }
  EXPECT_GT(proved, 100U);
}

// One of each leaf that dex.md 18.1 lists.
TEST_F(Proof, covers_every_leaf_of_section_18) {
  for (const char* prefix : {"acct/", "spot/", "pos/", "ord/", "lvl/", "mkt/", "pool/", "nonce/"}) {
    const auto range = Proven::check(proven_->prove_below(as_bytes(prefix), 3));
    ASSERT_TRUE(range) << prefix << ": " << describe(range.error());
    EXPECT_EQ(range->root, proven_->root());
    EXPECT_FALSE(range->records.empty()) << prefix;
  }
}

TEST_F(Proof, of_absence_shows_the_neighbours) {
  for (const Bytes& key : {key_of("ord/", be64(1ULL << 50)), key_of("acct/", Bytes(20, 0x77)),
                           key_of("pos/", user(1).bytes, be32(55)), Bytes{0}, Bytes(32, 0xff)}) {
    const TreeKey place = tree_key(key);
    const auto range = Proven::check(proven_->prove(place, place));
    ASSERT_TRUE(range) << to_hex(key) << describe(range.error());
    EXPECT_EQ(range->root, proven_->root());
    EXPECT_TRUE(range->records.empty());
  }
}

TEST_F(Proof, of_a_range_has_every_level_of_a_side_of_the_book) {
  const Bytes prefix = key_of("lvl/", be32(kSpot.value()), Bytes{0});
  std::vector<Bytes> expected;
  for (const auto& [key, value] : proven_->records()) {
    if (key.size() > prefix.size() &&
        std::ranges::equal(ByteView(key).first(prefix.size()), prefix))
      expected.push_back(value);
  }
  ASSERT_GT(expected.size(), 3U);
  const RangeProof whole = proven_->prove_below(prefix);
  const auto range = Proven::check(whole);
  ASSERT_TRUE(range) << describe(range.error());
  ASSERT_EQ(range->records.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_EQ(range->records[i].second, expected[i]);

  RangeProof part = proven_->prove_below(prefix, 2);
  ASSERT_TRUE(Proven::check(part));
  EXPECT_EQ(Proven::check(part)->records.size(), 2U);
  // The range it speaks of ends where its records end.
  part.last = whole.last;
  EXPECT_EQ(verify_range(part).error(), ProofError::OpenEnd);

  RangeProof hole = whole;
  hole.leaves.erase(hole.leaves.begin() + 2);
  EXPECT_EQ(verify_range(hole).error(), ProofError::Gap);
  RangeProof low = whole;
  low.leaves.erase(low.leaves.begin());
  low.leaves.erase(low.leaves.begin());
  EXPECT_EQ(verify_range(low).error(), ProofError::OpenEnd);
  RangeProof swapped = whole;
  std::swap(swapped.leaves[0], swapped.leaves[1]);
  EXPECT_EQ(verify_range(swapped).error(), ProofError::Disorder);
  RangeProof other = whole;
  other.leaves[1].value.push_back(0);
  EXPECT_EQ(verify_range(other).error(), ProofError::TwoRoots);
  RangeProof empty = whole;
  empty.leaves.clear();
  EXPECT_EQ(verify_range(empty).error(), ProofError::NoLeaf);
  RangeProof backwards = whole;
  std::swap(backwards.first, backwards.last);
  EXPECT_EQ(verify_range(backwards).error(), ProofError::NoLeaf);
}

TEST_F(Proof, with_any_byte_changed_proves_nothing_of_this_state) {
  const TreeKey place = tree_key(key_of("acct/", user(1).bytes));
  const Bytes good = encode_range_proof(proven_->prove(place, place));
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes bad = good;
    bad[i] ^= 0x10;
    const auto decoded = decode_range_proof(bad);
    if (!decoded) continue;
    const auto range = verify_range(*decoded);
    // Another range around the same leaf is still true of the state, but not what was asked.
    const bool asked = decoded->first == place && decoded->last == place;
    if (range && asked) EXPECT_NE(range->root, proven_->root()) << i;
  }
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(decode_range_proof(ByteView(good).first(size))) << size;
}

TEST(ProofFormat, has_no_bytes_to_spare) {
  RangeProof proof;
  proof.leaves.push_back({{}, {}, {}});
  Bytes bytes = encode_range_proof(proof);
  EXPECT_TRUE(decode_range_proof(bytes));
  bytes.push_back(0);
  EXPECT_FALSE(decode_range_proof(bytes));
  // The side of a step is 0 or 1, and there are 256 steps at most.
  proof.leaves[0].path.resize(256);
  bytes = encode_range_proof(proof);
  EXPECT_TRUE(decode_range_proof(bytes));
  bytes[bytes.size() - 33] = 2;
  EXPECT_FALSE(decode_range_proof(bytes));
  proof.leaves[0].path.resize(257);
  EXPECT_FALSE(decode_range_proof(encode_range_proof(proof)));
}

// The bytes of docs/protocol/state-proof.md: the absent key "b" between "a" and "c".
TEST(ProofFormat, is_that_of_the_document) {
  const StateRecords records = {{key_of("a"), {1}}, {key_of("c"), {3}}, {key_of("d"), {4}}};
  const Commitment commitment(records);
  const TreeKey place = tree_key(key_of("b"));
  const RangeProof proof = prove_range(commitment.tree(), place, place, 1, [](const TreeKey& at) {
    return Bytes{static_cast<std::uint8_t>(at.bytes[0] - 0x60)};
  });
  ASSERT_EQ(verify_range(proof)->root, commitment.root());
  const std::string zeros(62, '0');
  const std::string a = "aefbb00bd7f82fbb2d6ace7ee5753f97c452197a18b74c04716896457177fc04";
  const std::string c = "f110310666bba4398902a32d0d09443e90fc22bee95019674e7701dcf1a4dadb";
  const std::string d = "b3c44b4d0200350e8441aa31b9b12645992d28a2d06906a13855e6e1d0623a04";
  EXPECT_EQ(a, to_hex(leaf_hash(tree_key(key_of("a")), Bytes{1}).view()));
  EXPECT_EQ(c, to_hex(leaf_hash(tree_key(key_of("c")), Bytes{3}).view()));
  EXPECT_EQ(d, to_hex(leaf_hash(tree_key(key_of("d")), Bytes{4}).view()));
  EXPECT_EQ(to_hex(commitment.root().view()),
            "426767ee371bce9920ff5873b225ef0ad5634e430caf5bf6fc4373ada820415c");
  const std::string range = "01" + ("62" + zeros) + ("62" + zeros) + "00000002";
  const std::string left = "61" + zeros + "00000001" + "01" + "0002" + ("00" + c) + ("00" + d);
  const std::string right = "63" + zeros + "00000001" + "03" + "0002" + ("01" + a) + ("00" + d);
  EXPECT_EQ(to_hex(encode_range_proof(proof)), range + left + right);
}

}  // namespace
}  // namespace ol::exchange
