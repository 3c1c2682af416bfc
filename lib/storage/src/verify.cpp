#include "verify.hpp"

#include <ol/base/hex.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/primitives/item.hpp>

#include "kv_options.hpp"
#include "records.hpp"

namespace ol::storage {
namespace {

using primitives::Height;

StorageError damaged(const std::filesystem::path& path, std::string_view what) {
  return {StorageErrorKind::Corrupted,
          "the database " + path.string() + " is damaged: " + std::string(what) +
              "; restore it from a backup, or move this directory away and keep the safety record "
              "beside it: the node then fetches the chain from its peers"};
}

// The one place that knows which parts a block at the head has; each must be there and name it.
class HeadCheck {
 public:
  HeadCheck(const Snapshot& snapshot, const std::filesystem::path& path,
            const ChainIdentity& identity)
      : snapshot_(snapshot), path_(path), identity_(identity), head_(*snapshot.head()) {}

  StorageResult<void> block() const {
    OL_TRY(const auto block, snapshot_.block(head_.height));
    if (!block) return wrong("its newest block is missing");
    if (block->hash != head_.hash) return wrong("its newest block is not the one at its head");
    if (block->header.view != head_.view) return wrong("its head has another view");
    OL_TRY(const auto header, snapshot_.header(head_.height));
    if (header != block->header) return wrong("its newest header is not that of its block");
    OL_TRY(const auto receipts, snapshot_.receipts(head_.height));
    if (!receipts) return wrong("the receipts of its newest block are missing");
    if (receipts->size() != primitives::transaction_count(*block))
      return wrong("receipts do not match");
    for (std::size_t i = 0; i < receipts->size(); ++i) {
      OL_TRY(const auto location, snapshot_.txn_location(block->item_hashes[i]));
      if (!location) return wrong("a transaction of its newest block is not in the index");
    }
    return {};
  }

  StorageResult<void> certificate() const {
    OL_TRY(const auto certificate, snapshot_.certificate(head_.height));
    if (!certificate) return wrong("the certificate of its newest block is missing");
    if (certificate->block() != head_.hash) return wrong("its newest certificate is for another");
    return {};
  }

  StorageResult<void> evm_header() const {
    OL_TRY(const auto header, snapshot_.evm_header(head_.height));
    if (!header) return wrong("its newest Ethereum header is missing");
    if (primitives::evm_header_hash(*header) != head_.evm_hash) {
      return wrong("its newest Ethereum header has another hash");
    }
    if (header->state_root != head_.state_root) return wrong("its head has another state root");
    return {};
  }

  StorageResult<void> indexes() const {
    OL_TRY(const auto by_hash, snapshot_.height_of(head_.hash));
    if (by_hash != head_.height) return wrong("its index by block hash lacks the head");
    OL_TRY(const auto by_evm_hash, snapshot_.height_of(head_.evm_hash));
    if (by_evm_hash != head_.height) return wrong("its index by Ethereum hash lacks the head");
    return {};
  }

  StorageResult<void> parent() const {
    OL_TRY(const auto header, snapshot_.header(head_.height));
    if (!header) return wrong("its newest header is missing");
    if (head_.height == Height(0)) {
      const bool ours = retag<Hash256>(header->parent) == identity_.genesis_hash;
      return ours ? StorageResult<void>{} : wrong("its first block is not of this genesis");
    }
    const Height below(head_.height.value() - 1);
    OL_TRY(const auto by_hash, snapshot_.height_of(header->parent));
    if (by_hash != below) return wrong("the parent of its newest block is not below it");
    return {};
  }

  StorageResult<void> state_root() const {
    const auto node = snapshot_.trie_node(state::TrieNodeKey{});
    if (!node) return fail(*snapshot_.failure());
    const Hash256 root = *node ? crypto::keccak256(**node) : state::kEmptyTrieRoot;
    if (root != head_.state_root) {
      return wrong("the root of its state is " + to_hex(root.view()) + " instead of " +
                   to_hex(head_.state_root.view()));
    }
    return {};
  }

