#include <ol/storage/database.hpp>

#include <ol/crypto/hash.hpp>
#include <ol/state/memory_state.hpp>

#include "chain_fixture.hpp"

namespace ol::storage {
namespace {

using primitives::Height;

TEST(Database, starts_empty_and_keeps_the_chain_across_opens) {
  const TempDirectory dir;
  const auto options = test_options(dir / "db");
  {
    const auto database = open_database(options);
    EXPECT_FALSE(database->head());
    expect_whole_chain(*database);
  }
  for (std::size_t round = 0; round < 5; ++round) {
    const auto database = open_database(options);
    commit_blocks(*database, 7);
    EXPECT_EQ(database->head()->height, Height(7 * (round + 1) - 1));
    expect_whole_chain(*database);
  }
  expect_whole_chain(*open_database(options));
}

TEST(Database, opens_again_when_it_was_never_given_a_genesis_block) {
  const TempDirectory dir;
  const auto options = test_options(dir / "db");
  for (int i = 0; i < 3; ++i)
    EXPECT_FALSE(open_database(options)->head());
}

TEST(Database, takes_up_a_creation_that_was_interrupted) {
  const TempDirectory dir;
  const auto options = test_options(dir / "db");
  std::filesystem::create_directories(dir / "db/rocksdb.new");
  write_file(dir / "db/rocksdb.new/MANIFEST-000001", as_bytes("half"));
  const auto database = open_database(options);
  commit_blocks(*database, 2);
  EXPECT_FALSE(std::filesystem::exists(dir / "db/rocksdb.new"));
}

TEST(Database, commits_several_heights_in_one_batch) {
  const TempDirectory dir;
  const auto single = open_database(test_options(dir / "single"));
  std::vector<MadeBlock> made;
  for (int i = 0; i < 12; ++i) {
    made.push_back(make_next(*single));
    ASSERT_TRUE(single->commit(made.back().committed()));
  }
  const auto spans = open_database(test_options(dir / "spans"));
  for (std::size_t i = 0; i < 12; i += 4) {
    std::vector<CommittedBlock> span;
    for (std::size_t k = i; k < i + 4; ++k)
      span.push_back(made[k].committed());
    const auto committed = spans->commit(span);
    ASSERT_TRUE(committed) << committed.error().message;
  }
  EXPECT_EQ(spans->head(), single->head());
  expect_whole_chain(*spans);
  EXPECT_TRUE(spans->commit(std::span<const CommittedBlock>{}));
}

// TC-CO-23.
TEST(Database, keeps_the_certificate_of_a_block_that_the_next_one_carries) {
  const TempDirectory dir;
  const auto database = open_database(test_options(dir / "db"));
  commit_blocks(*database, 1);
  const auto stored_signers = [&](Height height) {
    return (**(*database->snapshot())->certificate(height)).signers;
  };
  const auto carrying = [&](const MadeBlock& parent, Bytes signers, std::uint8_t of) {
    MadeBlock out = make_next(*database);
    primitives::Header header = out.block.header;
    header.justify = parent.certificate;
    header.justify.signers = std::move(signers);
    header.justify.subject.block.bytes[0] ^= of;
    out.block = primitives::Block::propose(test_identity().domain, header, out.block.payload);
    out.certificate.subject.block = out.block.hash;
    return out;
  };
  MadeBlock first = make_next(*database);
  first.certificate.signers = {0x03};
  ASSERT_TRUE(database->commit(first.committed()));
  EXPECT_EQ(stored_signers(Height(1)), Bytes{0x03});
  const MadeBlock second = carrying(first, {0x07}, 0);
  ASSERT_TRUE(database->commit(second.committed()));
  EXPECT_EQ(stored_signers(Height(1)), Bytes{0x07});
  EXPECT_EQ(stored_signers(Height(2)), Bytes{});
  // Neither one of another block nor one that names nobody.
  MadeBlock third = carrying(second, {0x07}, 1);
  third.certificate.signers = {0x03};
  ASSERT_TRUE(database->commit(third.committed()));
  EXPECT_EQ(stored_signers(Height(2)), Bytes{});
  const MadeBlock unnamed = carrying(third, {}, 0);
  ASSERT_TRUE(database->commit(unnamed.committed()));
  EXPECT_EQ(stored_signers(Height(3)), Bytes{0x03});
}

TEST(Database, refuses_blocks_out_of_order_and_writes_nothing_of_a_span_with_one) {
  const TempDirectory dir;
  const auto database = open_database(test_options(dir / "db"));
  const auto ahead = open_database(test_options(dir / "ahead"));
  std::vector<MadeBlock> made;
  for (int i = 0; i < 5; ++i) {
    made.push_back(make_next(*ahead));
    ASSERT_TRUE(ahead->commit(made.back().committed()));
  }
  const auto refused = [&](std::vector<CommittedBlock> span) {
    const auto result = database->commit(span);
    return result ? "committed" : describe(result.error().kind);
  };
  const std::string not_next = describe(StorageErrorKind::NotConsecutive);
  EXPECT_EQ(refused({made[1].committed()}), not_next);
  ASSERT_TRUE(database->commit(made[0].committed()));
  EXPECT_EQ(refused({made[0].committed()}), not_next);
  EXPECT_EQ(refused({made[2].committed()}), not_next);
  EXPECT_EQ(refused({made[1].committed(), made[3].committed()}), not_next);
  EXPECT_EQ(refused({made[1].committed(), made[1].committed()}), not_next);
  EXPECT_EQ(database->head(), made[0].head());
  EXPECT_FALSE(database->snapshot().value()->txn_location(made[1].block.item_hashes[0]).value());
  ASSERT_TRUE(database->commit(made[1].committed()));
  expect_whole_chain(*database);
}

TEST(Database, refuses_a_block_whose_parent_is_another_block_of_the_same_height) {
  const TempDirectory dir;
  const auto database = open_database(test_options(dir / "db"));
  commit_blocks(*database, 2);
  const auto at = database->snapshot().value();
  Head other = *at->head();
  other.hash.bytes[5] ^= 1;
  const MadeBlock fork = make_block(other, *at, *at, {}, 1);
  EXPECT_EQ(database->commit(fork.committed()).error().kind, StorageErrorKind::NotConsecutive);
}

TEST(Database, refuses_a_first_block_of_another_genesis) {
  const TempDirectory dir;
  auto identity = test_identity();
  identity.genesis_hash.bytes[0] ^= 1;
  const auto database = Database::open(test_options(dir / "db"), identity);
  ASSERT_TRUE(database);
  const state::MemoryState empty;
  const MadeBlock genesis = make_block(std::nullopt, empty, empty, {}, 0);
  EXPECT_EQ((*database)->commit(genesis.committed()).error().kind,
            StorageErrorKind::NotConsecutive);
}

TEST(Database, refuses_a_block_whose_parts_do_not_belong_together) {
  const TempDirectory dir;
  const auto database = open_database(test_options(dir / "db"));
  commit_blocks(*database, 3);
  const MadeBlock good = make_next(*database);
  const auto kind_of = [&](auto change) {
    MadeBlock bad = good;
    change(bad);
    const auto result = database->commit(bad.committed());
    return result ? "committed" : describe(result.error().kind);
  };
  const std::string mismatch = describe(StorageErrorKind::Mismatch);
  EXPECT_EQ(kind_of([](MadeBlock& b) { b.certificate.subject.block.bytes[0] ^= 1; }), mismatch);
  EXPECT_EQ(kind_of([](MadeBlock& b) { b.certificate.subject.height = Height(9); }), mismatch);
  EXPECT_EQ(kind_of([](MadeBlock& b) { b.receipts.pop_back(); }), mismatch);
  EXPECT_EQ(kind_of([](MadeBlock& b) { b.evm_header.number += 1; }), mismatch);
  EXPECT_EQ(kind_of([](MadeBlock& b) { b.evm_header.parent_hash.bytes[3] ^= 1; }), mismatch);
  EXPECT_EQ(kind_of([](MadeBlock& b) { b.evm_header.state_root.bytes[3] ^= 1; }), mismatch);
  EXPECT_EQ(kind_of([](MadeBlock& b) { b.diff.trie.clear(); }), mismatch);
  EXPECT_TRUE(database->commit(good.committed()));
}

TEST(Database, waits_for_the_device_only_when_told_to) {
  const TempDirectory dir;
  auto options = test_options(dir / "db");
  const auto fast = open_database(options);
  const auto before = fast->stats().log_syncs;
  commit_blocks(*fast, 5, 1);
  EXPECT_EQ(fast->stats().log_syncs, before);
  ASSERT_TRUE(fast->sync());
  EXPECT_GT(fast->stats().log_syncs, before);
  options.path = dir / "synced";
  options.sync_commits = true;
  const auto synced = open_database(options);
  const auto start = synced->stats().log_syncs;
  commit_blocks(*synced, 5, 1);
  EXPECT_GE(synced->stats().log_syncs, start + 5);
}

TEST(Database, counts_what_it_does) {
  const TempDirectory dir;
  const auto database = open_database(test_options(dir / "db"));
  commit_blocks(*database, 40, 10, 1000);
  expect_whole_chain(*database);
  const DatabaseStats stats = database->stats();
  EXPECT_GT(stats.table_bytes, 0U);
  EXPECT_GT(stats.written_bytes, 40U * 10 * 1000);
  EXPECT_GT(stats.log_bytes, 40U * 10 * 1000);
  EXPECT_GT(stats.block_cache_hits + stats.block_cache_misses, 0U);
  EXPECT_TRUE(database->verify_checksums());
}

TEST(Snapshot, does_not_see_later_commits) {
  const TempDirectory dir;
  const auto database = open_database(test_options(dir / "db"));
  commit_blocks(*database, 3);
  const auto old = database->snapshot().value();
  const Head head = *old->head();
  const auto touched = touched_accounts(Height(3));
  const auto before = old->account(touched[0]);
  const MadeBlock next = make_next(*database);
  ASSERT_TRUE(database->commit(next.committed()));
  commit_blocks(*database, 30, 10, 2000);
  EXPECT_EQ(old->head(), head);
  EXPECT_EQ(old->account(touched[0]), before);
  EXPECT_FALSE(old->block(Height(3)).value());
  EXPECT_FALSE(old->txn_location(next.block.item_hashes[0]).value());
  EXPECT_FALSE(old->height_of(next.block.hash).value());
  std::size_t accounts = 0;
  EXPECT_TRUE(
      state::visit_trie(*old, Hash256{}, head.state_root, [&](ByteView, ByteView) { ++accounts; }));
  EXPECT_GT(accounts, 0U);
  EXPECT_FALSE(old->failure());
}

TEST(Snapshot, gives_the_bytes_a_peer_can_decode) {
  const TempDirectory dir;
  const auto database = open_database(test_options(dir / "db"));
  commit_blocks(*database, 3);
  const auto at = database->snapshot().value();
  const auto bytes = at->block_bytes(Height(2)).value();
  ASSERT_TRUE(bytes);
  const auto block = primitives::decode_block(test_identity().domain, *bytes);
  ASSERT_TRUE(block);
  EXPECT_EQ(block->hash, at->head()->hash);
  EXPECT_FALSE(at->block_bytes(Height(3)).value());
  EXPECT_FALSE(at->header(Height(3)).value());
  EXPECT_FALSE(at->certificate(Height(3)).value());
  EXPECT_FALSE(at->evm_header(Height(3)).value());
  EXPECT_FALSE(at->receipts(Height(3)).value());
}

TEST(Snapshot, keeps_receipts_with_logs) {
  const TempDirectory dir;
  const auto database = open_database(test_options(dir / "db"));
  MadeBlock block = make_next(*database, 2);
  block.receipts[1].type = primitives::TxnType::DynamicFee;
  block.receipts[1].logs.push_back({test_address(1), {Hash256{}, Hash256{}}, Bytes(100, 7)});
  block.receipts[1].bloom = primitives::logs_bloom(block.receipts[1].logs);
  block.receipts[1].effective_gas_price = U256(123456789);
  ASSERT_TRUE(database->commit(block.committed()));
  EXPECT_EQ(database->snapshot().value()->receipts(Height(0)).value(), block.receipts);
}

// Accounts, slots, code and their deletion, beside the plainest statement of what a store must do.
TEST(Snapshot, answers_as_the_model_does_for_storage_code_and_deletion) {
  const TempDirectory dir;
  const auto database = open_database(test_options(dir / "db"));
  state::MemoryState model;
  const auto apply = [&](state::StateDiff diff) {
    const MadeBlock block = make_block(database->head(), model, model, std::move(diff), 1);
    const auto committed = database->commit(block.committed());
    ASSERT_TRUE(committed) << committed.error().message;
    model.apply(block.diff);
  };
  const Address first = test_address(1);
  Address last;
  last.bytes.fill(0xff);
  const auto slot = [](std::uint64_t n) { return U256(n).to_fixed<Hash256>(); };
  Hash256 last_slot;
  last_slot.bytes.fill(0xff);
  const auto code = std::make_shared<const Bytes>(Bytes{0x60, 0x01});
  const Hash256 code_hash = crypto::keccak256(*code);
  const auto expect_same = [&] {
    const auto at = database->snapshot().value();
    for (const Address& address : {first, last, test_address(2)}) {
      EXPECT_EQ(at->account(address), model.account(address));
      for (const Hash256& key : {slot(0), slot(1), slot(2), last_slot})
        EXPECT_EQ(at->storage(address, key), model.storage(address, key));
    }
    for (const auto& [key, node] : model.trie_nodes())
      EXPECT_EQ(at->trie_node(key).value(), node);
    EXPECT_EQ(*at->code(code_hash).value(), *code);
    EXPECT_TRUE(at->code(state::kEmptyCodeHash).value()->empty());
  };
  state::StateDiff create;
  for (const Address& address : {first, last}) {
    create.accounts[address] = test_account(5);
    create.accounts[address]->code_hash = code_hash;
    create.storage[{address, slot(0)}] = U256::max();
    create.storage[{address, slot(1)}] = U256(256);
    create.storage[{address, last_slot}] = U256(1);
  }
  create.code[code_hash] = code;
  apply(create);
  expect_same();
  state::StateDiff change;
  change.storage[{last, slot(1)}] = U256(0);
  change.storage[{last, slot(2)}] = U256(77);
  change.accounts[test_address(2)] = test_account(1);
  apply(change);
  expect_same();
  state::StateDiff clear;
  clear.accounts[last] = std::nullopt;
  clear.storage_cleared[last] = state::trie_owner(last);
  apply(clear);
  expect_same();
  state::StateDiff rebuild;
  rebuild.storage_cleared[first] = state::trie_owner(first);
  rebuild.accounts[first] = test_account(6);
  rebuild.storage[{first, slot(2)}] = U256(9);
  apply(rebuild);
  expect_same();
}

TEST(Snapshot, calls_unknown_code_corrupt_and_says_why) {
  const TempDirectory dir;
  const auto database = open_database(test_options(dir / "db"));
  const auto at = database->snapshot().value();
  EXPECT_EQ(at->code(Hash256{}).error(), state::StateError::Corrupt);
  ASSERT_TRUE(at->failure());
  EXPECT_EQ(at->failure()->kind, StorageErrorKind::Corrupted);
}

}  // namespace
}  // namespace ol::storage
