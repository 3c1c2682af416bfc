#include <ol/primitives/receipt.hpp>

#include <bit>

#include <gtest/gtest.h>

#include <ol/base/hex.hpp>

#include "samples.hpp"

namespace ol::primitives {
namespace {

using samples::encoded;
using samples::filled;

Receipt receipt_with_log() {
  Receipt out;
  out.type = TxnType::DynamicFee;
  out.success = true;
  out.cumulative_gas_used = 0x1234567;
  out.gas_used = 21'000;
  out.effective_gas_price = (U256(1) << 200) + U256(7);
  out.logs = {{.address = filled<Address>(0x11),
               .topics = {filled<Hash256>(0x22), filled<Hash256>(0x33)},
               .data = {1, 2, 3}},
              {.address = filled<Address>(0x44), .topics = {}, .data = {}}};
  out.bloom = logs_bloom(out.logs);
  return out;
}

// Bits checked by hand: Keccak-256 of the address gives the three places.
TEST(LogsBloom, sets_three_bits_for_address_and_topics) {
  EXPECT_TRUE(logs_bloom({}).is_zero());
  const auto bits = [](const Bloom& bloom) {
    int count = 0;
    for (const std::uint8_t b : bloom.bytes)
      count += std::popcount(b);
    return count;
  };
  const Log one{.address = filled<Address>(0x11), .topics = {}, .data = {9, 9}};
  EXPECT_EQ(bits(logs_bloom({one})), 3);
  Log with_topic = one;
  with_topic.topics = {filled<Hash256>(0x22)};
  EXPECT_EQ(bits(logs_bloom({with_topic})), 6);
}

// geth, core/types/bloom9_test.go, pins the sum of these items; the zero address alone is enough
// here: Keccak-256(20 zero bytes) = 5380c7b7ae81a58e.., so bits 0x380, 0x7b7, 0x681.
TEST(LogsBloom, places_the_bits_where_ethereum_does) {
  const Bloom bloom = logs_bloom({{.address = {}, .topics = {}, .data = {}}});
  for (const std::size_t bit : {0x380U, 0x7b7U, 0x681U}) {
    EXPECT_NE(bloom.bytes[255 - bit / 8] & (1U << (bit % 8)), 0) << bit;
  }
}

TEST(Receipt, of_a_plain_transfer_has_the_golden_encoding) {
  Receipt receipt;
  receipt.success = true;
  receipt.cumulative_gas_used = 21'000;
  const std::string expected = "f9010801825208b90100" + std::string(512, '0') + "c0";
  EXPECT_EQ(to_hex(encode_receipt(receipt)), expected);
  receipt.type = TxnType::AccessList;
  EXPECT_EQ(to_hex(encode_receipt(receipt)), "01" + expected);
  receipt.type = TxnType::DynamicFee;
  EXPECT_EQ(to_hex(encode_receipt(receipt)), "02" + expected);
  receipt.type = TxnType::Legacy;
  receipt.success = false;
  EXPECT_EQ(to_hex(encode_receipt(receipt)), "f9010880825208b90100" + std::string(512, '0') + "c0");
}

TEST(Receipt, encodes_its_logs) {
  const std::string hex = to_hex(encode_receipt(receipt_with_log()));
  const std::string first = "f85d94" + std::string(40, '1') + "f842a0" + std::string(64, '2') +
                            "a0" + std::string(64, '3') + "83010203";
  const std::string second = "d794" + std::string(40, '4') + "c080";
  EXPECT_TRUE(hex.ends_with("f877" + first + second)) << hex;
  EXPECT_TRUE(hex.starts_with("02f90182018401234567b90100")) << hex.substr(0, 40);
}

TEST(Receipt, survives_storage) {
  Receipt creation;
  creation.contract = filled<Address>(0x77);
  for (const Receipt& receipt : {receipt_with_log(), Receipt{}, creation}) {
    const Bytes bytes = encoded(receipt);
    Reader in(bytes);
    EXPECT_EQ(decode_receipt(in), receipt);
    EXPECT_TRUE(in.finish());
  }
}

TEST(Receipt, has_golden_storage_bytes) {
  Receipt receipt;
  receipt.type = TxnType::AccessList;
  receipt.success = true;
  receipt.cumulative_gas_used = 2;
  receipt.gas_used = 3;
  receipt.effective_gas_price = U256(4);
  receipt.logs = {
      {.address = filled<Address>(0x11), .topics = {filled<Hash256>(0x22)}, .data = {5}}};
  EXPECT_EQ(to_hex(encoded(receipt)),
            "01010000000000000002"
            "0000000000000003" +
                std::string(63, '0') + "4" + "00" + "00000001" + std::string(40, '1') + "00000001" +
                std::string(64, '2') + "0000000105");
}

TEST(Receipt, refuses_damaged_storage) {
  const Bytes bytes = encoded(receipt_with_log());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Reader in(ByteView(bytes).first(size));
    (void)decode_receipt(in);
    EXPECT_EQ(in.error(), DecodeError::Truncated) << size;
  }
  const auto error_with = [&](std::size_t place, std::uint8_t value) {
    Bytes changed = bytes;
    changed[place] = value;
    Reader in(changed);
    (void)decode_receipt(in);
    return in.error();
  };
  EXPECT_EQ(error_with(0, 5), DecodeError::BadValue);
  EXPECT_EQ(error_with(1, 2), DecodeError::BadValue);
  EXPECT_EQ(error_with(2 + 8 + 8 + 32, 2), DecodeError::BadValue);
  const std::size_t log_count = 2 + 8 + 8 + 32 + 1;
  EXPECT_EQ(error_with(log_count, 0xff), DecodeError::OverLimit);
  EXPECT_EQ(error_with(log_count + 4 + 20 + 3, kLogTopicsMax + 1), DecodeError::OverLimit);
}

}  // namespace
}  // namespace ol::primitives
