#pragma once

#include <cstdint>

#include <ol/base/address.hpp>
#include <ol/base/bytes.hpp>
#include <ol/base/result.hpp>
#include <ol/base/u256.hpp>
#include <ol/state/error.hpp>

namespace ol::evm {

/// Answers BLOCKHASH. Thread rule: that of the implementation.
class BlockHashes {
 public:
  BlockHashes() = default;
  BlockHashes(const BlockHashes&) = delete;
  BlockHashes& operator=(const BlockHashes&) = delete;
  virtual ~BlockHashes() = default;

  /// The hash of an ancestor. Asked only for the 256 blocks before the current one.
  [[nodiscard]] virtual Result<Hash256, state::StateError> block_hash(
      std::uint64_t number) const = 0;
};

/// What transactions see of the block they are in.
struct BlockEnv {
  std::uint64_t chain_id = 1;
  std::uint64_t number = 0;
  std::uint64_t timestamp = 0;  // seconds
  std::uint64_t gas_limit = 0;
  Address coinbase;
  U256 base_fee;                // wei per gas; zero before London
  U256 prev_randao;             // EIP-4399; the difficulty before Paris
  U256 blob_base_fee;           // wei per blob gas, see `blob_base_fee`; zero before Cancun
  std::uint64_t blobs_max = 0;  // per block (EIP-4844, 7691)
  /// Borrowed; null where no ancestor is known, and BLOCKHASH is zero.
  const BlockHashes* hashes = nullptr;
};

/// How a chain prices blobs (EIP-7840).
struct BlobSchedule {
  std::uint64_t target = 3;
  std::uint64_t max = 6;
  std::uint64_t base_fee_update_fraction = 3'338'477;
};

inline constexpr std::uint64_t kGasPerBlob = 1ULL << 17;  // EIP-4844

/// The price of blob gas after `excess_blob_gas`: e^(excess / fraction) rounded down, at least 1.
/// Saturates at 2^256 - 1. Source: EIP-4844, fake_exponential. @pre `fraction` is not zero.
[[nodiscard]] U256 blob_base_fee(std::uint64_t excess_blob_gas, std::uint64_t fraction);

}  // namespace ol::evm
