#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace ol::sim {

/// What can go wrong in a run, by kind: docs/simulator.md has the table.
enum class Fault : std::uint8_t {
  // network
  Loss,
  Duplicate,
  Reorder,
  DelaySpike,
  SlowLink,
  Reset,
  Partition,
  CutDropped,
  CutHeld,
  // nodes
  Crash,
  CrashWhileSending,
  CrashWhileWriting,
  TornWrite,
  TornRecord,
  DiskError,
  LostBlocks,
  LateJoin,
  PowerCut,
  ClockJump,
  SlowMachine,
  // Byzantine validators
  Equivocation,
  Twins,
  WithheldProposal,
  StaleProposal,
  WrongRoot,
  WithheldVote,
  BadShare,
  VoteForAnything,
  StaleNewView,
  WithheldNewView,
  WithheldCertificate,
  ForgedCertificate,
  FewVotes,
  BitFlip,
  Replay,
};
inline constexpr std::size_t kFaultKinds = static_cast<std::size_t>(Fault::Replay) + 1;

[[nodiscard]] std::string_view fault_name(Fault fault);

/// How often each kind happened.
struct FaultCounts {
  std::array<std::uint64_t, kFaultKinds> by_kind{};

  void note(Fault fault) { ++by_kind[static_cast<std::size_t>(fault)]; }
  [[nodiscard]] std::uint64_t of(Fault fault) const {
    return by_kind[static_cast<std::size_t>(fault)];
  }
  FaultCounts& operator+=(const FaultCounts& other);
  /// "12 crashes, 3 torn writes, ..", without what never happened.
  [[nodiscard]] std::string text() const;

  friend bool operator==(const FaultCounts&, const FaultCounts&) = default;
};

}  // namespace ol::sim
