#include "chain_fixture.hpp"

#include <fstream>
#include <iterator>
#include <set>

#include <ol/crypto/hash.hpp>
#include <ol/state/state_root.hpp>

namespace ol::storage {

using primitives::Height;

namespace {

constexpr std::uint64_t kAccounts = 50;

template <typename T>
T must(StorageResult<T> result) {
  OL_CHECK(result.has_value(), result ? "" : result.error().message.c_str());
  return *std::move(result);
}

primitives::QuorumCertificate certificate_of(const primitives::Block& block) {
  primitives::QuorumCertificate out;
  out.subject.height = block.header.height;
  out.subject.view = block.header.view;
  out.subject.block = block.hash;
  if (!out.is_genesis()) out.signature = Bytes(48, 0x5a);
  return out;
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

Head MadeBlock::head() const {
  return {block.header.height, block.header.view, block.hash,
          primitives::evm_header_hash(evm_header), evm_header.state_root};
}

ChainIdentity test_identity() {
  ChainIdentity out;
  out.domain.chain_id = primitives::ChainId(7777);
  out.genesis_hash.bytes.fill(0x11);
  return out;
}

DatabaseOptions test_options(const std::filesystem::path& path) {
  DatabaseOptions out;
  out.path = path;
  out.block_cache_bytes = 4 * 1024 * 1024;
  out.write_buffer_bytes = 256 * 1024;
  out.log_bytes_max = 1024 * 1024;
  return out;
}

Address test_address(std::uint64_t n) {
  Address out;
  for (std::size_t i = 0; i < 8; ++i)
    out.bytes[19 - i] = static_cast<std::uint8_t>(n >> (8 * i));
  out.bytes[0] = static_cast<std::uint8_t>(n * 37);
  return out;
}

state::Account test_account(std::uint64_t n) {
  state::Account out;
  out.nonce = n;
  out.balance = U256(n) * U256(1'000'000'007) + U256(1);
  return out;
}

std::vector<Address> touched_accounts(Height height) {
  std::set<Address> out;
  for (std::uint64_t k = 0; k < 5; ++k)
    out.insert(test_address((height.value() * 7 + k * k) % kAccounts));
  return {out.begin(), out.end()};
}

MadeBlock make_block(const std::optional<Head>& head, const state::StateView& view,
                     const state::TrieNodeReader& nodes, state::StateDiff diff, std::size_t txns,
                     std::size_t txn_bytes) {
  MadeBlock out;
  out.diff = std::move(diff);
  const Hash256 root_before = head ? head->state_root : state::kEmptyTrieRoot;
  const auto root = state::update_state_root(view, nodes, root_before, out.diff);
  OL_CHECK(root.has_value(), "the test's state can be read");
  const ChainIdentity identity = test_identity();
  primitives::Header header;
  header.chain_id = identity.domain.chain_id;
  header.height = head ? head->height.next() : Height(0);
  header.view = primitives::View(header.height.value());
  header.parent = head ? head->hash : retag<primitives::BlockHash>(identity.genesis_hash);
  std::vector<Bytes> payload;
  for (std::size_t i = 0; i < txns; ++i) {
    Writer item;
    item.strong(header.height).u64(i);
    Bytes bytes = item.take();
    // Not compressible, so that large payloads are large on disk too.
    while (bytes.size() < txn_bytes)
      append(bytes, crypto::blake3(bytes).view());
    payload.push_back(std::move(bytes));
  }
  out.block = primitives::Block::propose(identity.domain, std::move(header), std::move(payload));
  out.certificate = certificate_of(out.block);
  out.receipts.resize(txns);
  for (std::size_t i = 0; i < txns; ++i) {
    out.receipts[i].cumulative_gas_used = 21000 * (i + 1);
    out.receipts[i].gas_used = 21000;
    out.receipts[i].success = true;
  }
  out.evm_header.number = out.block.header.height.value();
  if (head) out.evm_header.parent_hash = head->evm_hash;
  out.evm_header.state_root = *root;
  out.evm_header.extra_data = to_bytes(out.block.hash.view());
  return out;
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
