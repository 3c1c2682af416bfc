#include "step_log.hpp"

#include <ostream>

#include <ol/base/hex.hpp>

namespace ol::app {
namespace {

std::string hex(std::int64_t value) {
  return '"' + U256{static_cast<std::uint64_t>(value)}.to_hex() + '"';
}

}  // namespace

void StepLog::on_enter(const evm::TraceEnter& enter) {
  if (enter.depth > 0) end_line(enter.caller_cost, evm::Status::Success);
}

void StepLog::on_step(const evm::TraceStep& step) {
  step_ = evm::step_info(step.opcode, step.stack);
  if (step.depth == 0) outermost_ = step_;
  before_cost_ = R"({"pc":)" + std::to_string(step.pc) + R"(,"op":)" + std::to_string(step.opcode) +
                 R"(,"gas":)" + hex(step.gas) + R"(,"gasCost":)";
  after_cost_ = R"(,"memSize":)" + std::to_string(step.memory.size()) + R"(,"stack":[)";
  for (std::size_t i = 0; i < step.stack.size(); ++i)
    after_cost_ += (i == 0 ? "\"" : ",\"") + step.stack[i].to_hex() + '"';
  after_cost_ += R"(],"depth":)" + std::to_string(step.depth + 1) + R"(,"returnData":")" +
                 to_hex_prefixed(step.return_data) + R"(","refund":)" + hex(step.refund) +
                 R"(,"opName":")" + evm::step_name(step.opcode) + '"';
}

void StepLog::end_line(std::int64_t cost, evm::Status status) {
  out_ << before_cost_ << hex(cost) << after_cost_;
  if (status != evm::Status::Success) {
    out_ << R"(,"error":")" << evm::describe_failure(status, step_, revision_) << '"';
  }
  out_ << "}\n";
  before_cost_.clear();
  after_cost_.clear();
}

void StepLog::on_step_end(int /*depth*/, std::int64_t cost, evm::Status status) {
  // That of a call was written when its callee began.
  if (!before_cost_.empty()) end_line(cost, status);
}

void StepLog::on_exit(int depth, evm::Status status, std::int64_t gas_used, ByteView output) {
  if (depth > 0) return;
  out_ << R"({"output":")" << to_hex(output) << R"(","gasUsed":)" << hex(gas_used);
  if (status != evm::Status::Success) {
    out_ << R"(,"error":")" << evm::describe_failure(status, outermost_, revision_) << '"';
  }
  out_ << "}\n";
}

}  // namespace ol::app