 private:
  StorageResult<void> wrong(std::string_view what) const { return fail(damaged(path_, what)); }

  const Snapshot& snapshot_;
  const std::filesystem::path& path_;
  const ChainIdentity& identity_;
  const Head& head_;
};

}  // namespace

StorageResult<void> check_identity(const KvStore& store, const std::filesystem::path& path,
                                   const ChainIdentity& identity) {
  OL_TRY(const auto bytes, store.get(Column::Meta, as_bytes(kIdentityKey), nullptr));
  if (!bytes) return fail(damaged(path, "it does not say which chain it belongs to"));
  const auto stored = decode_identity(*bytes);
  if (!stored) return fail(damaged(path, "its identity cannot be read"));
  if (stored->format != kFormatVersion) {
    return fail(StorageError{StorageErrorKind::WrongFormat,
                             "the database " + path.string() + " has format " +
                                 std::to_string(stored->format) + " and this program reads " +
                                 std::to_string(kFormatVersion) +
                                 ": use the release that wrote it, or move the directory away and "
                                 "fetch the chain again"});
  }
  if (*bytes != encode_identity(identity)) {
    return fail(
        StorageError{StorageErrorKind::WrongGenesis,
                     "the database " + path.string() + " belongs to the chain with genesis " +
                         to_hex(stored->genesis_hash.view()) + " (chain id " +
                         std::to_string(stored->domain.chain_id.value()) +
                         "), the configured one is " + to_hex(identity.genesis_hash.view()) +
                         " (chain id " + std::to_string(identity.domain.chain_id.value()) +
                         "): check the genesis file, or give this chain its own home "
                         "directory"});
  }
  return {};
}

StorageResult<void> check_manifest(const KvStore& store, const std::filesystem::path& path) {
  OL_TRY(const auto bytes, store.get(Column::Meta, as_bytes(kManifestKey), nullptr));
  if (!bytes) return {};
  const auto then = decode_manifest_mark(*bytes);
  if (!then) return fail(damaged(path, "its record of its own files cannot be read"));
  if (ManifestWatch(path).still_holds(*then)) return {};
  return fail(damaged(path, "the list of its files (MANIFEST) is not what it was"));
}

StorageResult<void> check_watermarks(const KvStore& store, const std::filesystem::path& path,
                                     const std::optional<Head>& head) {
  std::optional<Bytes> expected;
  if (head) expected = height_key(head->height);
  for (std::size_t i = 0; i < kColumns; ++i) {
    const auto column = static_cast<Column>(i);
    OL_TRY(const auto found, store.get(column, as_bytes(kWatermarkKey), nullptr));
    if (found == expected) continue;
    return fail(damaged(path, std::string("its part '") + column_name(column) +
                                  "' is not from the same moment as its head"));
  }
  return {};
}

StorageResult<void> check_head(const Snapshot& snapshot, const std::filesystem::path& path,
                               const ChainIdentity& identity) {
  if (!snapshot.head()) return {};
  const HeadCheck check(snapshot, path, identity);
  OL_TRY_VOID(check.block());
  OL_TRY_VOID(check.certificate());
  OL_TRY_VOID(check.evm_header());
  OL_TRY_VOID(check.indexes());
  OL_TRY_VOID(check.parent());
  return check.state_root();
}

StorageResult<std::unique_ptr<Snapshot>> checked_snapshot(const KvStore& store,
                                                          const std::filesystem::path& path,
                                                          const ChainIdentity& identity) {
  OL_TRY(auto snapshot, Snapshot::take(store, identity.domain));
  OL_TRY_VOID(check_manifest(store, path));
  OL_TRY_VOID(check_watermarks(store, path, snapshot->head()));
  OL_TRY_VOID(check_head(*snapshot, path, identity));
  return snapshot;
}

}  // namespace ol::storage
