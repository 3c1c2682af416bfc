#include <ol/primitives/receipt.hpp>

#include <functional>
#include <set>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <ol/base/hex.hpp>
#include <ol/base/rlp.hpp>

#include "samples.hpp"

namespace ol::primitives {
namespace {

using samples::filled;

EvmHeader sample() {
  EvmHeader out;
  out.parent_hash = filled<EvmHash>(1);
  out.coinbase = filled<Address>(2);
  out.state_root = filled<Hash256>(3);
  out.transactions_root = filled<Hash256>(4);
  out.receipts_root = filled<Hash256>(5);
  out.logs_bloom.bytes[7] = 6;
  out.number = 7;
  out.gas_limit = 30'000'000;
  out.gas_used = 21'000;
  out.timestamp = 1'700'000'000;
  out.extra_data = to_bytes(filled<Hash256>(8).view());
  out.prev_randao = filled<Hash256>(9);
  out.base_fee = U256(1'000'000'000);
  return out;
}

// The genesis block of a Prague chain, from the execution-spec-tests fixture
// osaka/eip7825_transaction_gas_limit_cap, test_transaction_gas_limit_cap_at_transition.
TEST(EvmHeader, hashes_to_the_block_hash_of_a_known_prague_block) {
  EvmHeader header;
  header.state_root =
      *fixed_from_hex<Hash256>("fe13aa0b3a4ea731b1715a429c1cf100db415262a5bdd49478dc7b9e61cbf1df");
  header.transactions_root = kEmptyTrieRoot;
  header.receipts_root = kEmptyTrieRoot;
  header.gas_limit = 0x044aa200;
  header.extra_data = {0};
  header.base_fee = U256(7);
  EXPECT_EQ(to_hex(evm_header_hash(header).view()),
            "04b688c25df122da84e0b1a21b90dd8f898e6005cdc2d1ac6c60ded9ff9b2de4");
}

TEST(EvmHeader, decodes_what_it_encoded) {
  const auto out = decode_evm_header(encode_evm_header(sample()));
  ASSERT_TRUE(out);
  EXPECT_EQ(*out, sample());
}

TEST(EvmHeader, hash_changes_with_every_field) {
  const std::vector<std::function<void(EvmHeader&)>> changes = {
      [](EvmHeader& h) { h.parent_hash.bytes[0] ^= 1; },
      [](EvmHeader& h) { h.coinbase.bytes[0] ^= 1; },
      [](EvmHeader& h) { h.state_root.bytes[0] ^= 1; },
      [](EvmHeader& h) { h.transactions_root.bytes[0] ^= 1; },
      [](EvmHeader& h) { h.receipts_root.bytes[0] ^= 1; },
      [](EvmHeader& h) { h.logs_bloom.bytes[0] ^= 1; },
      [](EvmHeader& h) { h.number = 8; },
      [](EvmHeader& h) { h.gas_limit = 1; },
      [](EvmHeader& h) { h.gas_used = 1; },
      [](EvmHeader& h) { h.timestamp = 1; },
      [](EvmHeader& h) { h.extra_data.pop_back(); },
      [](EvmHeader& h) { h.prev_randao.bytes[0] ^= 1; },
      [](EvmHeader& h) { h.base_fee = U256(1); },
  };
  std::set<EvmHash> seen = {evm_header_hash(sample())};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    EvmHeader changed = sample();
    changes[i](changed);
    EXPECT_TRUE(seen.insert(evm_header_hash(changed)).second) << i;
  }
}

TEST(EvmHeader, refuses_truncation_and_trailing_bytes) {
  Bytes bytes = encode_evm_header(sample());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_evm_header(ByteView(bytes).first(size))) << size;
  }
  bytes.push_back(0x80);
  EXPECT_EQ(decode_evm_header(bytes).error(), DecodeError::TrailingBytes);
}

/// The header's items, of which a test replaces one.
Bytes with_field(std::size_t index, ByteView encoded) {
  const Bytes original = encode_evm_header(sample());
  RlpReader outer(original);
  RlpReader fields = *outer.list();
  RlpWriter out;
  out.begin_list();
  for (std::size_t i = 0; !fields.empty(); ++i) {
    const ByteView item = fields.item()->encoded;
    out.raw(i == index ? encoded : item);
  }
  out.end_list();
  return out.take();
}

