#include "step_log.hpp"

#include <ostream>

#include <ol/base/hex.hpp>
#include <ol/evm/opcode.hpp>

namespace ol::app {
namespace {

std::string hex(std::int64_t value) {
  return '"' + U256{static_cast<std::uint64_t>(value)}.to_hex() + '"';
}

}  // namespace

void StepLog::on_step(const evm::TraceStep& step) {
  Line line;
  line.before_cost = R"({"pc":)" + std::to_string(step.pc) + R"(,"op":)" +
                     std::to_string(step.opcode) + R"(,"gas":)" + hex(step.gas) + R"(,"gasCost":)";
  line.after_cost = R"(,"memSize":)" + std::to_string(step.memory.size()) + R"(,"stack":[)";
  for (std::size_t i = 0; i < step.stack.size(); ++i)
    line.after_cost += (i == 0 ? "\"" : ",\"") + step.stack[i].to_hex() + '"';
  const char* const name = evm::opcode_name(step.opcode);
  line.after_cost += R"(],"depth":)" + std::to_string(step.depth + 1) + R"(,"returnData":")" +
                     to_hex_prefixed(step.return_data) + R"(","refund":)" + hex(step.refund) +
                     R"(,"opName":")" + (name != nullptr ? name : "INVALID") + '"';
  open_.push_back(lines_.size());
  lines_.push_back(std::move(line));
}

void StepLog::on_step_end(int /*depth*/, std::int64_t cost, evm::Status status) {
  Line& line = lines_[open_.back()];
  open_.pop_back();
  line.before_cost += hex(cost);
  if (status != evm::Status::Success) {
    line.after_cost += std::string(R"(,"error":")") + evm::describe(status) + '"';
  }
  line.after_cost += "}\n";
  if (!open_.empty()) return;
  for (const Line& done : lines_)
    out_ << done.before_cost << done.after_cost;
  lines_.clear();
}

}  // namespace ol::app
