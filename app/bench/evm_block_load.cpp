#include "bench/evm_block_load.hpp"

#include <ol/base/codec.hpp>
#include <ol/crypto/hash.hpp>
#include <ol/execution/system_contracts.hpp>
#include <ol/primitives/signing.hpp>

#include "bench/block_contracts.hpp"
#include "command.hpp"

namespace ol::app::bench {
namespace {

constexpr std::uint64_t kChainId = 7777;
const Address kFirstToken{{0x70, 1}};
const Address kSecondToken{{0x70, 2}};
const Address kPool{{0x70, 3}};

/// Keys anyone can derive: they hold nothing outside the benchmark's own chain.
crypto::Secp256k1SecretKey key_of(std::uint32_t account) {
  Writer seed;
  seed.blob(as_bytes("openliquid block benchmark account")).u32(account);
  auto key = crypto::Secp256k1SecretKey::from_bytes(crypto::blake3(seed.bytes()).view());
  if (!key) throw CommandError("an account of the benchmark has no key");
  return *std::move(key);
}

primitives::GenesisContract contract(Bytes code) {
  primitives::GenesisContract out;
  out.code = std::move(code);
  return out;
}

void fund(primitives::Genesis& genesis, const std::vector<Address>& holders) {
  const U256 ether(1'000'000'000'000'000'000ULL);
  const U256 plenty = U256(1'000'000) * ether;
  primitives::GenesisContract first = contract(token_code());
  primitives::GenesisContract second = contract(token_code());
  primitives::GenesisContract pool = contract(pool_code(kFirstToken, kSecondToken));
  for (const Address& holder : holders) {
    genesis.balances[holder] = plenty;
    first.storage[balance_slot(holder)] = plenty;
    first.storage[allowance_slot(holder, kPool)] = U256::max();
  }
  const U256 reserve = U256(1'000) * plenty;
  pool.storage[Hash256{}] = reserve;
  pool.storage[U256(1).to_fixed<Hash256>()] = reserve;
  first.storage[balance_slot(kPool)] = reserve;
  second.storage[balance_slot(kPool)] = reserve;
  genesis.contracts = execution::system_contracts();
  genesis.contracts[kFirstToken] = std::move(first);
  genesis.contracts[kSecondToken] = std::move(second);
  genesis.contracts[kPool] = std::move(pool);
}

primitives::Transaction make_txn(const std::string& load, const Address& other) {
  primitives::Transaction out;
  out.type = primitives::TxnType::DynamicFee;
  out.chain_id = kChainId;
  out.max_priority_fee_per_gas = U256(1'000'000'000);
  out.max_fee_per_gas = U256(1'000) * U256(1'000'000'000);
  out.gas_limit = 21'000;
  out.to = other;
  out.value = U256(1);
  if (load == "transfer") return out;
  const bool swaps = load == "swap";
  out.gas_limit = 200'000;
  out.value = U256(0);
  out.to = swaps ? kPool : kFirstToken;
  out.data = swaps ? swap_input(U256(1'000'000)) : transfer_input(other, U256(1'000));
  return out;
}

}  // namespace

EvmBlockLoad make_evm_block_load(const EvmBlockOptions& options) {
  EvmBlockLoad out;
  out.genesis.domain.chain_id = primitives::ChainId(kChainId);
  out.genesis.chain_name = "openliquid-bench";
  out.genesis.gas_limit = 1'000'000'000;
  out.genesis.base_fee = U256(1'000'000'000);
  std::vector<crypto::Secp256k1SecretKey> keys;
  std::vector<Address> addresses;
  for (std::uint32_t i = 0; i < options.accounts; ++i) {
    keys.push_back(key_of(i));
    addresses.push_back(keys.back().address());
  }
  fund(out.genesis, addresses);
  std::uint32_t next = 0;
  for (std::uint32_t block = 0; block < options.blocks; ++block) {
    out.blocks.emplace_back();
    for (std::uint32_t i = 0; i < options.txns; ++i, ++next) {
      const std::uint32_t from = next % options.accounts;
      // Neighbours in a block are strangers in the tries.
      const std::uint32_t to = (from * 7'919U + 1U) % options.accounts;
      primitives::Transaction txn = make_txn(options.load, addresses[to]);
      txn.nonce = next / options.accounts;
      out.blocks.back().push_back(primitives::sign_transaction(std::move(txn), keys[from]));
    }
  }
  return out;
}

}  // namespace ol::app::bench
