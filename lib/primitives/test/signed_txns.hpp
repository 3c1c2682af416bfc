#pragma once

#include <string_view>

/// Transactions of chain 7777 signed with ethers 6.15 and the first key of the well-known test
/// mnemonic of Foundry and Hardhat (address 0xf39f..2266).
namespace ol::primitives::signed_txns {

struct SignedTxn {
  std::string_view envelope;
  std::string_view hash;
  std::string_view signing_hash;
};

inline constexpr SignedTxn kLegacy = {
    "f86d8084773594008252089470997970c51812dc3a010c7d01b50e0d17dc79c8880de0b6b3a764000080823ce6"
    "a0f9c6e870898a34cee40c62e02b58024f52b3673e37527b84dc0151cc31a78f5ba010b506ff941ba406b5df06"
    "cb2ce91e9da8c04ff32476e9d0bbb6ef2d4356f9f4",
    "1ae1ba923e0b6112c743c89689c85406a03a3c96b285a1578a8c6ee67b27df7c",
    "9e28a10972df7a7d9a772f6b34ff85ecdae7b68d3dbcd2260fe1997936957b62"};
inline constexpr SignedTxn kAccessList = {
    "01f8dc821e6101847735940082c3509470997970c51812dc3a010c7d01b50e0d17dc79c8018200fff872f85994"
    "70997970c51812dc3a010c7d01b50e0d17dc79c8f842a000000000000000000000000000000000000000000000"
    "00000000000000000001a0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffd694"
    "f39fd6e51aad88f6f4ce6ab8827279cfffb92266c001a0747197c59a94d1f6c40518754e047c8df11e8bd65fa4"
    "08dabbeb2b4e8c73c6d6a0410964244a762135cc75f2fbfde721ef662bde7f0980155e46605c15030239bc",
    "23d62b700165d5640b4a0cf27536608ba8cd8fd7add808f544e0dbc66b129d39",
    "d5dbc05dffeb7ca5791b81f31c4f1c8e074b26464f7d654e56cbf500b41d38ac"};
inline constexpr SignedTxn kDynamicFee = {
    "02f8df821e6102843b9aca0084b2d05e0082ea609470997970c51812dc3a010c7d01b50e0d17dc79c88080f872"
    "f8599470997970c51812dc3a010c7d01b50e0d17dc79c8f842a000000000000000000000000000000000000000"
    "00000000000000000000000001a0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
    "ffd694f39fd6e51aad88f6f4ce6ab8827279cfffb92266c080a0924dd93ef67dfa2a0731c06f2b54b5a02b4d6c"
    "66bde927b7d77abf8d0a9c1910a03a8ed12ce9524e572f019afc0bb0638c15128b6636cec2193b770966a8be1f"
    "4e",
    "4eec1e2cf18a62da09038351b26054c7f8940245755b005073990eaa64a791ac",
    "d7b26d4675154baa7f06d5244a71cf53f415e9137976ad567c8d73c7d1a48951"};
inline constexpr SignedTxn kCreation = {
    "02f85a821e6103843b9aca0084b2d05e0082ea608080826000c080a09e36db70ea210d9002684ffc8354e95f34"
    "3354d9b1b5d4a039c9018c5f7db1c1a07bf003353a64418d3cbdf7c956aa5e3be6ea6a0214e742ac124d10d8a3"
    "c70e7e",
    "485d08bca984c7a7f33f37ae0619471c06e52a5fcff9943f78bce8c4ca83097f",
    "deb12d89d4ccbd18395de636bc747502d4352b02f895f4d757ac050a2dab87b5"};

inline constexpr std::string_view kSender = "f39fd6e51aad88f6f4ce6ab8827279cfffb92266";

}  // namespace ol::primitives::signed_txns
