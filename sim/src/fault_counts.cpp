#include <ol/sim/fault_counts.hpp>

#include <fmt/format.h>

namespace ol::sim {
namespace {

constexpr std::array<std::string_view, kFaultKinds> kNames{
    "lost messages",
    "duplicated messages",
    "reordered messages",
    "delayed messages",
    "slow links",
    "connection resets",
    "partitions",
    "messages lost in a partition",
    "messages held by a partition",
    "crashes",
    "crashes while sending",
    "crashes while writing",
    "torn writes",
    "torn records",
    "disk errors",
    "lost batches of blocks",
    "late joins",
    "power cuts",
    "clock jumps",
    "slow machines",
    "equivocations",
    "twins",
    "withheld proposals",
    "stale proposals",
    "wrong state roots",
    "withheld votes",
    "bad shares",
    "votes for anything",
    "stale new-views",
    "withheld new-views",
    "withheld certificates",
    "forged certificates",
    "certificates of too few",
    "flipped bits",
    "replays",
};

}  // namespace

std::string_view fault_name(Fault fault) {
  return kNames[static_cast<std::size_t>(fault)];
}

FaultCounts& FaultCounts::operator+=(const FaultCounts& other) {
  for (std::size_t i = 0; i < kFaultKinds; ++i)
    by_kind[i] += other.by_kind[i];
  return *this;
}

std::string FaultCounts::text() const {
  std::string out;
  for (std::size_t i = 0; i < kFaultKinds; ++i) {
    if (by_kind[i] == 0) continue;
    out += fmt::format("{}{} {}", out.empty() ? "" : ", ", by_kind[i], kNames[i]);
  }
  return out.empty() ? "no faults" : out;
}

}  // namespace ol::sim
