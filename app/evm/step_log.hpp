#pragma once

#include <iosfwd>
#include <string>

#include <ol/evm/step_text.hpp>
#include <ol/evm/trace.hpp>

namespace ol::app {

/// Writes a line of JSON for each instruction, as EIP-3155 has it, without memory, and at the end
/// of the outermost frame one with output, gas and failure, as geth has it. A line is written once
/// its cost is known: before what it calls begins. So they come in the order of execution, and no
/// more than one waits.
class StepLog final : public evm::Tracer {
 public:
  explicit StepLog(std::ostream& out) : out_(out) {}

  void on_begin(const evm::TraceBegin& begin) override { revision_ = begin.revision; }
  void on_enter(const evm::TraceEnter& enter) override;
  void on_exit(int depth, evm::Status status, std::int64_t gas_used, ByteView output) override;
  void on_step(const evm::TraceStep& step) override;
  void on_step_end(int depth, std::int64_t cost, evm::Status status) override;

 private:
  void end_line(std::int64_t cost, evm::Status status);

  std::ostream& out_;
  evm::Revision revision_ = evm::Revision::Prague;
  // The line that waits for its cost, in two halves; none while they are empty.
  std::string before_cost_;
  std::string after_cost_;
  evm::StepInfo step_;       // of that line
  evm::StepInfo outermost_;  // the last instruction at depth 0
};

}  // namespace ol::app
