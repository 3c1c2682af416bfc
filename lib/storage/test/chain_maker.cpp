#include "chain_maker.hpp"

#include <ol/base/check.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/state/state_root.hpp>

namespace ol::storage {

using primitives::Height;

namespace {

primitives::QuorumCertificate certificate_of(const primitives::Block& block) {
  primitives::QuorumCertificate out;
  out.subject.height = block.header.height;
  out.subject.view = block.header.view;
  out.subject.block = block.hash;
  if (!out.is_genesis()) out.signature = Bytes(48, 0x5a);
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
  out.state_cache_bytes = 64 * 1024;
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

}  // namespace ol::storage
