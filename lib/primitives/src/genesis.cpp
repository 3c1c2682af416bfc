#include <ol/primitives/genesis.hpp>

#include "digest.hpp"
#include "genesis_rules.hpp"

namespace ol::primitives {
namespace {

// docs/protocol/genesis.md, "Binary encoding".
constexpr std::uint16_t kGenesisVersion = 1;
// With the two fields on leaders. Chains that lead as version 1 does keep its encoding and hash.
constexpr std::uint16_t kGenesisVersionLeaders = 2;
// With revision and contracts. Chains that start without contracts, under the first rules, keep
// their encoding and hash.
constexpr std::uint16_t kGenesisVersionContracts = 3;
// With slots, crash_only and how timeouts grow. Chains that use none of them keep theirs.
constexpr std::uint16_t kGenesisVersionRules = 4;
// With an exchange. Chains without one keep theirs.
constexpr std::uint16_t kGenesisVersionExchange = 5;
// With heights at which the exchange's rules change, and an order of actions. Exchanges without
// them keep theirs.
constexpr std::uint16_t kGenesisVersionUpgrades = 6;

bool leads_as_version_one(const Genesis& genesis) {
  return genesis.leaders == LeaderKind::RoundRobin && !genesis.leader_reputation;
}

bool waits_as_version_one(const Genesis& genesis) {
  return !genesis.slots && !genesis.crash_only &&
         genesis.pace.timeout_growth_percent == PaceParams{}.timeout_growth_percent;
}

std::uint16_t version_of(const Genesis& genesis) {
  const bool has_rules = genesis.exchange && (!genesis.exchange->upgrade_heights.empty() ||
                                              genesis.exchange->hash_order);
  if (has_rules) return kGenesisVersionUpgrades;
  if (genesis.exchange) return kGenesisVersionExchange;
  if (!waits_as_version_one(genesis)) return kGenesisVersionRules;
  const bool has_contracts = genesis.revision != Revision::Prague || !genesis.contracts.empty();
  if (has_contracts) return kGenesisVersionContracts;
  return leads_as_version_one(genesis) ? kGenesisVersion : kGenesisVersionLeaders;
}

void encode(Writer& out, const GenesisContract& contract) {
  out.u64(contract.nonce).blob(contract.code);
  out.u32(static_cast<std::uint32_t>(contract.storage.size()));
  for (const auto& [slot, value] : contract.storage)
    out.fixed(slot).raw(value.to_big_endian());
}

void encode(Writer& out, const PaceParams& pace) {
  out.u64(pace.timeout_base_ms)
      .u64(pace.timeout_max_ms)
      .u64(pace.min_block_interval_ms)
      .u64(pace.empty_block_interval_ms);
}

void encode(Writer& out, const Validator& validator) {
  out.blob(as_bytes(validator.name))
      .strong(validator.weight)
      .fixed(validator.key)
      .raw(validator.bls_key.to_bytes())
      .fixed(validator.network_key)
      .fixed(validator.fee_recipient);
}

void encode(Writer& out, const Genesis& genesis) {
  const std::uint16_t version = version_of(genesis);
  out.u16(version)
      .strong(genesis.domain.chain_id)
      .u8(static_cast<std::uint8_t>(genesis.domain.hash))
      .blob(as_bytes(genesis.chain_name))
      .u8(static_cast<std::uint8_t>(genesis.profile))
      .u8(static_cast<std::uint8_t>(genesis.commit_rule))
      .u8(static_cast<std::uint8_t>(genesis.scheme));
  if (version >= kGenesisVersionLeaders) {
    out.u8(static_cast<std::uint8_t>(genesis.leaders)).u8(genesis.leader_reputation ? 1 : 0);
  }
  out.strong(genesis.time);
  encode(out, genesis.pace);
  out.u64(genesis.gas_limit).raw(genesis.base_fee.to_big_endian()).u8(genesis.devnet ? 1 : 0);
  out.u32(static_cast<std::uint32_t>(genesis.validators.size()));
  for (const Validator& one : genesis.validators)
    encode(out, one);
  out.u32(static_cast<std::uint32_t>(genesis.possession_proofs.size()));
  for (const auto& proof : genesis.possession_proofs)
    out.raw(proof.to_bytes());
  out.u32(static_cast<std::uint32_t>(genesis.verification_vector.size()));
  for (const auto& point : genesis.verification_vector)
    out.raw(point.to_bytes());
  out.u32(static_cast<std::uint32_t>(genesis.balances.size()));
  for (const auto& [address, balance] : genesis.balances) {
    out.fixed(address).raw(balance.to_big_endian());
  }
  if (version < kGenesisVersionContracts) return;
  out.u8(static_cast<std::uint8_t>(genesis.revision));
  out.u32(static_cast<std::uint32_t>(genesis.contracts.size()));
  for (const auto& [address, contract] : genesis.contracts) {
    out.fixed(address);
    encode(out, contract);
  }
  if (version < kGenesisVersionRules) return;
  out.u64(genesis.pace.timeout_growth_percent).u8(genesis.crash_only ? 1 : 0);
  out.u8(genesis.slots ? 1 : 0);
  if (genesis.slots) out.u64(genesis.slots->slot_ms).u64(genesis.slots->phase_ms);
  if (version >= kGenesisVersionExchange) encode(out, *genesis.exchange);
}

QuorumCertificate synthetic_certificate(const Genesis& genesis, const BlockHash& block) {
  QuorumCertificate out;
  out.subject.set_hash = genesis_validator_set(genesis).hash(genesis.domain);
  out.subject.block = block;
  return out;
}

}  // namespace

QuorumRule quorum_rule(Profile profile) {
  switch (profile) {
    case Profile::OpenLiquid:
      return QuorumRule::Unit;
    case Profile::L1:
      return QuorumRule::MoreThanTwoThirds;
    case Profile::Timecoin:
      return QuorumRule::AtLeastTwoThirds;
  }
  OL_CHECK(false, "unknown Profile");
}

CommitRule default_rule(Profile profile) {
  switch (profile) {
    case Profile::OpenLiquid:
      return CommitRule::ThreeChain;
    case Profile::L1:
      return CommitRule::TwoChain;
    case Profile::Timecoin:
      return CommitRule::TwoPhase;
  }
  OL_CHECK(false, "unknown Profile");
}

ValidatorSet genesis_validator_set(const Genesis& genesis) {
  auto set = ValidatorSet::make(Epoch(0), quorum_rule(genesis.profile), genesis.validators);
  OL_CHECK(set.has_value(), "genesis was validated: its validators form a set");
  return *std::move(set);
}

Hash256 genesis_hash(const Genesis& genesis) {
  Digest digest(genesis.domain, "openliquid/genesis/v1");
  encode(digest.fields(), genesis);
  return digest.finish();
}

Block genesis_block(const Genesis& genesis, const Hash256& state_root) {
  Header header;
  header.chain_id = genesis.domain.chain_id;
  header.parent = retag<BlockHash>(genesis_hash(genesis));
  // The certificate of "nothing": the block before genesis does not exist.
  header.justify = synthetic_certificate(genesis, BlockHash{});
  header.time = genesis.time;
  header.parent_state_root = state_root;
  header.parent_receipts_root = kEmptyTrieRoot;
  header.set_hash = header.justify.subject.set_hash;
  return Block::propose(genesis.domain, std::move(header), {});
}

QuorumCertificate genesis_certificate(const Genesis& genesis, const BlockHash& genesis_block) {
  return synthetic_certificate(genesis, genesis_block);
}

EvmHeader genesis_evm_header(const Genesis& genesis, const Hash256& state_root,
                             const BlockHash& genesis_block) {
  EvmHeader out;
  out.state_root = state_root;
  out.transactions_root = kEmptyTrieRoot;
  out.receipts_root = kEmptyTrieRoot;
  out.gas_limit = genesis.gas_limit;
  out.timestamp = genesis.time.value() / 1000;
  out.extra_data = to_bytes(genesis_block.view());
  out.base_fee = genesis.base_fee;
  return out;
}

}  // namespace ol::primitives
