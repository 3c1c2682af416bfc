#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include <ol/sim/fault_counts.hpp>
#include <ol/sim/rule.hpp>

namespace ol::sim {

/// How votes are signed in the simulation.
enum class SchemeChoice : std::uint8_t {
  BlsThreshold,  // the shipped scheme, verdicts shared by all nodes (cached_scheme.hpp)
  Hash,          // keyed hashes: fast, unforgeable inside the simulation (hash_scheme.hpp)
};

/// What runs: chance, or a script for what chance does not reach.
enum class Scenario : std::uint8_t {
  Random,
  LockedFork,  // a stale proposal against a lock (scenario.hpp)
  FewVotes,    // blocks certified by the Byzantine validators alone (scenario.hpp)
};

/// Classes of faults that may be mixed into a run. A seed uses some of the allowed ones only: what
/// every run contains hides what some combinations show ("swarm testing").
struct FaultSet {
  bool network = false;     // loss, duplication, reordering, slow links, connection resets
  bool partitions = false;  // sticky, one-way and held ones
  bool crashes = false;     // at any instant and around persisting and sending
  bool disk = false;        // torn and lost writes, write and sync errors
  bool byzantine = false;   // up to f validators break the rules
  bool clocks = false;      // wall clocks that differ and jump

  [[nodiscard]] static FaultSet all() { return {true, true, true, true, true, true}; }
  [[nodiscard]] static FaultSet none() { return {}; }
  /// "all", "none" or names separated by commas; nothing if a name is unknown.
  [[nodiscard]] static std::optional<FaultSet> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
  friend bool operator==(const FaultSet&, const FaultSet&) = default;
};

/// Everything that decides a run. The same options give the same run on every machine.
struct RunOptions {
  Rule rule = Rule::ThreeChain;
  std::uint64_t seed = 0;
  std::uint32_t nodes = 4;
  /// The faults end when an honest node reaches this view, or in virtual time after
  /// `views * kFaultMsPerView`.
  std::uint64_t views = 200;
  SchemeChoice scheme = SchemeChoice::BlsThreshold;
  FaultSet faults = FaultSet::all();
  Scenario scenario = Scenario::Random;
  /// Leaders are drawn from their own proofs, where the rule is a chained one; else in turn.
  bool vrf = false;
  /// A timeline for people, if wanted. Borrowed.
  std::ostream* log = nullptr;
};

inline constexpr std::uint64_t kFaultMsPerView = 300;

/// What one run showed.
struct RunReport {
  /// Empty if every check held; otherwise the first one that did not.
  std::string violation;
  /// Digest over every event and message: equal for equal options.
  std::uint64_t trace = 0;
  std::uint64_t views = 0;
  std::uint64_t height = 0;
  std::uint64_t events = 0;
  std::uint64_t virtual_ms = 0;
  /// From the end of the faults until every honest node committed the probe; 0 if none was sent.
  std::uint64_t recovery_ms = 0;
  FaultCounts faults;
  /// Proofs of misbehaviour that honest nodes found.
  std::uint64_t evidence = 0;

  [[nodiscard]] bool ok() const { return violation.empty(); }
};

/// Runs one simulation from start to verdict. Thread-safe: runs share nothing but cached keys.
[[nodiscard]] RunReport run_once(const RunOptions& options);

/// The command that repeats a run.
[[nodiscard]] std::string replay_command(const RunOptions& options);

}  // namespace ol::sim
