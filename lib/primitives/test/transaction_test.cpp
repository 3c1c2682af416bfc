#include <ol/primitives/transaction.hpp>

#include <functional>
#include <set>

#include <gtest/gtest.h>

#include <ol/base/hex.hpp>
#include <ol/base/rlp.hpp>

#include "samples.hpp"
#include "signed_txns.hpp"

namespace ol::primitives {
namespace {

using signed_txns::kAccessList;
using signed_txns::kBlob;
using signed_txns::kCreation;
using signed_txns::kDynamicFee;
using signed_txns::kLegacy;
using signed_txns::kSetCode;

Transaction decode(std::string_view hex) {
  return *decode_transaction(*from_hex(hex));
}

TxnError error_of(const Bytes& envelope) {
  const auto out = decode_transaction(envelope);
  EXPECT_FALSE(out) << to_hex(envelope);
  return out ? TxnError::Empty : out.error();
}

TEST(Transaction, of_every_type_matches_what_ethers_signed) {
  for (const auto& sample : {kLegacy, kAccessList, kDynamicFee, kCreation, kBlob, kSetCode}) {
    const Bytes envelope = *from_hex(sample.envelope);
    const auto verified = VerifiedTxn::verify(envelope);
    ASSERT_TRUE(verified);
    EXPECT_EQ(to_hex(verified->sender().view()), signed_txns::kSender);
    EXPECT_EQ(to_hex(verified->hash().view()), sample.hash);
    EXPECT_EQ(to_hex(signing_hash(verified->txn()).view()), sample.signing_hash);
    EXPECT_EQ(verified->envelope(), envelope);
    EXPECT_EQ(encode_transaction(verified->txn()), envelope);
  }
}

TEST(Transaction, fields_of_a_legacy_one) {
  const Transaction txn = decode(kLegacy.envelope);
  EXPECT_EQ(txn.type, TxnType::Legacy);
  EXPECT_EQ(txn.chain_id, 7777U);
  EXPECT_EQ(txn.nonce, 0U);
  EXPECT_EQ(txn.max_fee_per_gas, U256(2'000'000'000));
  EXPECT_EQ(txn.max_priority_fee_per_gas, U256(2'000'000'000));
  EXPECT_EQ(txn.gas_limit, 21'000U);
  EXPECT_EQ(to_hex(txn.to->view()), "70997970c51812dc3a010c7d01b50e0d17dc79c8");
  EXPECT_EQ(txn.value, U256(1'000'000'000'000'000'000));
  EXPECT_TRUE(txn.data.empty());
  EXPECT_TRUE(txn.access_list.empty());
}

TEST(Transaction, fields_of_a_dynamic_fee_one) {
  const Transaction txn = decode(kDynamicFee.envelope);
  EXPECT_EQ(txn.type, TxnType::DynamicFee);
  EXPECT_EQ(txn.nonce, 2U);
  EXPECT_EQ(txn.max_priority_fee_per_gas, U256(1'000'000'000));
  EXPECT_EQ(txn.max_fee_per_gas, U256(3'000'000'000));
  ASSERT_EQ(txn.access_list.size(), 2U);
  EXPECT_EQ(txn.access_list[0].storage_keys.size(), 2U);
  EXPECT_EQ(txn.access_list[0].storage_keys[1], samples::filled<Hash256>(0xff));
  EXPECT_TRUE(txn.access_list[1].storage_keys.empty());
  EXPECT_FALSE(decode(kCreation.envelope).to);
}

TEST(Transaction, fields_of_a_blob_one) {
  const Transaction txn = decode(kBlob.envelope);
  EXPECT_EQ(txn.type, TxnType::Blob);
  EXPECT_EQ(txn.max_fee_per_blob_gas, U256(7));
  ASSERT_EQ(txn.blob_hashes.size(), 1U);
  EXPECT_EQ(txn.blob_hashes[0].bytes[0], 0x01);
  EXPECT_TRUE(txn.authorizations.empty());
}

TEST(Transaction, fields_of_a_set_code_one) {
  const auto txn = VerifiedTxn::verify(*from_hex(kSetCode.envelope));
  ASSERT_TRUE(txn);
  ASSERT_EQ(txn->txn().authorizations.size(), 2U);
  const Authorization& first = txn->txn().authorizations[0];
  EXPECT_EQ(first.chain_id, U256(7777));
  EXPECT_EQ(first.nonce, 3U);
  EXPECT_EQ(to_hex(first.address.view()), "70997970c51812dc3a010c7d01b50e0d17dc79c8");
  EXPECT_TRUE(txn->txn().authorizations[1].chain_id.is_zero());
  // The second key of the mnemonic signed both.
  ASSERT_EQ(txn->authorities().size(), 2U);
  EXPECT_EQ(to_hex(txn->authorities()[0].view()), "70997970c51812dc3a010c7d01b50e0d17dc79c8");
  EXPECT_EQ(txn->authorities()[1], txn->authorities()[0]);
}

// EIP-7702: such an entry is void; the transaction is not.
TEST(Authorization, without_a_valid_signature_has_no_authority) {
  const Authorization good = decode(kSetCode.envelope).authorizations[0];
  ASSERT_TRUE(recover_authority(good));
  const std::vector<std::function<void(Authorization&)>> changes = {
      [](Authorization& a) { a.r = U256(0); },
      [](Authorization& a) { a.r = U256(5); },
      [](Authorization& a) { a.s = U256::max(); },
      [](Authorization& a) { a.y_parity = U256(2); },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    Authorization changed = good;
    changes[i](changed);
    EXPECT_FALSE(recover_authority(changed)) << i;
    Transaction txn = decode(kSetCode.envelope);
    txn.authorizations[0] = changed;
    const auto out = decode_transaction(encode_transaction(txn));
    ASSERT_TRUE(out) << i;
    EXPECT_EQ(out->authorizations[0], changed);
  }
}

TEST(Authorization, is_bounded_field_by_field) {
  Transaction txn = decode(kSetCode.envelope);
  txn.authorizations[0].y_parity = U256(255);
  EXPECT_TRUE(decode_transaction(encode_transaction(txn)));
  txn.authorizations[0].y_parity = U256(256);
  EXPECT_EQ(error_of(encode_transaction(txn)), TxnError::BadField);
  txn.authorizations[0].y_parity = U256(1);
  txn.authorizations[0].nonce = ~0ULL;
  EXPECT_TRUE(decode_transaction(encode_transaction(txn)));
}

// EIP-4844 and EIP-7702.
TEST(Transaction, of_types_three_and_four_cannot_create) {
  for (const auto& sample : {kBlob, kSetCode}) {
    Transaction txn = decode(sample.envelope);
    txn.to.reset();
    EXPECT_EQ(error_of(encode_transaction(txn)), TxnError::BadField);
  }
}

// Known from every tool: the first contract of the first account of the test mnemonic.
TEST(ContractAddress, is_that_of_sender_and_nonce) {
  const auto sender = *fixed_from_hex<Address>(signed_txns::kSender);
  EXPECT_EQ(to_hex(contract_address(sender, 0).view()), "5fbdb2315678afecb367f032d93f642f64180aa3");
  EXPECT_EQ(to_hex(contract_address(sender, 1).view()), "e7f1725e7734ce288f8367e1bb143e90bb3f0512");
}

// The example of EIP-155 itself.
TEST(Transaction, of_eip155_recovers_the_sender_the_eip_names) {
  const auto txn = VerifiedTxn::verify(
      *from_hex("f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400"
                "008025a028ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8"
                "997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83"));
  ASSERT_TRUE(txn);
  EXPECT_EQ(txn->txn().chain_id, 1U);
  EXPECT_EQ(to_hex(signing_hash(txn->txn()).view()),
            "daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53");
  EXPECT_EQ(to_hex(txn->sender().view()), "9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f");
}

TEST(Transaction, from_before_eip155_has_no_chain_id) {
  Transaction txn = decode(kLegacy.envelope);
  txn.chain_id.reset();
  for (const std::uint8_t parity : Bytes{0, 1}) {
    txn.y_parity = parity;
    const auto out = decode_transaction(encode_transaction(txn));
    ASSERT_TRUE(out);
    EXPECT_EQ(*out, txn);
  }
  EXPECT_NE(signing_hash(txn), signing_hash(decode(kLegacy.envelope)));
}

TEST(Transaction, legacy_v_covers_every_64_bit_chain_id) {
  Transaction txn = decode(kLegacy.envelope);
  txn.chain_id = ~0ULL;
  txn.y_parity = 1;
  const Bytes envelope = encode_transaction(txn);
  EXPECT_EQ(*decode_transaction(envelope), txn);
}

/// The fields of a legacy transaction, of which a test replaces some.
Bytes legacy_with(const std::function<void(RlpWriter&)>& write_v) {
  const Transaction txn = decode(kLegacy.envelope);
  RlpWriter out;
  out.begin_list().u64(0).u256(txn.max_fee_per_gas).u64(21'000).fixed(*txn.to).u256(txn.value);
  out.string({});
  write_v(out);
  out.u256(txn.r).u256(txn.s).end_list();
  return out.take();
}

TEST(Transaction, refuses_every_v_that_names_no_parity) {
  for (const std::uint64_t v : {0ULL, 1ULL, 26ULL, 29ULL, 34ULL}) {
    EXPECT_EQ(error_of(legacy_with([v](RlpWriter& out) { out.u64(v); })), TxnError::BadSignature)
        << v;
  }
  for (const std::uint64_t v : {27ULL, 28ULL, 35ULL, 36ULL}) {
    EXPECT_TRUE(decode_transaction(legacy_with([v](RlpWriter& out) { out.u64(v); }))) << v;
  }
  const U256 above = (U256(1) << 65) + U256(35);
  EXPECT_EQ(error_of(legacy_with([&](RlpWriter& out) { out.u256(above); })), TxnError::BadField);
}

TEST(Transaction, refuses_what_is_no_envelope) {
  EXPECT_EQ(error_of({}), TxnError::Empty);
  for (const std::uint8_t first : Bytes{0x00, 0x05, 0x7f}) {
    EXPECT_EQ(error_of({first, 0xc0}), TxnError::UnknownType) << int{first};
  }
  for (const std::uint8_t first : Bytes{0x80, 0xb8, 0xbf}) {
    EXPECT_EQ(error_of({first}), TxnError::BadRlp) << int{first};
  }
  EXPECT_EQ(error_of({0x01}), TxnError::BadRlp);
  EXPECT_EQ(error_of({0x02, 0x80}), TxnError::BadRlp);
  EXPECT_EQ(error_of({0x02, 0xc0}), TxnError::WrongFieldCount);
  EXPECT_EQ(error_of({0xc0}), TxnError::WrongFieldCount);
}

TEST(Transaction, refuses_truncation_trailing_bytes_and_extra_fields) {
  for (const auto& sample : {kLegacy, kAccessList, kDynamicFee, kBlob, kSetCode}) {
    Bytes envelope = *from_hex(sample.envelope);
    for (std::size_t size = 1; size < envelope.size(); ++size) {
      EXPECT_FALSE(decode_transaction(ByteView(envelope).first(size))) << size;
    }
    envelope.push_back(0x80);
    EXPECT_EQ(error_of(envelope), TxnError::BadRlp);
  }
  // One more item inside the list.
  const Transaction txn = decode(kDynamicFee.envelope);
  const Bytes envelope = encode_transaction(txn);
  RlpReader outer(ByteView(envelope).subspan(1));
  const ByteView fields = outer.item()->payload;
  Bytes longer = {0x02};
  rlp_append_list_header(longer, fields.size() + 1);
  append(longer, fields);
  longer.push_back(0x80);
  EXPECT_EQ(error_of(longer), TxnError::WrongFieldCount);
}

TEST(Transaction, bounds_the_nonce_by_eip2681) {
  Transaction txn = decode(kDynamicFee.envelope);
  txn.nonce = ~0ULL - 1;
  EXPECT_TRUE(decode_transaction(encode_transaction(txn)));
  txn.nonce = ~0ULL;
  EXPECT_EQ(error_of(encode_transaction(txn)), TxnError::NonceTooLarge);
}

TEST(Transaction, refuses_signature_values_out_of_range) {
  const U256 order =
      *U256::from_hex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
  const U256 half = order >> 1;
  const Transaction original = decode(kDynamicFee.envelope);
  const auto with = [&](const U256& r, const U256& s, std::uint8_t parity) {
    Transaction txn = original;
    txn.r = r;
    txn.s = s;
    txn.y_parity = parity;
    return decode_transaction(encode_transaction(txn));
  };
  EXPECT_TRUE(with(order - U256(1), half, 1));
  EXPECT_TRUE(with(U256(1), U256(1), 0));
  for (const auto& bad : {with(U256(0), half, 0), with(order, half, 0), with(U256(1), U256(0), 0),
                          with(U256(1), half + U256(1), 0), with(U256(1), half, 2)}) {
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error(), TxnError::BadSignature);
  }
}

TEST(Transaction, without_a_matching_key_has_no_sender) {
  Transaction txn = decode(kDynamicFee.envelope);
  txn.r = U256(5);  // no point of the curve has x = 5
  const auto out = VerifiedTxn::verify(encode_transaction(txn));
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error(), TxnError::BadSignature);
  txn.s = U256(0);
  EXPECT_EQ(recover_sender(txn).error(), TxnError::BadSignature);
}

TEST(Transaction, refuses_a_target_that_is_neither_empty_nor_an_address) {
  const Transaction txn = decode(kLegacy.envelope);
  for (const std::size_t size : {1U, 19U, 21U, 32U}) {
    RlpWriter out;
    out.begin_list().u64(0).u64(1).u64(21'000).string(Bytes(size, 0x35)).u64(1).string({});
    out.u64(27).u256(txn.r).u256(txn.s).end_list();
    EXPECT_EQ(error_of(out.take()), TxnError::BadField) << size;
  }
}

TEST(Transaction, is_bounded_in_size) {
  Transaction txn = decode(kDynamicFee.envelope);
  txn.data.assign(kTxnBytesMax, 1);
  const std::size_t excess = encode_transaction(txn).size() - kTxnBytesMax;
  txn.data.resize(txn.data.size() - excess);
  const Bytes largest = encode_transaction(txn);
  ASSERT_EQ(largest.size(), kTxnBytesMax);
  EXPECT_TRUE(decode_transaction(largest));
  txn.data.push_back(1);
  EXPECT_EQ(error_of(encode_transaction(txn)), TxnError::Oversized);
}

TEST(SigningHash, covers_every_field_and_not_the_signature) {
  const Transaction original = decode(kDynamicFee.envelope);
  const std::vector<std::function<void(Transaction&)>> changes = {
      [](Transaction& t) { t.type = TxnType::AccessList; },
      [](Transaction& t) { t.chain_id = 1; },
      [](Transaction& t) { t.nonce = 3; },
      [](Transaction& t) { t.max_priority_fee_per_gas = U256(1); },
      [](Transaction& t) { t.max_fee_per_gas = U256(1); },
      [](Transaction& t) { t.gas_limit = 1; },
      [](Transaction& t) { t.to.reset(); },
      [](Transaction& t) { t.value = U256(1); },
      [](Transaction& t) { t.data = {0}; },
      [](Transaction& t) { t.access_list.pop_back(); },
      [](Transaction& t) { t.access_list[0].storage_keys.pop_back(); },
  };
  std::set<Hash256> seen = {signing_hash(original)};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    Transaction changed = original;
    changes[i](changed);
    EXPECT_TRUE(seen.insert(signing_hash(changed)).second) << i;
  }
  Transaction resigned = original;
  resigned.r = U256(1);
  resigned.y_parity ^= 1;
  EXPECT_EQ(signing_hash(resigned), signing_hash(original));
}

TEST(TxnErrors, each_have_their_own_words) {
  std::set<std::string> words;
  for (std::uint8_t i = 0; i <= static_cast<std::uint8_t>(TxnError::Oversized); ++i) {
    words.insert(describe(static_cast<TxnError>(i)));
  }
  EXPECT_EQ(words.size(), 8U);
  EXPECT_EQ(words.count("transaction type not supported"), 1U);
}

}  // namespace
}  // namespace ol::primitives
