#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

#include <ol/evm/trace.hpp>

namespace ol::app {

/// Writes a line of JSON for each instruction, as EIP-3155 has it, without memory. A line waits for
/// its cost, so those of a call come out once it is over.
class StepLog final : public evm::Tracer {
 public:
  explicit StepLog(std::ostream& out) : out_(out) {}

  void on_enter(const evm::TraceEnter& /*enter*/) override {}
  void on_exit(int /*depth*/, evm::Status /*status*/, std::int64_t /*gas_used*/,
               ByteView /*output*/) override {}
  void on_step(const evm::TraceStep& step) override;
  void on_step_end(int depth, std::int64_t cost, evm::Status status) override;

 private:
  struct Line {
    std::string before_cost;
    std::string after_cost;
  };

  std::ostream& out_;
  std::vector<Line> lines_;        // not written yet
  std::vector<std::size_t> open_;  // places in `lines_`, one for each depth whose step runs
};

}  // namespace ol::app
