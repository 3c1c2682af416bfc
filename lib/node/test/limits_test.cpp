// Bounds of what a node keeps and sends.
#include <gtest/gtest.h>

#include <ol/consensus/messages.hpp>
#include <ol/p2p/channel.hpp>
#include <ol/primitives/signing.hpp>
#include <ol/storage/outbox_log.hpp>

#include "../../storage/test/chain_fixture.hpp"
#include "../src/block_records.hpp"
#include "../src/txn_cache.hpp"

namespace ol::node::test {
namespace {

TEST(OutboxLimit, takes_the_largest_proposal_there_is) {
  consensus::ProposalMessage proposal;
  primitives::Header& header = proposal.header;
  header.view = primitives::View(9);
  header.justify.signers = Bytes(primitives::kValidatorsMax / 8, 0xff);
  header.justify.signature = Bytes(primitives::kCertificateSignatureMax, 1);
  header.timeout_certificate.emplace();
  header.timeout_certificate->signatures.resize(primitives::kValidatorsMax);
  proposal.items.resize(primitives::kBlockItemsMax);
  const Bytes message = consensus::encode_message(proposal);
  ASSERT_GT(message.size(), std::size_t{1} << 20);
  EXPECT_LE(message.size(), p2p::message_bytes_max(p2p::Channel::Consensus));

  const storage::TempDirectory directory;
  auto log = storage::OutboxLog::open(directory / "outbox.log");
  ASSERT_TRUE(log);
  ASSERT_TRUE((*log)->append(message));
  const auto contents = storage::read_outbox_log(directory / "outbox.log");
  ASSERT_TRUE(contents);
  EXPECT_EQ(contents->messages, std::vector<Bytes>{message});
}

TxnPtr transfer(std::uint64_t nonce) {
  Bytes key(32, 1);
  primitives::Transaction txn;
  txn.type = primitives::TxnType::DynamicFee;
  txn.chain_id = 7777;
  txn.nonce = nonce;
  txn.gas_limit = 21'000;
  txn.to = Address{};
  auto envelope = primitives::sign_transaction(txn, *crypto::Secp256k1SecretKey::from_bytes(key));
  return std::make_shared<const primitives::VerifiedTxn>(
      *primitives::VerifiedTxn::verify(std::move(envelope)));
}

TEST(TxnCache, forgets_the_oldest_beyond_its_count) {
  TxnCache cache(16, std::size_t{1} << 20);  // one a shard
  TxnPtr last;
  for (std::uint64_t nonce = 0; nonce < 100; ++nonce) {
    last = transfer(nonce);
    cache.put(last);
    EXPECT_EQ(cache.find(last->hash()), last);
  }
  EXPECT_LE(cache.size(), 16U);
  EXPECT_EQ(cache.find(transfer(0)->hash()), nullptr);
}

TEST(TxnCache, forgets_the_oldest_beyond_its_bytes) {
  const std::size_t bytes = transfer(0)->envelope().size();
  TxnCache cache(1 << 20, 16 * (bytes + 8));
  for (std::uint64_t nonce = 0; nonce < 100; ++nonce)
    cache.put(transfer(nonce));
  EXPECT_LE(cache.size(), 16U);
  EXPECT_GT(cache.size(), 0U);
}

TEST(BlockRecords, keeps_no_more_than_its_bounds_and_reads_the_rest_from_disk) {
  const storage::TempDirectory directory;
  const auto database = storage::open_database(storage::test_options(directory / "db"));
  storage::commit_blocks(*database, 9, 0);
  const TxnCache cache(16, 1024);
  BlockRecords records(*database, cache,
                       {.recent_blocks_max = 2,
                        .recent_bytes_max = 1 << 20,
                        .older_blocks_max = 3,
                        .older_bytes_max = 1 << 20});
  ASSERT_TRUE(records.load_head());
  EXPECT_EQ(records.head()->header.number, 8U);
  for (std::uint64_t number = 0; number < 9; ++number) {
    const rpc::BlockPtr block = records.by_number(number);
    ASSERT_TRUE(block);
    EXPECT_EQ(block->header.number, number);
    EXPECT_EQ(records.by_number(number), block) << "the second time from memory";
    EXPECT_EQ(records.by_hash(block->hash), block);
  }
  EXPECT_LE(records.kept(), 5U);
  EXPECT_EQ(records.by_number(9), nullptr);
}

TEST(BlockRecords, keeps_one_block_however_large_it_is) {
  const storage::TempDirectory directory;
  const auto database = storage::open_database(storage::test_options(directory / "db"));
  storage::commit_blocks(*database, 3, 0);
  const TxnCache cache(16, 1024);
  BlockRecords records(
      *database, cache,
      {.recent_blocks_max = 2, .recent_bytes_max = 1, .older_blocks_max = 3, .older_bytes_max = 1});
  ASSERT_TRUE(records.load_head());
  const rpc::BlockPtr block = records.by_number(1);
  EXPECT_EQ(records.by_number(1), block);
  EXPECT_NE(records.by_number(0), nullptr);
  EXPECT_LE(records.kept(), 2U);
}

}  // namespace
}  // namespace ol::node::test
