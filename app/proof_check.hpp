#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/exchange/proof.hpp>
#include <ol/primitives/genesis.hpp>

namespace ol::app {

/// What a proof's file holds: docs/protocol/exchange-proof.md.
struct ProofFile {
  std::uint64_t height = 0;  // the state after this block
  Bytes proof;
  Hash256 evm_state_root;
  Bytes finality;
  std::vector<Bytes> hand_overs;
};

struct CheckedProof {
  /// The places of which `range` has every record.
  exchange::TreeKey first;
  exchange::TreeKey last;
  exchange::ProvenRange range;
  std::uint64_t block_height = 0;
  std::uint64_t epoch = 0;
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
