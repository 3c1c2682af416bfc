// Instructions that ask about the transaction, the block and other accounts.
#include "operations.hpp"

#include "machine.hpp"

namespace ol::evm::operations {
namespace {

/// BLOCKHASH knows this many ancestors (Yellow Paper appendix H.2).
constexpr std::uint64_t kHashesKnown = 256;

/// The account that the top word names, charged for (EIP-2929), or null when out of gas.
WorldAccount* reach(Frame& frame, const U256& word) {
  Machine& machine = frame.machine;
  WorldAccount& account = machine.world().account(to_address(word));
  if (!machine.charge_access(frame, account, machine.rules().cold_account)) return nullptr;
  return &account;
}

}  // namespace

bool address(Frame& frame, U256* top) {
  top[1] = to_word(frame.message.recipient->address);
  return true;
}

bool caller(Frame& frame, U256* top) {
  top[1] = to_word(frame.message.sender->address);
  return true;
}

bool origin(Frame& frame, U256* top) {
  top[1] = to_word(frame.machine.txn().origin);
  return true;
}

bool gasprice(Frame& frame, U256* top) {
  top[1] = frame.machine.txn().gas_price;
  return true;
}

bool coinbase(Frame& frame, U256* top) {
  top[1] = to_word(frame.machine.block().coinbase);
  return true;
}

bool timestamp(Frame& frame, U256* top) {
  top[1] = frame.machine.block().timestamp;
  return true;
}

bool number(Frame& frame, U256* top) {
  top[1] = frame.machine.block().number;
  return true;
}

bool prevrandao(Frame& frame, U256* top) {
  top[1] = frame.machine.block().prev_randao;
  return true;
}

bool gaslimit(Frame& frame, U256* top) {
  top[1] = frame.machine.block().gas_limit;
  return true;
}

bool chainid(Frame& frame, U256* top) {
  top[1] = frame.machine.block().chain_id;
  return true;
}

bool selfbalance(Frame& frame, U256* top) {
  top[1] = frame.message.recipient->balance;
  return true;
}

bool basefee(Frame& frame, U256* top) {
  top[1] = frame.machine.block().base_fee;
  return true;
}

bool blobbasefee(Frame& frame, U256* top) {
  top[1] = frame.machine.block().blob_base_fee;
  return true;
}

bool blobhash(Frame& frame, U256* top) {
  const auto hashes = frame.machine.txn().blob_hashes;
  top[0] = top[0] < U256{hashes.size()} ? U256::from_fixed(hashes[top[0].low64()]) : U256{};
  return true;
}

bool blockhash(Frame& frame, U256* top) {
  const BlockEnv& block = frame.machine.block();
  const U256 wanted = top[0];
  top[0] = {};
  if (block.hashes == nullptr || !(wanted < U256{block.number})) return true;
  if (block.number - wanted.low64() > kHashesKnown) return true;
  const auto hash = block.hashes->block_hash(wanted.low64());
  if (hash) {
    top[0] = U256::from_fixed(*hash);
  } else {
    frame.machine.world().note(hash.error());
  }
  return true;
}

bool balance(Frame& frame, U256* top) {
  const WorldAccount* const account = reach(frame, top[0]);
  if (account == nullptr) return false;
  top[0] = account->balance;
  return true;
}

bool extcodesize(Frame& frame, U256* top) {
  WorldAccount* const account = reach(frame, top[0]);
  if (account == nullptr) return false;
  top[0] = account->has_code() ? frame.machine.world().code(*account)->size() : 0;
  return true;
}

bool extcodehash(Frame& frame, U256* top) {
  const WorldAccount* const account = reach(frame, top[0]);
  if (account == nullptr) return false;
  // EIP-1052: zero for an account that is not there or is empty (EIP-161).
  const bool there = account->exists && !account->is_empty();
  top[0] = there ? U256::from_fixed(account->code_hash) : U256{};
  return true;
}

}  // namespace ol::evm::operations
