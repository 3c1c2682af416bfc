#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <ol/crypto/bls.hpp>
#include <ol/primitives/block.hpp>
#include <ol/primitives/exchange_genesis.hpp>
#include <ol/primitives/receipt.hpp>
#include <ol/primitives/validator_set.hpp>

namespace ol::primitives {

/// The three finality designs (architecture.md section 1). A profile fixes who counts for how much
/// (`quorum_rule`) and the defaults of the other fields.
enum class Profile : std::uint8_t { OpenLiquid = 0, L1 = 1, Timecoin = 2 };
/// When a block is final. Source: specs/consensus.md sections 5 to 7.
enum class CommitRule : std::uint8_t { ThreeChain = 0, TwoChain = 1, TwoPhase = 2 };
enum class SchemeKind : std::uint8_t { BlsThreshold = 0, BlsMultisig = 1, Ed25519List = 2 };
/// Who proposes in a view. Source: specs/consensus.md section 8.
enum class LeaderKind : std::uint8_t {
  RoundRobin = 0,
  StakeWeighted = 1,
  Vrf = 2,  // by stake, from randomness that the validators make (docs/adr/0020-vrf-leaders.md)
};

/// Whose rules transactions run by (docs/adr/0006-ethereum-rules.md).
enum class Revision : std::uint8_t { Prague = 0, Osaka = 1 };

/// What is at an address from the start, beside its balance.
struct GenesisContract {
  std::uint64_t nonce = 1;  // as of a contract that was created (EIP-161)
  Bytes code;
  /// Slots that are not zero.
  std::map<Hash256, U256> storage;
  friend bool operator==(const GenesisContract&, const GenesisContract&) = default;
};

/// Pace of consensus; every duration in milliseconds.
struct PaceParams {
  std::uint64_t timeout_base_ms = 2000;
  std::uint64_t timeout_max_ms = 60'000;
  std::uint64_t min_block_interval_ms = 83;
  std::uint64_t empty_block_interval_ms = 1000;
  /// How much longer each view lost in a row waits: 200 doubles.
  std::uint64_t timeout_growth_percent = 200;
};

/// Slots of two_phase, counted from the genesis time; every duration in milliseconds.
struct SlotParams {
  std::uint64_t slot_ms = 600'000;
  /// How long each of the two phases of a round may take.
  std::uint64_t phase_ms = 600;
  friend bool operator==(const SlotParams&, const SlotParams&) = default;
};

/// Everything the validators of a chain agree on before the first block. Its hash is part of every
/// handshake. Text format: genesis.json, docs/protocol/genesis.md.
struct Genesis {
  ChainDomain domain;
  std::string chain_name;
  Profile profile = Profile::OpenLiquid;
  CommitRule commit_rule = CommitRule::ThreeChain;
  SchemeKind scheme = SchemeKind::BlsThreshold;
  LeaderKind leaders = LeaderKind::RoundRobin;
  /// Whether leaders that failed lately are passed over.
  bool leader_reputation = false;
  TimeMs time;
  PaceParams pace;
  /// Present exactly if the commit rule is TwoPhase.
  std::optional<SlotParams> slots;
  /// Declares that no validator is Byzantine: needed where the set tolerates none (n < 4).
  bool crash_only = false;
  std::uint64_t gas_limit = 30'000'000;
  U256 base_fee;
  Revision revision = Revision::Prague;
  /// True only for chains made by `devnet`: allows keys a single process has seen.
  bool devnet = false;
  std::vector<Validator> validators;
  /// One for each validator, in order.
  std::vector<crypto::BlsPossessionProof> possession_proofs;
  /// bls-threshold only: commitments to the group polynomial, the group key first.
  std::vector<crypto::BlsPublicKey> verification_vector;
  /// Address to starting balance in wei.
  std::map<Address, U256> balances;
  std::map<Address, GenesisContract> contracts;
  /// Present exactly on chains with an exchange: profile openliquid only.
  std::optional<ExchangeGenesis> exchange;
};

/// Longer files are refused.
inline constexpr std::size_t kGenesisBytesMax = 16 * 1024 * 1024;

/// A sentence that names the field that is wrong and what is allowed.
struct GenesisError {
  std::string message;
};

[[nodiscard]] std::string genesis_to_json(const Genesis& genesis);
/// Strict: unknown keys, duplicate keys and unsound mixes are refused. Checks every proof of
/// possession and, for bls-threshold, the shape of the verification vector.
[[nodiscard]] Result<Genesis, GenesisError> genesis_from_json(std::string_view json);
/// As the genesis file writes them.
[[nodiscard]] std::string name_of(Profile profile);
[[nodiscard]] std::string name_of(CommitRule rule);
/// How votes are weighed: n - f voters, more than two thirds of the stake, or two thirds of the
/// collateral.
[[nodiscard]] QuorumRule quorum_rule(Profile profile);
/// What a genesis file of the profile that names no commit_rule means.
[[nodiscard]] CommitRule default_rule(Profile profile);
/// The validator set of epoch 0.
[[nodiscard]] ValidatorSet genesis_validator_set(const Genesis& genesis);
/// Digest over the canonical binary encoding (not the JSON text).
[[nodiscard]] Hash256 genesis_hash(const Genesis& genesis);
/// Height 0, view 0, no payload; `parent` is the genesis hash, `parent_state_root` the state root
/// of the starting balances.
[[nodiscard]] Block genesis_block(const Genesis& genesis, const Hash256& state_root);
/// The synthetic certificate of the genesis block: view 0, no signature (trap T13).
[[nodiscard]] QuorumCertificate genesis_certificate(const Genesis& genesis,
                                                    const BlockHash& genesis_block);
/// Ethereum-shaped header 0 over `state_root`.
[[nodiscard]] EvmHeader genesis_evm_header(const Genesis& genesis, const Hash256& state_root,
                                           const BlockHash& genesis_block);

}  // namespace ol::primitives
