// Every byte of what ends an epoch: docs/protocol/epochs.md, "Golden bytes".
#include <gtest/gtest.h>

#include <ol/base/hex.hpp>
#include <ol/consensus/conflict.hpp>
#include <ol/consensus/hand_over.hpp>
#include <ol/consensus/messages.hpp>
#include <ol/primitives/set_change.hpp>

#include "epochs.hpp"
#include "golden.hpp"

namespace ol::consensus {
namespace {

template <typename T>
T filled(std::uint8_t byte) {
  T out;
  out.bytes.fill(byte);
  return out;
}

std::string repeat(std::string_view byte, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i)
    out += byte;
  return out;
}

/// The sample header and certificate as golden.hpp pins them, without the rest of their messages.
const std::string kHeader(golden::kProposal.substr(2, golden::kProposal.size() - 2 - 2 * 132));
const std::string kCertificate(golden::kCertificate.substr(2));

// One header, its certificate, two items, a change of three bytes.
const std::string kHandOver = "00000001" + kHeader + kCertificate + "00000002" + repeat("71", 32) +
                              repeat("72", 32) + "00000003" + "c1c2c3";

// Version 1, for epoch 4, in place of set 51.., signed by validators 0 and 2, members of two bytes.
const std::string kSetChange = "0001" + std::string("0000000000000004") + repeat("51", 32) +
                               "00000002" + "00000000" + repeat("e1", 64) + "00000002" +
                               repeat("e2", 64) + "00000002" + "abcd";

primitives::SetChange set_change() {
  return {.epoch = Epoch(4),
          .replaces = filled<primitives::SetHash>(0x51),
          .members = {0xab, 0xcd},
          .signatures = {{ValidatorIndex(0), filled<crypto::Ed25519Signature>(0xe1)},
                         {ValidatorIndex(2), filled<crypto::Ed25519Signature>(0xe2)}}};
}

TEST(Golden, hand_over) {
  const auto proof = decode_hand_over(*from_hex(kHandOver));
  ASSERT_TRUE(proof);
  ASSERT_EQ(proof->headers.size(), 1U);
  EXPECT_EQ(proof->epoch(), Epoch(3));
  EXPECT_EQ(proof->headers[0].height, Height(42));
  EXPECT_EQ(proof->headers[0].proposer, ValidatorIndex(3));
  EXPECT_EQ(proof->certificate.view(), View(97));
  const std::vector items{filled<primitives::TxnHash>(0x71), filled<primitives::TxnHash>(0x72)};
  EXPECT_EQ(proof->items, items);
  EXPECT_EQ(proof->change, (Bytes{0xc1, 0xc2, 0xc3}));
  EXPECT_EQ(to_hex(encode_hand_over(*proof)), kHandOver);
}

TEST(Golden, set_change) {
  Writer out;
  encode(out, set_change());
  EXPECT_EQ(to_hex(out.bytes()), kSetChange);
  const auto decoded = primitives::decode_set_change(*from_hex(kSetChange));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(*decoded, set_change());
}

// A name of two bytes, weight 5, keys, recipient, BLS key and proof; no verification vector.
TEST(Golden, members_of_a_set) {
  primitives::Genesis genesis;
  genesis.scheme = primitives::SchemeKind::Ed25519List;
  genesis.validators.push_back({.name = "ab",
                                .weight = primitives::Weight(5),
                                .key = filled<crypto::Ed25519PublicKey>(0x21),
                                .bls_key = test::operator_bls_key(1).public_key(),
                                .network_key = filled<crypto::Ed25519PublicKey>(0x22),
                                .fee_recipient = filled<Address>(0x23)});
  genesis.possession_proofs.push_back(test::operator_bls_key(1).prove_possession());
  const std::string hex = to_hex(primitives::encode_members(genesis));
  const std::string start = "00000001" + std::string("00000002") + "6162" + "0000000000000005" +
                            repeat("21", 32) + repeat("22", 32) + repeat("23", 20);
  EXPECT_EQ(hex.substr(0, start.size()), start);
  EXPECT_EQ(hex.size(), start.size() + 2 * (96 + 48 + 4));
  EXPECT_EQ(hex.substr(hex.size() - 8), "00000000");
}

TEST(SetChange, refuses_another_version_and_any_byte_more_or_less) {
  const Bytes good = *from_hex(kSetChange);
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(primitives::decode_set_change(ByteView(good).first(size))) << size;
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(primitives::decode_set_change(longer));
  Bytes other = good;
  other[1] = 2;
  EXPECT_FALSE(primitives::decode_set_change(other));
}

// A node that finds this on its disk stays halted: docs/protocol/safety-record.md, "Halt".
TEST(Golden, conflict) {
  const auto precommit = [](std::uint8_t block) {
    const primitives::VoteSubject subject{.epoch = Epoch(3),
                                          .set_hash = filled<primitives::SetHash>(0x51),
                                          .phase = Phase::Precommit,
                                          .height = Height(41),
                                          .view = View(97),
                                          .block = filled<BlockHash>(block)};
    return QuorumCertificate{.subject = subject, .signers = {0x0d}, .signature = Bytes(48, 0xc1)};
  };
  const auto hex = [](std::string_view block, std::string_view phase) {
    return "0000000000000003" + repeat("51", 32) + std::string(phase) + "0000000000000029" +
           "0000000000000061" + repeat(block, 32);
  };
  const std::string rest = kCertificate.substr(hex("b1", "00").size());
  const auto both = [&](std::string_view block, std::string_view phase) {
    return "0001" + hex("b1", "02") + rest + hex(block, phase) + rest;
  };
  EXPECT_EQ(to_hex(encode_conflict({precommit(0xb1), precommit(0xb2)})), both("b2", "02"));
  const auto decoded = decode_conflict(*from_hex(both("b2", "02")));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->first, precommit(0xb1));
  EXPECT_EQ(decoded->second, precommit(0xb2));
  EXPECT_EQ(decode_conflict(*from_hex(both("b1", "02"))).error(), DecodeError::BadValue);
  EXPECT_EQ(decode_conflict(*from_hex(both("b2", "01"))).error(), DecodeError::BadValue);
  std::string later = both("b2", "02");
  later[3] = '2';
  EXPECT_EQ(decode_conflict(*from_hex(later)).error(), DecodeError::BadValue);
  EXPECT_FALSE(decode_conflict(*from_hex(both("b2", "02") + "00")));
}

}  // namespace
}  // namespace ol::consensus
