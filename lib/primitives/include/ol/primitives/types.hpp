#pragma once

#include <cstdint>

#include <ol/base/address.hpp>
#include <ol/base/bytes.hpp>
#include <ol/base/strong.hpp>
#include <ol/base/u256.hpp>
#include <ol/crypto/hash.hpp>

namespace ol::primitives {

/// EIP-155 chain id, also bound into every consensus signature.
using ChainId = Strong<std::uint64_t, struct ChainIdTag>;
/// Position of a block in the chain; genesis is 0.
using Height = Strong<std::uint64_t, struct HeightTag>;
/// Consensus round; genesis is 0, the first proposal is in view 1.
using View = Strong<std::uint64_t, struct ViewTag>;
/// A stretch of views with one validator set.
using Epoch = Strong<std::uint64_t, struct EpochTag>;
/// A validator's stable position in the epoch's set.
using ValidatorIndex = Strong<std::uint32_t, struct ValidatorIndexTag>;
/// Milliseconds since the Unix epoch.
using TimeMs = Strong<std::uint64_t, struct TimeMsTag>;
/// Voting weight: 1 per validator, stake or collateral, as genesis says.
using Weight = Strong<std::uint64_t, struct WeightTag>;

/// Digest of a consensus header under the chain's hash (docs/protocol/block.md).
using BlockHash = FixedBytes<32, struct BlockHashTag>;
/// Keccak-256 of a transaction's EIP-2718 envelope.
using TxnHash = FixedBytes<32, struct TxnHashTag>;
/// Digest of a validator set (docs/protocol/block.md).
using SetHash = FixedBytes<32, struct SetHashTag>;
/// Keccak-256 of the RLP of the Ethereum-shaped header: the block hash Ethereum tools see.
using EvmHash = FixedBytes<32, struct EvmHashTag>;

/// What every digest and signature of one chain is bound to. Fixed by genesis.
struct ChainDomain {
  ChainId chain_id;
  crypto::HashAlgorithm hash = crypto::HashAlgorithm::Blake3;
};

}  // namespace ol::primitives
