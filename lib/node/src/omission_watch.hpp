#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include <ol/primitives/types.hpp>

namespace ol::node {

/// Prices of a validator that wait for a block and came from others.
struct HeardPrices {
  std::uint32_t validator = 0;
  std::uint64_t round = 0;
  /// By this node's clock.
  std::uint64_t heard_ms = 0;
};

/// A valid block as it becomes known here, and what a proposer that heard what this node heard
/// could have put into it.
struct PricedBlock {
  struct Carried {
    std::uint32_t validator = 0;
    std::uint64_t round = 0;
  };
  primitives::Epoch epoch;
  primitives::Height height;
  std::uint32_t proposer = 0;
  /// As its header says.
  std::uint64_t time_ms = 0;
  /// By this node's clock.
  std::uint64_t known_ms = 0;
  std::vector<Carried> carried;
  /// Newest of each validator of the epoch, newer than what the block's parent left.
  std::vector<HeardPrices> waiting;
};

/// One proposer left the prices of one validator out again and again. Seen by this node; nothing
/// that anybody could prove to others.
struct OracleOmission {
  primitives::Epoch epoch;
  std::uint32_t proposer = 0;
  std::uint32_t validator = 0;
  /// Of the last block that did.
  primitives::Height height;
  friend bool operator==(const OracleOmission&, const OracleOmission&) = default;
};

/// Watches for proposers that leave a validator's prices out (dex.md 10.1). A block omits a
/// validator other than its proposer if
///   1. this node had heard prices of it `kHeldMs` before the block was made and became known,
///   2. no block of the epoch known here carried these or newer ones of it,
///   3. they were heard after the last pause: `kPauseMs` in which no block became known,
///   4. no earlier block of the run omitted these.
/// A block that carries prices of the validator ends the run of its proposer; the next epoch ends
/// all. `kRounds` omissions in a run are reported, once a run. Why so:
/// docs/adr/0028-oracle-omission.md. Memory: validators squared. One thread.
class OmissionWatch {
 public:
  /// dex.md 23.
  static constexpr std::uint32_t kRounds = 20;
  /// More than gossip and building a block take.
  static constexpr std::uint64_t kHeldMs = 500;
  /// An oracle period: by then whoever was cut off tells new prices.
  static constexpr std::uint64_t kPauseMs = 3'000;

  /// What is to be reported now.
  [[nodiscard]] std::vector<OracleOmission> on_block(const PricedBlock& block);

 private:
  struct Run {
    std::uint32_t omissions = 0;
    /// Of the prices omitted last.
    std::uint64_t round = 0;
  };
  void follow(const PricedBlock& block);
  [[nodiscard]] bool omits(const PricedBlock& block, const HeardPrices& prices) const;

  primitives::Epoch epoch_;
  std::uint64_t last_known_ms_ = 0;
  std::uint64_t resumed_ms_ = 0;
  /// By validator: the newest round in any block of the epoch.
  std::map<std::uint32_t, std::uint64_t> carried_;
  /// By proposer and validator.
  std::map<std::pair<std::uint32_t, std::uint32_t>, Run> runs_;
};

}  // namespace ol::node
