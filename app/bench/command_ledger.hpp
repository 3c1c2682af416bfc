#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <ol/consensus/kernel.hpp>

#include "bench/machine.hpp"
#include "bench/replica.hpp"

namespace ol::app::bench {

/// The clients' view of a run: which commands were handed out and when, and whether what the
/// validators commit is one chain that holds each of them exactly once. One thread.
class CommandLedger {
 public:
  CommandLedger(std::uint32_t validators, std::uint32_t payload_bytes);

  /// The next `count` commands: a number, then bytes that follow from it.
  [[nodiscard]] std::vector<Command> make(std::size_t count, Clock::time_point now);
  /// @return the first contradiction, as a sentence.
  [[nodiscard]] std::optional<std::string> on_committed(primitives::ValidatorIndex validator,
                                                        const primitives::Block& block,
                                                        Clock::time_point when);

  /// Handed out and not committed. A command counts as committed when f + 1 validators have it, so
  /// that at least one correct one does.
  [[nodiscard]] std::size_t outstanding() const { return handed_out_.size() - committed_; }
  [[nodiscard]] std::uint64_t committed() const { return committed_; }
  [[nodiscard]] std::uint64_t blocks() const { return blocks_; }
  [[nodiscard]] std::uint64_t empty_blocks() const { return empty_blocks_; }
  [[nodiscard]] std::uint64_t height_of(std::uint32_t validator) const {
    return heights_[validator];
  }

  /// From now on latencies are kept.
  void begin_measurement() { latencies_.emplace(); }
  [[nodiscard]] const Latencies& latencies() const { return *latencies_; }

 private:
  struct HandedOut {
    Clock::time_point when;
    bool committed = false;
  };
  struct Place {
    primitives::BlockHash hash;
    std::uint32_t validators = 0;
  };

  [[nodiscard]] Bytes content(std::uint64_t number) const;
  [[nodiscard]] std::optional<std::string> count(const primitives::Block& block,
                                                 Clock::time_point when);

  std::uint32_t quorum_;
  std::uint32_t payload_bytes_;
  std::vector<HandedOut> handed_out_;
  std::vector<std::uint64_t> heights_;
  std::map<std::uint64_t, Place> places_;
  std::uint64_t committed_ = 0;
  std::uint64_t blocks_ = 0;
  std::uint64_t empty_blocks_ = 0;
  std::optional<Latencies> latencies_;
};

}  // namespace ol::app::bench
