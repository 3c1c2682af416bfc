#include "genesis_rules.hpp"

#include <set>
#include <string>

#include <ol/base/hex.hpp>

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
  return check_range("pace.empty_block_interval_ms", pace.empty_block_interval_ms,
                     pace.min_block_interval_ms, pace.timeout_base_ms);
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
  if (one.weight != Weight(1)) {
    return refuse(validator_field(i, "weight") + " must be 1 in profile openliquid");
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

Check check_scheme(const Genesis& genesis) {
  const std::size_t length = genesis.verification_vector.size();
  switch (genesis.scheme) {
    case SchemeKind::BlsThreshold: {
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

Check check_genesis(const Genesis& genesis) {
  OL_TRY_VOID(check_header_fields(genesis));
  OL_TRY_VOID(check_validators(genesis));
  OL_TRY_VOID(check_scheme(genesis));
  OL_TRY_VOID(check_balances(genesis));
  return check_contracts(genesis);
}

}  // namespace ol::primitives
