#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <ol/base/result.hpp>
#include <ol/primitives/genesis.hpp>

namespace ol::sim::cluster {

/// What a machine's one processor works for, in microseconds, and what its messages weigh. Links
/// have a length and no width.
struct Costs {
  std::uint64_t sign_vote_us = 0;
  /// A quorum of votes combined into a certificate and verified.
  std::uint64_t certify_us = 0;
  /// A certificate that others made.
  std::uint64_t verify_us = 0;
  /// Ed25519: proposals and timeouts.
  std::uint64_t sign_message_us = 18;
  std::uint64_t verify_message_us = 52;
  /// Commands in a block, what each takes a machine (hashing, looking it up, writing it), in
  /// nanoseconds, and the bytes of its hash in a proposal.
  std::uint64_t items = 400;
  std::uint64_t item_ns = 1'600;
  std::uint64_t item_bytes = 32;
  /// A vote and a certificate without its bitmap, as they travel.
  std::uint64_t share_bytes = 48;
  std::uint64_t certificate_bytes = 48;
  /// From machine to machine, in microseconds: row by row.
  std::vector<std::uint64_t> distance_us;
};

enum class Links : std::uint8_t {
  Lan,  // 0.1 ms
  Wan,  // five continents, validators in turn on each
};

/// As `consensus_bench` and `crypto_bench` measured them (docs/benchmarks.md), between measured
/// sizes in proportion.
[[nodiscard]] Costs measured_costs(primitives::SchemeKind scheme, std::uint32_t validators,
                                   Links links);

}  // namespace ol::sim::cluster
