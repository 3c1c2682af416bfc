#pragma once

#include <gtest/gtest.h>

#include <ol/execution/execute.hpp>
#include <ol/execution/genesis_state.hpp>
#include <ol/execution/system_contracts.hpp>
#include <ol/state/memory_state.hpp>
#include <ol/state/state_root.hpp>

#include "txns.hpp"

namespace ol::execution::test {

/// A chain of one node in memory. Accounts 0 to 3 are rich.
class Chain : public evm::BlockHashes {
 public:
  explicit Chain(std::uint64_t seed = 1) : engine(primitives::Revision::Prague, seed) {
    primitives::Genesis genesis;
    for (std::uint8_t i = 0; i < 4; ++i)
      genesis.balances[address(i)] = U256(1'000'000'000'000);
    genesis.contracts = system_contracts();
    const GenesisState start = genesis_state(genesis);
    state.apply(start.diff);
    state.apply(start.diff.trie);
    head.state_root = start.root;
    head.gas_limit = 30'000'000;
    head.base_fee = U256(10);
    headers.push_back(head);
  }

  [[nodiscard]] BlockContext context() const {
    return next_block_context(kChain, head, primitives::TimeMs(1'700'000'000'000 + head.number),
                              Address{{0xc0}}, primitives::BlockHash{{0xbb}}, this);
  }

  /// Executes a block of `txns` and keeps what it left.
  ExecutedBlock mine(const std::vector<TxnPtr>& txns) {
    auto out = execute_block(engine, state, state, context(), txns);
    EXPECT_TRUE(out) << (out ? "" : describe(out.error()));
    state.apply(out->diff);
    state.apply(out->diff.trie);
    head = out->header;
    headers.push_back(head);
    return *std::move(out);
  }

  Result<Hash256, state::StateError> block_hash(std::uint64_t number) const override {
    return retag<Hash256>(primitives::evm_header_hash(headers.at(number)));
  }

  [[nodiscard]] U256 slot(const Address& who, std::uint64_t key) const {
    return *state.storage(who, U256(key).to_fixed<Hash256>());
  }

  /// The root of everything in `state`, built from nothing.
  [[nodiscard]] Hash256 root_from_scratch() const {
    state::StateDiff everything;
    for (const auto& [who, account] : state.accounts()) {
      everything.accounts[who] = account;
      everything.accounts[who]->storage_root = state::kEmptyTrieRoot;
    }
    everything.storage = state.slots();
    const state::MemoryState nothing;
    return *state::update_state_root(nothing, nothing, state::kEmptyTrieRoot, everything);
  }

  Engine engine;
  state::MemoryState state;
  primitives::EvmHeader head;
  std::vector<primitives::EvmHeader> headers;
};

// ---- Contracts, by hand.

/// Adds 1 to slot 0, logs the sum under topic 0x77 and returns it.
inline constexpr std::string_view kCounter = "60005460010180600055600052607760206000a160206000f3";
/// Reverts with the word 42.
inline constexpr std::string_view kReverts = "602a60005260206000fd";
/// Creates what the input says, with salt 5, and returns the address.
inline constexpr std::string_view kFactory = "36600060003760053660006000f560005260206000f3";
/// Returns BLOCKHASH of the input.
inline constexpr std::string_view kBlockHash = "6000354060005260206000f3";
/// Returns BASEFEE, NUMBER and SELFBALANCE.
inline constexpr std::string_view kEnvironment = "48600052436020524760405260606000f3";
/// Runs for as long as there is gas.
inline constexpr std::string_view kLoops = "5b600056";

/// Init code that deploys `runtime`.
inline Bytes deployer(std::string_view runtime) {
  const Bytes code = *from_hex(runtime);
  const auto size = static_cast<std::uint8_t>(code.size());
  Bytes out = {0x60, size, 0x60, 0x0c, 0x60, 0x00, 0x39, 0x60, size, 0x60, 0x00, 0xf3};
  append(out, code);
  return out;
}

inline primitives::Transaction creation(std::uint64_t nonce, Bytes init_code) {
  primitives::Transaction out = transfer(nonce, Address{});
  out.to.reset();
  out.value = U256(0);
  out.gas_limit = 500'000;
  out.data = std::move(init_code);
  return out;
}

inline primitives::Transaction invocation(std::uint64_t nonce, const Address& to,
                                          Bytes input = {}) {
  primitives::Transaction out = transfer(nonce, to);
  out.value = U256(0);
  out.gas_limit = 300'000;
  out.data = std::move(input);
  return out;
}

inline Bytes word(std::uint64_t value) {
  return to_bytes(U256(value).to_fixed<Hash256>().view());
}

}  // namespace ol::execution::test
