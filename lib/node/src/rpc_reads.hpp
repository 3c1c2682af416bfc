#pragma once

#include <ol/rpc/backend.hpp>
#include <ol/storage/database.hpp>

namespace ol::node {

// What RPC asks of the committed state and chain, each on a snapshot of its own. Any thread.

[[nodiscard]] Result<rpc::AccountRecord, rpc::StateError> read_account(
    const storage::Database& database, const Address& address, std::uint64_t number);
[[nodiscard]] Result<Hash256, rpc::StateError> read_storage(const storage::Database& database,
                                                            const Address& address,
                                                            const Hash256& slot,
                                                            std::uint64_t number);
/// Proofs of blocks below the head cost a trie update over all that changed since, so they are made
/// for the last kProofDepthMax only.
inline constexpr std::uint64_t kProofDepthMax = 256;
[[nodiscard]] Result<rpc::AccountProof, rpc::StateError> prove_account(
    const storage::Database& database, const Address& address, const std::vector<Hash256>& slots,
    std::uint64_t number);
[[nodiscard]] Result<std::vector<rpc::LogRecord>, rpc::LogFault> read_logs(
    const storage::Database& database, const rpc::LogQuery& query);
[[nodiscard]] std::optional<primitives::EvmHash> read_block_hash(const storage::Database& database,
                                                                 std::uint64_t number);

}  // namespace ol::node
