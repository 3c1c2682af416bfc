#include <ol/evm/opcode.hpp>
#include <ol/evm/revert_reason.hpp>
#include <ol/evm/transition.hpp>

#include "tracers_json.hpp"

namespace ol::evm {
namespace {

constexpr std::size_t kNoParent = SIZE_MAX;
/// Of a frame's JSON beside its input and output.
constexpr std::size_t kFrameBytes = 320;

bool is_log(std::uint8_t opcode) {
  return opcode >= static_cast<std::uint8_t>(Opcode::Log0) &&
         opcode <= static_cast<std::uint8_t>(Opcode::Log4);
}

bool is_selfdestruct(std::uint8_t opcode) {
  return opcode == static_cast<std::uint8_t>(Opcode::Selfdestruct);
}

}  // namespace

void CallTracer::on_begin(const TraceBegin& begin) {
  world_ = &begin.world;
  revision_ = begin.revision;
  if (begin.txn != nullptr) gas_limit_ = begin.txn->gas_limit;
}

std::size_t CallTracer::add(CallFrame frame, std::size_t parent) {
  grow(kFrameBytes + 2 * frame.input.size());
  const std::size_t place = frames_.size();
  if (parent != kNoParent) frames_[parent].calls.push_back(place);
  frames_.push_back(std::move(frame));
  return place;
}

/// Type, parties and value. What a frame came from is the instruction its caller stands at.
void CallTracer::fill_kind(const TraceEnter& enter, CallFrame& frame) const {
  frame.from = enter.from;
  frame.to = enter.to;
  frame.value = enter.value;
  if (enter.depth == 0) {
    frame.type = enter.kind == TraceKind::Create ? "CREATE" : "CALL";
    return;
  }
  const StepInfo& step = last_step_[static_cast<std::size_t>(enter.depth) - 1];
  frame.type = step_name(step.opcode);
  switch (static_cast<Opcode>(step.opcode)) {
    case Opcode::Delegatecall:
      frame.from = enter.to;  // the code works for its caller, in its caller's place
      frame.to = step.target;
      break;
    case Opcode::Callcode:
      frame.to = step.target;
      break;
    case Opcode::Staticcall:
      frame.value.reset();
      break;
    default:
      break;
  }
}

void CallTracer::on_enter(const TraceEnter& enter) {
  if (options_.only_top_call && enter.depth > 0) return;
  CallFrame frame;
  fill_kind(enter, frame);
  frame.gas = static_cast<std::uint64_t>(enter.gas);
  if (enter.depth == 0 && gas_limit_) frame.gas = *gas_limit_;
  frame.input = to_bytes(enter.input);
  open_.push_back(add(std::move(frame), open_.empty() ? kNoParent : open_.back()));
}

void CallTracer::on_exit(int depth, Status status, std::int64_t gas_used, ByteView output) {
  if (options_.only_top_call && depth > 0) return;
  CallFrame& frame = frames_[open_.back()];
  open_.pop_back();
  frame.gas_used = static_cast<std::uint64_t>(gas_used);
  if (status != Status::Success) {
    const auto at = static_cast<std::size_t>(depth);
    const StepInfo step = at < last_step_.size() ? last_step_[at] : StepInfo{};
    frame.error = describe_failure(status, step, revision_);
    if (frame.type.starts_with("CREATE")) frame.to.reset();
    if (status != Status::Revert) return;
    frame.revert_reason = revert_reason(output).value_or("");
  }
  frame.output = to_bytes(output);
  grow(2 * output.size());
}

void CallTracer::on_step(const TraceStep& step) {
  const auto depth = static_cast<std::size_t>(step.depth);
  if (last_step_.size() <= depth) last_step_.resize(depth + 1);
  last_step_[depth] = step_info(step.opcode, step.stack);
  if (is_selfdestruct(step.opcode) && !step.stack.empty()) {
    destroyed_ = step.address;
    beneficiary_ = to_address(step.stack.back());
    destroyed_balance_ = world_->account(step.address).balance;
  }
}

void CallTracer::on_step_end(int depth, std::int64_t /*cost*/, Status status) {
  if (status != Status::Success || (options_.only_top_call && depth > 0)) return;
  const std::uint8_t opcode = last_step_[static_cast<std::size_t>(depth)].opcode;
  if (options_.with_log && is_log(opcode)) record_log();
  if (!options_.only_top_call && is_selfdestruct(opcode)) record_selfdestruct();
}

void CallTracer::record_log() {
  CallFrame& frame = frames_[open_.back()];
  const primitives::Log& log = world_->logs().back();
  grow(256 + 2 * log.data.size());
  const std::uint64_t index = world_->logs_before() + world_->logs().size() - 1;
  frame.logs.push_back({log, index, frame.calls.size()});
}

/// geth shows it as a call that moves all the money.
void CallTracer::record_selfdestruct() {
  CallFrame frame;
  frame.type = "SELFDESTRUCT";
  frame.from = destroyed_;
  frame.to = beneficiary_;
  frame.value = destroyed_balance_;
  static_cast<void>(add(std::move(frame), open_.back()));
}

void CallTracer::on_end(const TraceEnd& end) {
  if (!frames_.empty()) frames_.front().gas_used = end.gas_used;
}

void CallTracer::put_logs(std::string& out, const CallFrame& frame) const {
  put_key(out, "logs");
  out += '[';
  for (const LogEntry& entry : frame.logs) {
    if (out.back() != '[') out += ',';
    out += '{';
    put_key(out, "address");
    put_hex(out, entry.log.address.view());
    put_key(out, "topics");
    out += '[';
    for (const Hash256& topic : entry.log.topics) {
      if (out.back() != '[') out += ',';
      put_hex(out, topic.view());
    }
    out += ']';
    put_key(out, "data");
    put_hex(out, entry.log.data);
    put_key(out, "index");
    put_quantity(out, entry.index);
    put_key(out, "position");
    put_quantity(out, entry.position);
    out += '}';
  }
  out += ']';
}

/// Recursion is bounded by the depth of calls, 1,024.
void CallTracer::put_frame(std::string& out, const CallFrame& frame, bool parent_failed) const {
  const bool failed = parent_failed || !frame.error.empty();
  out += '{';
  put_key(out, "from");
  put_hex(out, frame.from.view());
  put_key(out, "gas");
  put_quantity(out, frame.gas);
  put_key(out, "gasUsed");
  put_quantity(out, frame.gas_used);
  if (frame.to) {
    put_key(out, "to");
    put_hex(out, frame.to->view());
  }
  put_key(out, "input");
  put_hex(out, frame.input);
  if (!frame.output.empty()) {
    put_key(out, "output");
    put_hex(out, frame.output);
  }
  if (!frame.error.empty()) {
    put_key(out, "error");
    put_string(out, frame.error);
  }
  if (!frame.revert_reason.empty()) {
    put_key(out, "revertReason");
    put_string(out, frame.revert_reason);
  }
  if (!frame.calls.empty()) {
    put_key(out, "calls");
    out += '[';
    for (std::size_t i = 0; i < frame.calls.size(); ++i) {
      if (i != 0) out += ',';
      put_frame(out, frames_[frame.calls[i]], failed);
    }
    out += ']';
  }
  // What failed leaves no logs behind.
  if (!failed && !frame.logs.empty()) put_logs(out, frame);
  if (frame.value) {
    put_key(out, "value");
    put_quantity(out, *frame.value);
  }
  put_key(out, "type");
  put_string(out, frame.type);
  out += '}';
}

std::string CallTracer::json() {
  std::string out;
  if (!frames_.empty()) put_frame(out, frames_.front(), false);
  return out;
}

}  // namespace ol::evm
