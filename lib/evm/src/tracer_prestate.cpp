#include <ol/base/hex.hpp>
#include <ol/evm/opcode.hpp>
#include <ol/evm/transition.hpp>
#include <ol/primitives/txn_rules.hpp>

#include "machine.hpp"
#include "tracers_json.hpp"

namespace ol::evm {
namespace {

/// Of an account's JSON beside its code, and of a slot's.
constexpr std::size_t kAccountBytes = 240;
constexpr std::size_t kSlotBytes = 140;

}  // namespace

void PrestateTracer::on_begin(const TraceBegin& begin) {
  world_ = &begin.world;
  if (begin.txn == nullptr) return;
  const TxnRequest& txn = *begin.txn;
  look_up(txn.sender);
  if (txn.to) {
    look_up(*txn.to);
    look_up_delegate(*txn.to);
  } else {
    look_up(primitives::contract_address(txn.sender, txn.nonce));
  }
  look_up(begin.block.coinbase);
  for (const Authorization& authorization : txn.authorizations) {
    if (const auto signer = primitives::recover_authority(authorization)) look_up(*signer);
  }
}

void PrestateTracer::look_up(const Address& address) {
  const auto [place, added] = before_.try_emplace(address);
  if (!added) return;
  WorldAccount& account = world_->account(address);
  Snapshot& out = place->second;
  out.balance = account.balance;
  out.nonce = account.nonce;
  if (account.has_code()) {
    out.code_hash = account.code_hash;
    out.code = world_->code(account);
  }
  out.empty = account.is_empty();
  grow(kAccountBytes + (out.code && !options_.disable_code ? 2 * out.code->size() : 0));
}

void PrestateTracer::look_up_delegate(const Address& address) {
  WorldAccount& account = world_->account(address);
  if (!account.has_code()) return;
  if (const auto target = primitives::delegation(*world_->code(account))) look_up(*target);
}

void PrestateTracer::look_up_slot(const Address& address, const U256& key) {
  look_up(address);
  if (options_.disable_storage) return;
  const auto [place, added] = before_[address].storage.try_emplace(key.to_fixed<Hash256>());
  if (!added) return;
  place->second = world_->slot(world_->account(address), key).current.to_fixed<Hash256>();
  grow(kSlotBytes);
}

void PrestateTracer::on_enter(const TraceEnter& enter) {
  // A call without a transaction: its parties are known only here.
  if (enter.depth != 0) return;
  look_up(enter.from);
  look_up(enter.to);
}

void PrestateTracer::look_up_creation(const TraceStep& step) {
  const WorldAccount& creator = world_->account(step.address);
  if (static_cast<Opcode>(step.opcode) == Opcode::Create) {
    return look_up(primitives::contract_address(step.address, creator.nonce));
  }
  const auto from_top = [&](std::size_t i) { return step.stack[step.stack.size() - 1 - i]; };
  const U256 offset = from_top(1);
  const U256 size = from_top(2);
  // Init code of more than this is refused, and so creates nothing.
  constexpr std::uint64_t kInitCodeMax = 0xc000;
  if (U256{kInitCodeMax} < size || U256{kMemoryMax} < offset) return;
  Bytes init_code(size.low64());
  for (std::size_t i = 0; i < init_code.size(); ++i) {
    const std::uint64_t place = offset.low64() + i;
    init_code[i] = place < step.memory.size() ? step.memory[place] : 0;
  }
  look_up(creation2_address(step.address, from_top(3), init_code));
}

void PrestateTracer::on_step(const TraceStep& step) {
  const std::size_t height = step.stack.size();
  switch (static_cast<Opcode>(step.opcode)) {
    case Opcode::Sload:
    case Opcode::Sstore:
      if (height >= 1) look_up_slot(step.address, step.stack.back());
      break;
    case Opcode::Balance:
    case Opcode::Extcodecopy:
    case Opcode::Extcodehash:
    case Opcode::Extcodesize:
    case Opcode::Selfdestruct:
      if (height >= 1) look_up(to_address(step.stack.back()));
      break;
    case Opcode::Call:
    case Opcode::Callcode:
    case Opcode::Delegatecall:
    case Opcode::Staticcall:
      if (height < 5) break;
      look_up(to_address(step.stack[height - 2]));
      look_up_delegate(to_address(step.stack[height - 2]));
      break;
    case Opcode::Create:
    case Opcode::Create2:
      if (height >= 4) look_up_creation(step);
      break;
    default:
      break;
  }
}

std::optional<PrestateTracer::Snapshot> PrestateTracer::difference(const Address& address,
                                                                   Snapshot& before) {
  WorldAccount& account = world_->account(address);
  Snapshot after;
  bool modified = false;
  if (account.balance != *before.balance) {
    modified = true;
    after.balance = account.balance;
  }
  if (account.nonce != before.nonce) {
    modified = true;
    after.nonce = account.nonce;
  }
  if (account.code_hash != before.code_hash.value_or(state::kEmptyCodeHash)) {
    modified = true;
    after.code_hash = account.code_hash;
    after.code = world_->code(account);  // "0x" where code is gone
  }
  for (auto it = before.storage.begin(); it != before.storage.end();) {
    const Hash256 now =
        world_->slot(account, U256::from_fixed(it->first)).current.to_fixed<Hash256>();
    const bool changed = now != it->second;
    modified = modified || changed;
    if (changed && !now.is_zero()) after.storage.emplace(it->first, now);
    // Slots that are the same, or were empty, say nothing.
    it = !changed || it->second.is_zero() ? before.storage.erase(it) : std::next(it);
  }
  if (!modified) return std::nullopt;
  return after;
}

void PrestateTracer::split() {
  for (auto it = before_.begin(); it != before_.end();) {
    // What is gone was destroyed, and has no state after. A SELFDESTRUCT that was undone, or of an
    // account older than the transaction (EIP-6780), leaves it there.
    if (!it->second.empty && !world_->account(it->first).exists) {
      ++it;
      continue;
    }
    auto after = difference(it->first, it->second);
    if (!after) {
      it = before_.erase(it);
      continue;
    }
    after_.emplace(it->first, *std::move(after));
    ++it;
  }
}

void PrestateTracer::on_end(const TraceEnd& /*end*/) {
  if (options_.diff_mode) split();
  if (options_.include_empty) return;
  std::erase_if(before_, [](const auto& entry) { return entry.second.empty; });
}

void PrestateTracer::put(std::string& out, const Snapshots& accounts) const {
  out += '{';
  for (const auto& [address, account] : accounts) {
    put_key(out, to_hex_prefixed(address.view()));
    out += '{';
    if (account.balance) {
      put_key(out, "balance");
      put_quantity(out, *account.balance);
    }
    if (account.code && !options_.disable_code) {
      put_key(out, "code");
      put_hex(out, *account.code);
    }
    if (account.code_hash) {
      put_key(out, "codeHash");
      put_hex(out, account.code_hash->view());
    }
    if (account.nonce != 0) {
      put_key(out, "nonce");
      out += std::to_string(account.nonce);
    }
    if (!account.storage.empty()) {
      put_key(out, "storage");
      out += '{';
      for (const auto& [slot, word] : account.storage) {
        put_key(out, to_hex_prefixed(slot.view()));
        put_hex(out, word.view());
      }
      out += '}';
    }
    out += '}';
  }
  out += '}';
}

std::string PrestateTracer::json() {
  std::string out;
  if (!options_.diff_mode) {
    put(out, before_);
    return out;
  }
  out += R"({"post":)";
  put(out, after_);
  out += R"(,"pre":)";
  put(out, before_);
  return out + "}";
}

}  // namespace ol::evm
