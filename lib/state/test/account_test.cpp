#include <ol/state/account.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <ol/base/hex.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/state/error.hpp>

namespace ol::state {
namespace {

TEST(Account, constants_are_the_hashes_they_stand_for) {
  EXPECT_EQ(kEmptyCodeHash, crypto::keccak256({}));
  EXPECT_EQ(kEmptyTrieRoot, crypto::keccak256(rlp_encode_string({})));
}

TEST(Account, pins_the_encoding) {
  const Account account{7, 1'000'000, kEmptyCodeHash, kEmptyTrieRoot};
  EXPECT_EQ(to_hex(encode_account(account)),
            "f84707830f4240"
            "a056e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
            "a0c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
}

TEST(Account, is_empty_without_nonce_balance_and_code) {
  EXPECT_TRUE(Account{}.is_empty());
  Account with_storage;
  with_storage.storage_root = Hash256{};
  EXPECT_TRUE(with_storage.is_empty()) << "EIP-161 does not look at storage";
  EXPECT_FALSE((Account{1, 0, kEmptyCodeHash, kEmptyTrieRoot}).is_empty());
  EXPECT_FALSE((Account{0, 1, kEmptyCodeHash, kEmptyTrieRoot}).is_empty());
  EXPECT_FALSE((Account{0, 0, Hash256{}, kEmptyTrieRoot}).is_empty());
}

TEST(Account, refuses_anything_but_its_four_fields) {
  const Bytes good = encode_account({1, 2, kEmptyCodeHash, kEmptyTrieRoot});
  ASSERT_TRUE(decode_account(good));
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(decode_account(ByteView(good).first(size))) << size;
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_EQ(decode_account(longer).error(), RlpError::TrailingBytes);

  RlpWriter five;
  five.begin_list().u64(1).u64(2).fixed(Hash256{}).fixed(Hash256{}).u64(3).end_list();
  EXPECT_EQ(decode_account(five.bytes()).error(), RlpError::TrailingBytes);
  RlpWriter short_root;
  short_root.begin_list().u64(1).u64(2).string(Bytes(31)).fixed(Hash256{}).end_list();
  EXPECT_EQ(decode_account(short_root.bytes()).error(), RlpError::WrongSize);
  RlpWriter wide_nonce;
  wide_nonce.begin_list().u256(U256{1} << 64).u64(2).fixed(Hash256{}).fixed(Hash256{}).end_list();
  EXPECT_EQ(decode_account(wide_nonce.bytes()).error(), RlpError::IntegerTooLarge);
  EXPECT_EQ(decode_account(rlp_encode_string(good)).error(), RlpError::ExpectedList);
}

RC_GTEST_PROP(Account, reads_back_what_it_wrote,
              (std::uint64_t nonce, std::uint64_t a, std::uint64_t b, std::uint64_t c)) {
  Account account{nonce, U256(a, b, c, a), kEmptyCodeHash, kEmptyTrieRoot};
  account.code_hash.bytes[3] = static_cast<std::uint8_t>(a);
  account.storage_root.bytes[4] = static_cast<std::uint8_t>(b);
  RC_ASSERT(decode_account(encode_account(account)).value() == account);
}

TEST(StateError, is_described) {
  EXPECT_STREQ(describe(StateError::ReadFailed), "state: the store could not be read");
  EXPECT_STREQ(describe(StateError::Corrupt), "state: the store is damaged");
}

}  // namespace
}  // namespace ol::state
