#include <ol/execution/context.hpp>

#include <ol/evm/schedule.hpp>
#include <ol/execution/engine.hpp>

namespace ol::execution {

BlockContext next_block_context(primitives::ChainId chain_id, const primitives::EvmHeader& parent,
                                primitives::TimeMs time, const Address& coinbase,
                                const primitives::BlockHash& consensus_hash,
                                const evm::BlockHashes* ancestors) {
  BlockContext out;
  out.chain_id = chain_id;
  out.height = primitives::Height(parent.number).next();
  out.time = time;
  out.coinbase = coinbase;
  out.base_fee = primitives::next_base_fee(parent);
  out.gas_limit = parent.gas_limit;
  out.parent = parent;
  out.consensus_hash = consensus_hash;
  out.prev_randao = Hash256::from(parent.extra_data).value_or(Hash256{});
  out.ancestors = ancestors;
  return out;
}

BlockContext replay_context(primitives::ChainId chain_id, const primitives::EvmHeader& parent,
                            const primitives::EvmHeader& block, const evm::BlockHashes* ancestors) {
  BlockContext out;
  out.chain_id = chain_id;
  out.height = primitives::Height(block.number);
  out.time = primitives::TimeMs(block.timestamp * 1000);
  out.coinbase = block.coinbase;
  out.base_fee = block.base_fee;
  out.gas_limit = block.gas_limit;
  out.parent = parent;
  out.consensus_hash =
      primitives::BlockHash::from(block.extra_data).value_or(primitives::BlockHash{});
  out.prev_randao = block.prev_randao;
  out.ancestors = ancestors;
  return out;
}

primitives::BlockTerms next_block_terms(const primitives::Genesis& genesis,
                                        const primitives::EvmHeader& parent) {
  const evm::Schedule& rules = evm::schedule(evm_revision(genesis.revision));
  return {.chain_id = genesis.domain.chain_id,
          .gas_limit = parent.gas_limit,
          .base_fee = primitives::next_base_fee(parent),
          .txn_gas_max = rules.transaction_gas_max};
}

Engine::Engine(primitives::Revision revision, std::uint64_t seed, evm::Engine kind)
    : evm_(evm_revision(revision), kind), seed_(seed) {}

evm::Revision evm_revision(primitives::Revision revision) {
  switch (revision) {
    case primitives::Revision::Prague:
      return evm::Revision::Prague;
    case primitives::Revision::Osaka:
      return evm::Revision::Osaka;
  }
  OL_CHECK(false, "unknown Revision");
}

}  // namespace ol::execution
