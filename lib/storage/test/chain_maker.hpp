#pragma once

#include <optional>
#include <vector>

#include <ol/storage/database.hpp>

namespace ol::storage {

/// A final block and what executing it left, as the node would hand it over.
struct MadeBlock {
  primitives::Block block;
  primitives::QuorumCertificate certificate;
  primitives::EvmHeader evm_header;
  std::vector<primitives::Receipt> receipts;
  state::StateDiff diff;

  [[nodiscard]] CommittedBlock committed() const {
    return {block, certificate, evm_header, receipts, diff};
  }
  [[nodiscard]] Head head() const;
};

[[nodiscard]] ChainIdentity test_identity();
/// Small buffers, so that even short tests write table files and cut logs.
[[nodiscard]] DatabaseOptions test_options(const std::filesystem::path& path);
[[nodiscard]] Address test_address(std::uint64_t n);
/// `count` as a value; never empty.
[[nodiscard]] state::Account test_account(std::uint64_t n);

/// The child of `head` (genesis without one) that does `diff`, with `txns` transactions.
[[nodiscard]] MadeBlock make_block(const std::optional<Head>& head, const state::StateView& view,
                                   const state::TrieNodeReader& nodes, state::StateDiff diff,
                                   std::size_t txns, std::size_t txn_bytes = 40);

}  // namespace ol::storage
