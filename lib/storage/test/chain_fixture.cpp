#include "chain_fixture.hpp"

#include <fstream>
#include <iterator>
#include <set>

#include <ol/crypto/hash.hpp>

namespace ol::storage {

using primitives::Height;

namespace {

constexpr std::uint64_t kAccounts = 50;

template <typename T>
T must(StorageResult<T> result) {
  OL_CHECK(result.has_value(), result ? "" : result.error().message.c_str());
  return *std::move(result);
}

void expect_block(const Snapshot& at, Height height, primitives::BlockHash& parent) {
  const auto block = must(at.block(height));
  ASSERT_TRUE(block) << height.value();
  EXPECT_EQ(block->header.height, height);
  EXPECT_EQ(block->header.parent, parent);
  EXPECT_EQ(must(at.header(height)), block->header);
  EXPECT_EQ(must(at.height_of(block->hash)), height);
  const auto certificate = must(at.certificate(height));
  ASSERT_TRUE(certificate);
  EXPECT_EQ(certificate->block(), block->hash);
  const auto evm = must(at.evm_header(height));
  ASSERT_TRUE(evm);
  EXPECT_EQ(must(at.height_of(primitives::evm_header_hash(*evm))), height);
  EXPECT_EQ(must(at.receipts(height))->size(), block->payload.size());
  for (std::uint32_t i = 0; i < block->item_hashes.size(); ++i) {
    EXPECT_EQ(must(at.txn_location(block->item_hashes[i])), (TxnLocation{height, i}));
  }
  parent = block->hash;
}

// The newest value each account was given up to `height`.
std::map<Address, state::Account> expected_accounts(Height height) {
  std::map<Address, state::Account> out;
  for (Height h; h <= height; h = h.next()) {
    for (const Address& address : touched_accounts(h))
      out[address] = test_account(h.value());
  }
  return out;
}

}  // namespace

std::vector<Address> touched_accounts(Height height) {
  std::set<Address> out;
  for (std::uint64_t k = 0; k < 5; ++k)
    out.insert(test_address((height.value() * 7 + k * k) % kAccounts));
  return {out.begin(), out.end()};
}

MadeBlock make_next(const Database& database, std::size_t txns, std::size_t txn_bytes) {
  const auto at = must(database.snapshot());
  const Height height = at->head() ? at->head()->height.next() : Height(0);
  state::StateDiff diff;
  for (const Address& address : touched_accounts(height))
    diff.accounts[address] = test_account(height.value());
  return make_block(at->head(), *at, *at, std::move(diff), txns, txn_bytes);
}

std::unique_ptr<Database> open_database(const DatabaseOptions& options) {
  auto database = Database::open(options, test_identity());
  EXPECT_TRUE(database.has_value()) << (database ? "" : database.error().message);
  return database ? std::move(*database) : nullptr;
}

StorageErrorKind open_error(const DatabaseOptions& options, const ChainIdentity& identity) {
  const auto database = Database::open(options, identity);
  EXPECT_FALSE(database.has_value()) << "opened what must be refused";
  if (database) return StorageErrorKind::Missing;
  EXPECT_NE(database.error().message.find(options.path.string()), std::string::npos)
      << database.error().message;
  return database.error().kind;
}

void commit_blocks(Database& database, std::size_t count, std::size_t txns, std::size_t txn_bytes) {
  for (std::size_t i = 0; i < count; ++i) {
    const MadeBlock block = make_next(database, txns, txn_bytes);
    const auto committed = database.commit(block.committed());
    ASSERT_TRUE(committed) << committed.error().message;
  }
}

void expect_whole_chain(const Database& database) {
  const auto at = must(database.snapshot());
  EXPECT_EQ(at->head(), database.head());
  if (!at->head()) return;
  const Head head = *at->head();
  auto parent = retag<primitives::BlockHash>(test_identity().genesis_hash);
  for (Height h; h <= head.height; h = h.next())
    ASSERT_NO_FATAL_FAILURE(expect_block(*at, h, parent));
  EXPECT_EQ(parent, head.hash);
  EXPECT_FALSE(must(at->block(head.height.next())));
  const auto expected = expected_accounts(head.height);
  std::map<Bytes, Bytes> in_trie;
  const auto visited = state::visit_trie(
      *at, Hash256{}, head.state_root,
      [&](ByteView key, ByteView value) { in_trie[to_bytes(key)] = to_bytes(value); });
  ASSERT_TRUE(visited);
  EXPECT_EQ(in_trie.size(), expected.size());
  for (const auto& [address, account] : expected) {
    EXPECT_EQ(at->account(address).value(), account);
    EXPECT_EQ(in_trie[to_bytes(crypto::keccak256(address.view()).view())],
              state::encode_account(account));
  }
}

Bytes file_bytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write_file(const std::filesystem::path& path, ByteView bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
}

std::map<std::string, Bytes> directory_contents(const std::filesystem::path& path) {
  std::map<std::string, Bytes> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) out[entry.path().string()] = file_bytes(entry.path());
  }
  return out;
}

std::vector<std::filesystem::path> store_files(const std::filesystem::path& path,
                                               std::string_view prefix, std::string_view suffix) {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::directory_iterator(path / "rocksdb")) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix) && name.ends_with(suffix)) out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace ol::storage
