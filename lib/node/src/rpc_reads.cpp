#include "rpc_reads.hpp"

#include <ol/crypto/hash.hpp>
#include <ol/state/overlay.hpp>
#include <ol/state/proof.hpp>

namespace ol::node {
namespace {

using primitives::Height;

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

/// Appends the logs of the block at `height` that match. The index names blocks that have an
/// address and a topic in different logs too, so the receipts are looked at first.
bool add_logs(const storage::Snapshot& snapshot, Height height, const rpc::LogFilter& filter,
              std::vector<rpc::LogRecord>& out) {
  auto receipts = snapshot.receipts(height);
  if (!receipts || !*receipts) return false;
  const std::size_t before = out.size();
  std::uint64_t log_index = 0;
  for (std::size_t i = 0; i < (*receipts)->size(); ++i) {
    for (primitives::Log& log : (**receipts)[i].logs) {
      const std::uint64_t place = log_index++;
      if (!filter.matches(log)) continue;
      rpc::LogRecord& record = out.emplace_back();
      record.log = std::move(log);
      record.txn_index = i;
      record.log_index = place;
    }
  }
  if (out.size() == before) return true;
  const auto header = snapshot.evm_header(height);
  const auto block = snapshot.block(height);
  if (!header || !*header || !block || !*block) return false;
  const primitives::EvmHash hash = primitives::evm_header_hash(**header);
  for (std::size_t i = before; i < out.size(); ++i) {
    out[i].block_number = height.value();
    out[i].block_hash = hash;
    out[i].block_time = (*header)->timestamp;
    out[i].txn_hash = (*block)->item_hashes[out[i].txn_index];
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
  std::optional<rpc::LogFault> fault;
  const auto visit = [&](Height height) {
    if (!add_logs(**snapshot, height, query.filter, out)) fault = rpc::LogFault::Unavailable;
    if (out.size() > query.logs_max) fault = rpc::LogFault::TooMany;
    return !fault;
  };
  const auto done =
      (*snapshot)->visit_log_heights(wanted, Height(query.first), Height(query.last), visit);
  if (!done) return fail(rpc::LogFault::Unavailable);
  if (fault) return fail(*fault);
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