TEST(EvmHeader, refuses_other_values_of_the_fields_this_chain_lacks) {
  const Bytes other_hash = rlp_encode_string(filled<Hash256>(0x77).view());
  const Bytes one = {0x01};
  // ommers, difficulty, nonce, withdrawals root, blob gas, excess blob gas, beacon root, requests.
  for (const std::size_t index : {1U, 16U, 19U, 20U}) {
    EXPECT_EQ(decode_evm_header(with_field(index, other_hash)).error(), DecodeError::BadValue)
        << index;
  }
  for (const std::size_t index : {7U, 17U, 18U}) {
    EXPECT_EQ(decode_evm_header(with_field(index, one)).error(), DecodeError::BadValue) << index;
  }
  const Bytes nonce = rlp_encode_string(Bytes{0, 0, 0, 0, 0, 0, 0, 1});
  EXPECT_EQ(decode_evm_header(with_field(14, nonce)).error(), DecodeError::BadValue);
}

TEST(EvmHeader, names_what_is_wrong_with_a_field) {
  EXPECT_EQ(decode_evm_header(with_field(12, rlp_encode_string(Bytes(33, 1)))).error(),
            DecodeError::OverLimit);
  EXPECT_EQ(decode_evm_header(with_field(8, Bytes{0x82, 0x00, 0x01})).error(),
            DecodeError::NonCanonical);
  EXPECT_EQ(decode_evm_header(with_field(8, rlp_encode_string(Bytes(9, 1)))).error(),
            DecodeError::BadValue);
  EXPECT_EQ(decode_evm_header(with_field(0, Bytes{0xc0})).error(), DecodeError::BadValue);
  EXPECT_EQ(decode_evm_header(with_field(20, {})).error(), DecodeError::Truncated);
  EXPECT_EQ(decode_evm_header(Bytes{0x80}).error(), DecodeError::BadValue);
}

EvmHeader parent(std::uint64_t base_fee, std::uint64_t gas_limit, std::uint64_t gas_used) {
  EvmHeader out;
  out.base_fee = U256(base_fee);
  out.gas_limit = gas_limit;
  out.gas_used = gas_used;
  return out;
}

// EIP-1559; the first three rows are geth's (consensus/misc/eip1559 tests).
TEST(NextBaseFee, follows_eip1559) {
  EXPECT_EQ(next_base_fee(parent(1'000'000'000, 20'000'000, 10'000'000)), U256(1'000'000'000));
  EXPECT_EQ(next_base_fee(parent(1'000'000'000, 20'000'000, 9'000'000)), U256(987'500'000));
  EXPECT_EQ(next_base_fee(parent(1'000'000'000, 20'000'000, 11'000'000)), U256(1'012'500'000));
  EXPECT_EQ(next_base_fee(parent(1'000'000'000, 30'000'000, 30'000'000)), U256(1'125'000'000));
  EXPECT_EQ(next_base_fee(parent(1'000'000'000, 30'000'000, 0)), U256(875'000'000));
}

// Trap T23: integer division must not freeze a small fee.
TEST(NextBaseFee, leaves_small_values_upwards) {
  EXPECT_EQ(next_base_fee(parent(1, 30'000'000, 15'000'001)), U256(2));
  EXPECT_EQ(next_base_fee(parent(0, 30'000'000, 15'000'001)), U256(1));
  EXPECT_EQ(next_base_fee(parent(7, 30'000'000, 0)), U256(7));
  EXPECT_EQ(next_base_fee(parent(8, 30'000'000, 0)), U256(7));
}

TEST(NextBaseFee, saturates_instead_of_wrapping) {
  EvmHeader header = parent(0, 30'000'000, 30'000'000);
  header.base_fee = U256::max();
  EXPECT_EQ(next_base_fee(header), U256::max());
  header.gas_limit = 2;
  header.gas_used = ~0ULL;
  EXPECT_EQ(next_base_fee(header), U256::max());
  header.gas_limit = 0;
  EXPECT_EQ(next_base_fee(header), U256::max());
}

/// EIP-1559's own order of operations, which fits 256 bits for these ranges.
U256 by_the_letter(const EvmHeader& p) {
  const U256 target(p.gas_limit / 2);
  const U256 used(p.gas_used);
  if (used == target) return p.base_fee;
  if (used < target) return p.base_fee - p.base_fee * (target - used) / target / U256(8);
  return p.base_fee + std::max(p.base_fee * (used - target) / target / U256(8), U256(1));
}

RC_GTEST_PROP(NextBaseFee, equals_the_formula_of_the_eip, ()) {
  EvmHeader header;
  header.gas_limit = *rc::gen::inRange<std::uint64_t>(2, 1'000'000'000'000);
  header.gas_used = *rc::gen::inRange<std::uint64_t>(0, header.gas_limit + 1);
  header.base_fee =
      U256(*rc::gen::arbitrary<std::uint64_t>()) * U256(*rc::gen::arbitrary<std::uint64_t>());
  RC_ASSERT(next_base_fee(header) == by_the_letter(header));
}

}  // namespace
}  // namespace ol::primitives
