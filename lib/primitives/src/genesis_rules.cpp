#include "genesis_rules.hpp"

#include <algorithm>
#include <set>
#include <string>

#include <ol/base/hex.hpp>
#include <ol/primitives/fault_budget.hpp>

namespace ol::primitives {
namespace {

using Check = Result<void, GenesisError>;

std::unexpected<GenesisError> refuse(std::string message) {
  return fail(GenesisError{"genesis: " + std::move(message)});
}

std::string validator_field(std::size_t index, const char* field) {
  return "validators[" + std::to_string(index) + "]." + field;
}

bool is_name(const std::string& text) {
  const auto printable = [](char c) { return c >= ' ' && c <= '~'; };
  return !text.empty() && text.size() <= kNameBytesMax &&
         std::all_of(text.begin(), text.end(), printable);
}

Check check_range(const char* field, std::uint64_t value, std::uint64_t low, std::uint64_t high) {
  if (value >= low && value <= high) return {};
  return refuse(std::string(field) + " is " + std::to_string(value) + "; allowed are " +
                std::to_string(low) + " to " + std::to_string(high));
}

Check check_pace(const PaceParams& pace) {
  OL_TRY_VOID(check_range("pace.timeout_base_ms", pace.timeout_base_ms, 1, kPaceMax));
  OL_TRY_VOID(
      check_range("pace.timeout_max_ms", pace.timeout_max_ms, pace.timeout_base_ms, kPaceMax));
  OL_TRY_VOID(check_range("pace.min_block_interval_ms", pace.min_block_interval_ms, 0,
                          pace.timeout_base_ms - 1));
  OL_TRY_VOID(check_range("pace.empty_block_interval_ms", pace.empty_block_interval_ms,
                          pace.min_block_interval_ms, pace.timeout_base_ms));
  return check_range("pace.timeout_growth_percent", pace.timeout_growth_percent, 100, 1000);
}

// A commit rule and what it needs around it.
Check check_rule(const Genesis& genesis) {
  const bool slotted = genesis.commit_rule == CommitRule::TwoPhase;
  if (slotted && !genesis.slots) {
    return refuse("commit_rule two-phase votes in slots; slots must say how long they are");
  }
  if (!slotted && genesis.slots) {
    return refuse("slots belong to commit_rule two-phase; leave them out");
  }
  if (!slotted && genesis.profile == Profile::Timecoin) {
    return refuse("profile timecoin has blocks in slots; its commit_rule must be two-phase");
  }
  const bool vrf = genesis.leaders == LeaderKind::Vrf;
  if (vrf && slotted) {
    return refuse(
        "leaders vrf is of chained rules: a slot's proposals would all have to be compared before "
        "the first vote; name round-robin or stake-weighted");
  }
  if (vrf && genesis.leader_reputation) {
    return refuse(
        "leader_reputation passes over leaders that are known long ahead; with leaders vrf leave "
        "it out");
  }
  if (!slotted) return {};
  if (genesis.leader_reputation) {
    return refuse(
        "leader_reputation is of chained rules; the leaders of a slot stand in for each "
        "other");
  }
  OL_TRY_VOID(check_range("slots.slot_ms", genesis.slots->slot_ms, 2, kPaceMax));
  return check_range("slots.phase_ms", genesis.slots->phase_ms, 1, genesis.slots->slot_ms / 2);
}

Check check_header_fields(const Genesis& genesis) {
  OL_TRY_VOID(check_range("chain_id", genesis.domain.chain_id.value(), 1, kChainIdMax));
  if (!is_name(genesis.chain_name)) {
    return refuse("chain_name must be 1 to 64 printable ASCII characters");
  }
  OL_TRY_VOID(check_range("gas_limit", genesis.gas_limit, kGasLimitMin, kGasLimitMax));
  if (!genesis.base_fee.fits_u128()) return refuse("base_fee must be below 2^128 wei");
  return check_pace(genesis.pace);
}

/// Names each validator whose `key_of` is already taken.
template <typename KeyOf>
Check check_distinct(const Genesis& genesis, const char* field, KeyOf key_of) {
  std::set<Bytes> seen;
  for (std::size_t i = 0; i < genesis.validators.size(); ++i) {
    if (seen.insert(to_bytes(key_of(genesis.validators[i]))).second) continue;
    return refuse(validator_field(i, field) + " is used twice; every validator needs its own");
  }
  return {};
}

Check check_one_validator(const Genesis& genesis, std::size_t i) {
  const Validator& one = genesis.validators[i];
  if (!is_name(one.name)) {
    return refuse(validator_field(i, "name") + " must be 1 to 64 printable ASCII characters");
  }
  if (genesis.profile == Profile::OpenLiquid && one.weight != Weight(1)) {
    return refuse(validator_field(i, "weight") + " must be 1 in profile openliquid");
  }
  if (one.weight == Weight(0)) {
    return refuse(validator_field(i, "weight") + " must not be 0; whoever has no weight follows");
  }
  // Without it one validator could choose a key that cancels the others' (trap T22).
  if (!crypto::verify_possession(one.bls_key, genesis.possession_proofs[i])) {
    return refuse(validator_field(i, "possession_proof") + " does not prove possession of bls_key");
  }
  return {};
}

Check check_validators(const Genesis& genesis) {
  const std::size_t n = genesis.validators.size();
  OL_TRY_VOID(check_range("number of validators", n, 1, kValidatorsMax));
  if (genesis.possession_proofs.size() != n) {
    return refuse("every validator needs one possession_proof");
  }
  OL_TRY_VOID(check_distinct(genesis, "name", [](const Validator& v) { return as_bytes(v.name); }));
  OL_TRY_VOID(check_distinct(genesis, "key", [](const Validator& v) { return v.key.view(); }));
  OL_TRY_VOID(
      check_distinct(genesis, "bls_key", [](const Validator& v) { return v.bls_key.to_bytes(); }));
  OL_TRY_VOID(check_distinct(genesis, "network_key",
                             [](const Validator& v) { return v.network_key.view(); }));
  for (std::size_t i = 0; i < n; ++i)
    OL_TRY_VOID(check_one_validator(genesis, i));
  return {};
}

// Where any one liar can make two blocks final, the file must say that nobody lies. A set with some
// validator of a third or more is accepted; nodes warn of it.
Check check_budget(const Genesis& genesis) {
  const auto set = ValidatorSet::make(Epoch(0), quorum_rule(genesis.profile), genesis.validators);
  if (!set) return refuse("the weights add up to more than 2^64 - 1");
  const std::uint64_t tolerated = fault_budget(*set).byzantine_weight;
  const auto fits = [&](const Validator& one) { return one.weight.value() <= tolerated; };
  if (genesis.crash_only || std::any_of(genesis.validators.begin(), genesis.validators.end(), fits))
    return {};
  return refuse(std::to_string(set->size()) +
                " validators of these weights tolerate no Byzantine one: add validators (four of "
                "equal weight tolerate one), or set crash_only to true if none can ever lie");
}

Check check_scheme(const Genesis& genesis) {
  const std::size_t length = genesis.verification_vector.size();
  switch (genesis.scheme) {
    case SchemeKind::BlsThreshold: {
      if (genesis.profile != Profile::OpenLiquid) {
        return refuse(
            "certificate_scheme bls-threshold counts validators, not weights; use "
            "bls-multisig or ed25519-list");
      }
      const auto quorum = unit_quorum(static_cast<std::uint32_t>(genesis.validators.size()));
      if (length == quorum) return {};
      return refuse("verification_vector has " + std::to_string(length) +
                    " points; bls-threshold " + "with " +
                    std::to_string(genesis.validators.size()) + " validators needs " +
                    std::to_string(quorum));
    }
    case SchemeKind::BlsMultisig:
    case SchemeKind::Ed25519List:
      if (length == 0) return {};
      return refuse("verification_vector belongs to bls-threshold; leave it out");
  }
  OL_CHECK(false, "unknown SchemeKind");
}

Check check_balances(const Genesis& genesis) {
  U256 total;
  for (const auto& [address, balance] : genesis.balances) {
    const auto sum = checked_add(total, balance);
    if (!sum) return refuse("the balances add up to more than 2^256 - 1 wei");
    total = *sum;
  }
  return {};
}

// What execution takes for granted of every contract, as if it had been deployed.
Check check_contracts(const Genesis& genesis) {
  for (const auto& [address, contract] : genesis.contracts) {
    const std::string path = "contracts." + to_hex_prefixed(address.view());
    if (contract.code.empty() || contract.code.size() > kCodeBytesMax) {
      return refuse(path + ".code has " + std::to_string(contract.code.size()) +
                    " bytes; allowed are 1 to " + std::to_string(kCodeBytesMax));
    }
    if (contract.nonce == 0 || contract.nonce == ~std::uint64_t{0}) {
      return refuse(path + ".nonce must be 1 to 2^64 - 2");
    }
    for (const auto& [slot, value] : contract.storage) {
      if (value.is_zero()) return refuse(path + ".storage holds a zero; leave such slots out");
    }
  }
  return {};
}

}  // namespace

Check check_members(const Genesis& genesis) {
  OL_TRY_VOID(check_validators(genesis));
  OL_TRY_VOID(check_budget(genesis));
  return check_scheme(genesis);
}

Check check_genesis(const Genesis& genesis) {
  OL_TRY_VOID(check_header_fields(genesis));
  OL_TRY_VOID(check_rule(genesis));
  OL_TRY_VOID(check_members(genesis));
  OL_TRY_VOID(check_balances(genesis));
  OL_TRY_VOID(check_contracts(genesis));
  return check_exchange(genesis);
}

}  // namespace ol::primitives
