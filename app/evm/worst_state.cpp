#include "worst_state.hpp"

#include <algorithm>

#include <ol/crypto/hash.hpp>
#include <ol/state/memory_state.hpp>
#include <ol/state/state_root.hpp>

#include "bench/assembler.hpp"
#include "command.hpp"

namespace ol::app {
namespace {

constexpr std::size_t kCodeBytes = 24'576;  // EIP-170

template <typename T>
T must(storage::StorageResult<T> result) {
  if (!result) throw CommandError(result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

Address account_at(std::uint64_t index) {
  return evm::to_address(U256{index} * worst_key_step());
}

/// Puts a contract of these bytes at `address`.
void add_contract(state::StateDiff& diff, const Address& address, Bytes code) {
  state::Account account;
  account.nonce = 1;
  account.code_hash = crypto::keccak256(code);
  diff.code.emplace(account.code_hash, std::make_shared<const Bytes>(std::move(code)));
  diff.accounts[address] = account;
}

/// `unit` over and over, ended so that no two are alike.
Bytes long_code(ByteView start, ByteView unit, std::uint64_t index) {
  Bytes out = to_bytes(start);
  while (out.size() + unit.size() + 9 <= kCodeBytes)
    append(out, unit);
  out.push_back(0x00);  // STOP
  for (int shift = 56; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(index >> shift));
  out.resize(kCodeBytes, 0x5b);
  return out;
}

/// The committed state with one contract's code replaced.
class OneContractView final : public state::StateView {
 public:
  OneContractView(const state::StateView& below, const Bytes& code)
      : below_(below), hash_(crypto::keccak256(code)), code_(std::make_shared<const Bytes>(code)) {}

  [[nodiscard]] Result<std::optional<state::Account>, state::StateError> account(
      const Address& address) const override {
    auto found = below_.account(address);
    if (address == kWorstContract && found && *found) (*found)->code_hash = hash_;
    return found;
  }
  [[nodiscard]] Result<U256, state::StateError> storage(const Address& address,
                                                        const Hash256& slot) const override {
    return below_.storage(address, slot);
  }
  [[nodiscard]] Result<state::Code, state::StateError> code(const Hash256& hash) const override {
    if (hash == hash_) return code_;
    return below_.code(hash);
  }

 private:
  const state::StateView& below_;
  Hash256 hash_;
  state::Code code_;
};

}  // namespace

WorstState::WorstState(const std::filesystem::path& directory, const WorstStateSize& size)
    : directory_(directory) {
  genesis_.chain_name = "openliquid-bench";
  state::StateDiff diff = contents(size);
  const state::MemoryState nothing;
  root_ = state::update_state_root(nothing, nothing, state::kEmptyTrieRoot, diff).value();
  reopen();
  commit(diff, root_);
  reopen();
}

state::StateDiff WorstState::contents(const WorstStateSize& size) const {
  state::StateDiff diff;
  for (std::uint32_t i = 1; i <= size.accounts; ++i) {
    state::Account account;
    account.balance = U256{i};
    diff.accounts.emplace(account_at(i), account);
  }
  for (std::uint32_t i = 0; i < size.codes; ++i) {
    const Bytes stop{0x00};
    const Bytes jumpdest{0x5b};
    const Bytes short_block{0x5b, 0x58, 0x50};  // JUMPDEST PC POP
    add_contract(diff, account_at(kFirstIdleCode + i), long_code(stop, jumpdest, i));
    add_contract(diff, account_at(kFirstBusyCode + i), long_code({}, short_block, i));
  }
  for (const WorstCallee& callee : worst_callees())
    add_contract(diff, callee.address, bench::assemble(callee.code));
  add_contract(diff, kWorstContract, {0x00});
  diff.accounts[kWorstContract]->balance = U256{1} << 100;
  diff.accounts[kWorstCaller].emplace().balance = U256{1} << 128;
  for (std::uint32_t i = 1; i <= size.slots; ++i) {
    const U256 key = U256{i} * worst_key_step();
    diff.storage.emplace(state::StorageKey{kWorstContract, key.to_fixed<Hash256>()}, U256{i});
  }
  return diff;
}

void WorstState::commit(const state::StateDiff& diff, const Hash256& root) {
  primitives::Header header;
  header.chain_id = genesis_.domain.chain_id;
  header.parent = retag<primitives::BlockHash>(primitives::genesis_hash(genesis_));
  const auto block = primitives::Block::propose(genesis_.domain, std::move(header), {});
  primitives::QuorumCertificate certificate;
  certificate.subject.block = block.hash;
  primitives::EvmHeader evm_header;
  evm_header.state_root = root;
  must(database_->commit({.block = block,
                          .certificate = certificate,
                          .evm_header = evm_header,
                          .receipts = {},
                          .diff = diff}));
}

void WorstState::reopen() {
  snapshot_.reset();
  database_.reset();
  storage::DatabaseOptions options;
  options.path = directory_ / "db";
  database_ =
      must(storage::Database::open(options, {genesis_.domain, primitives::genesis_hash(genesis_)}));
}

std::unique_ptr<state::StateView> WorstState::view(const Bytes& code) {
  snapshot_ = must(database_->snapshot());
  return std::make_unique<OneContractView>(*snapshot_, code);
}

void WorstState::update_root(const state::StateView& view, state::StateDiff& diff) {
  const auto root = state::update_state_root(view, *snapshot_, root_, diff);
  if (!root) throw CommandError("the state in the database cannot be read");
}

}  // namespace ol::app
