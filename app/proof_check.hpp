#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/exchange/proof.hpp>
#include <ol/primitives/block.hpp>
#include <ol/primitives/genesis.hpp>
#include <ol/state/account.hpp>

namespace ol::app {

/// What eth_getProof shows of an account and of slots of its storage (EIP-1186).
struct AccountProof {
  struct Slot {
    Hash256 key;
    std::vector<Bytes> nodes;
  };
  Address address;
  std::vector<Bytes> nodes;
  std::vector<Slot> slots;
};

/// What a proof's file holds: docs/protocol/state-proof.md. Without records and without an account
/// it proves the block alone.
struct ProofFile {
  std::uint64_t height = 0;  // the state after this block
  std::optional<Bytes> records;
  std::optional<AccountProof> account;
  Hash256 evm_state_root;
  std::optional<Hash256> exchange_root;  // on chains with an exchange
  Bytes finality;
  std::vector<Bytes> hand_overs;
};

struct ProvenRecords {
  /// The places of which `range` has every record.
  exchange::TreeKey first;
  exchange::TreeKey last;
  exchange::ProvenRange range;
};

struct ProvenAccount {
  std::optional<state::Account> account;  // none: there is no such account
  std::vector<std::pair<Hash256, U256>> slots;
};

struct CheckedProof {
  std::optional<ProvenRecords> records;
  std::optional<ProvenAccount> account;
  /// Of the block that is proved final and commits to the state.
  primitives::Header header;
  /// Whose signatures make the block final: validators and their weight, of all. A certificate of a
  /// group key has no list, and stands for the least that can make one.
  std::uint64_t signers_weight = 0;
  std::uint64_t total_weight = 0;
  std::uint32_t validators = 0;
  bool at_least = false;
};

/// Checks a proof from its leaves up to the validators' signatures, knowing genesis alone. A
/// sentence about what is wrong otherwise. Pure.
[[nodiscard]] Result<CheckedProof, std::string> check_proof(const primitives::Genesis& genesis,
                                                            const ProofFile& file);

}  // namespace ol::app
