#include "rpc_reads.hpp"

#include <ol/crypto/hash.hpp>
#include <ol/state/overlay.hpp>
#include <ol/state/proof.hpp>

namespace ol::node {
namespace {

using primitives::Height;

/// Candidates of the log index taken at once.
constexpr std::size_t kLogBlocksAtOnce = 1'024;

rpc::StateError fault_of(const storage::StorageError& error) {
  return error.kind == storage::StorageErrorKind::Missing ? rpc::StateError::UnknownBlock
                                                          : rpc::StateError::Unavailable;
}

std::unexpected<rpc::StateError> unavailable() {
  return fail(rpc::StateError::Unavailable);
}

/// The proofs of `slots`, which `account` has in `state`.
Result<std::vector<rpc::SlotProof>, state::StateError> prove_slots(
    const state::Overlay& state, const Address& address, const state::Account& account,
    const std::vector<Hash256>& slots) {
  std::vector<rpc::SlotProof> out;
  const Hash256 owner = state::trie_owner(address);
  for (const Hash256& slot : slots) {
    const Hash256 key = crypto::keccak256(slot.view());
    OL_TRY(const U256 value, state.storage(address, slot));
    OL_TRY(auto nodes, state::prove(state, owner, account.storage_root, key));
    out.push_back({slot, value, std::move(nodes)});
  }
  return out;
}

Result<rpc::AccountProof, state::StateError> prove_on(const state::Overlay& state,
                                                      const Hash256& root, const Address& address,
                                                      const std::vector<Hash256>& slots) {
  OL_TRY(const auto found, state.account(address));
  const state::Account account = found.value_or(state::Account{});
  rpc::AccountProof out;
  out.nonce = account.nonce;
  out.balance = account.balance;
  out.code_hash = account.code_hash;
  out.storage_root = account.storage_root;
  const Hash256 key = state::trie_owner(address);
  OL_TRY(out.nodes, state::prove(state, Hash256{}, root, key));
  OL_TRY(out.slots, prove_slots(state, address, account, slots));
  return out;
}

/// Appends the logs of the block at `height` that match.
bool add_logs(const storage::Snapshot& snapshot, Height height, const rpc::LogFilter& filter,
              std::vector<rpc::LogRecord>& out) {
  const auto header = snapshot.evm_header(height);
  const auto receipts = snapshot.receipts(height);
  const auto block = snapshot.block(height);
  if (!header || !*header || !receipts || !*receipts || !block || !*block) return false;
  const primitives::EvmHash hash = primitives::evm_header_hash(**header);
  std::uint64_t log_index = 0;
  for (std::size_t i = 0; i < (*receipts)->size(); ++i) {
    for (const primitives::Log& log : (**receipts)[i].logs) {
      const std::uint64_t place = log_index++;
      if (!filter.matches(log)) continue;
      out.push_back({.log = log,
                     .block_number = height.value(),
                     .block_hash = hash,
                     .block_time = (*header)->timestamp,
                     .txn_hash = (*block)->item_hashes[i],
                     .txn_index = i,
                     .log_index = place});
    }
  }
  return true;
}

}  // namespace

Result<rpc::AccountRecord, rpc::StateError> read_account(const storage::Database& database,
                                                         const Address& address,
                                                         std::uint64_t number) {
  const auto snapshot = database.snapshot();
  if (!snapshot) return unavailable();
  const auto found = (*snapshot)->account_at(address, Height(number));
  if (!found) return fail(fault_of(found.error()));
  if (!*found) return rpc::AccountRecord{};
  const auto code = (*snapshot)->code((*found)->code_hash);
  if (!code) return unavailable();
  return rpc::AccountRecord{.nonce = (*found)->nonce, .balance = (*found)->balance, .code = **code};
}

Result<Hash256, rpc::StateError> read_storage(const storage::Database& database,
                                              const Address& address, const Hash256& slot,
                                              std::uint64_t number) {
  const auto snapshot = database.snapshot();
  if (!snapshot) return unavailable();
  const auto value = (*snapshot)->storage_at(address, slot, Height(number));
  if (!value) return fail(fault_of(value.error()));
  return value->to_fixed<Hash256>();
}

Result<rpc::AccountProof, rpc::StateError> prove_account(const storage::Database& database,
                                                         const Address& address,
                                                         const std::vector<Hash256>& slots,
                                                         std::uint64_t number) {
  const auto snapshot = database.snapshot();
  if (!snapshot) return unavailable();
  const std::uint64_t head = (*snapshot)->head()->height.value();
  if (number > head) return fail(rpc::StateError::UnknownBlock);
  if (head - number > kProofDepthMax) return unavailable();
  state::StateDiff way_back;
  if (number < head) {
    auto rewound = (*snapshot)->rewind(Height(number));
    if (!rewound) return fail(fault_of(rewound.error()));
    way_back = *std::move(rewound);
  }
  const auto header = (*snapshot)->evm_header(Height(number));
  if (!header || !*header) return unavailable();
  const state::Overlay state(**snapshot, **snapshot, way_back);
  auto proof = prove_on(state, (*header)->state_root, address, slots);
  if (!proof) return unavailable();
  return *std::move(proof);
}

Result<std::vector<rpc::LogRecord>, rpc::LogFault> read_logs(const storage::Database& database,
                                                             const rpc::LogQuery& query) {
  std::vector<rpc::LogRecord> out;
  const auto snapshot = database.snapshot();
  if (!snapshot) return fail(rpc::LogFault::Unavailable);
  const storage::LogQuery wanted{.addresses = query.filter.addresses,
                                 .topics = query.filter.topics};
  Height first(query.first);
  const Height last(query.last);
  while (first <= last) {
    const auto heights = (*snapshot)->log_heights(wanted, first, last, kLogBlocksAtOnce);
    if (!heights) return fail(rpc::LogFault::Unavailable);
    for (const Height height : *heights) {
      if (!add_logs(**snapshot, height, query.filter, out)) {
        return fail(rpc::LogFault::Unavailable);
      }
      if (out.size() > query.logs_max) return fail(rpc::LogFault::TooMany);
    }
    if (heights->size() < kLogBlocksAtOnce) break;
    first = heights->back().next();
  }
  return out;
}

std::optional<primitives::EvmHash> read_block_hash(const storage::Database& database,
                                                   std::uint64_t number) {
  const auto snapshot = database.snapshot();
  if (!snapshot) return std::nullopt;
  const auto header = (*snapshot)->evm_header(Height(number));
  if (!header || !*header) return std::nullopt;
  return primitives::evm_header_hash(**header);
}

}  // namespace ol::node
