#include <ol/base/hex.hpp>
#include <ol/evm/opcode.hpp>

#include "tracers_json.hpp"

namespace ol::evm {
namespace {

/// What geth tells of in the log itself: failures found before the instruction ran.
bool is_shown(Status status) {
  return status == Status::OutOfGas || status == Status::StackUnderflow ||
         status == Status::StackOverflow;
}

}  // namespace

void StructLogTracer::on_begin(const TraceBegin& begin) {
  world_ = &begin.world;
  revision_ = begin.revision;
}

void StructLogTracer::on_step(const TraceStep& step) {
  Open open{.info = step_info(step.opcode, step.stack), .entry = {}};
  if (options_.limit == 0 || entries_.size() < options_.limit) {
    open.entry = entries_.size();
    Entry entry;
    entry.before_cost = R"({"pc":)" + std::to_string(step.pc) + R"(,"op":")" +
                        step_name(step.opcode) + R"(","gas":)" + std::to_string(step.gas) +
                        R"(,"gasCost":)";
    entry.depth = step.depth + 1;
    entry.details = details(step);
    grow(entry.before_cost.size() + entry.details.size() + sizeof(Entry));
    entries_.push_back(std::move(entry));
  }
  open_.push_back(open);
}

std::string StructLogTracer::details(const TraceStep& step) {
  std::string out;
  if (options_.stack) {
    out += R"(,"stack":[)";
    for (std::size_t i = 0; i < step.stack.size(); ++i) {
      if (i != 0) out += ',';
      put_quantity(out, step.stack[i]);
    }
    out += ']';
  }
  if (options_.return_data && !step.return_data.empty()) {
    out += R"(,"returnData":)";
    put_hex(out, step.return_data);
  }
  if (options_.memory && !step.memory.empty()) {
    out += R"(,"memory":[)";
    for (std::size_t i = 0; i + 32 <= step.memory.size(); i += 32) {
      if (i != 0) out += ',';
      out += '"' + to_hex(step.memory.subspan(i, 32)) + '"';
    }
    out += ']';
  }
  if (options_.storage) put_storage(out, step);
  if (step.refund > 0) out += R"(,"refund":)" + std::to_string(step.refund);
  return out;
}

/// An instruction that reads or writes storage shows all the slots of its contract seen so far.
void StructLogTracer::put_storage(std::string& out, const TraceStep& step) {
  const std::span<const U256> stack = step.stack;
  const bool reads = step.opcode == static_cast<std::uint8_t>(Opcode::Sload) && !stack.empty();
  const bool writes = step.opcode == static_cast<std::uint8_t>(Opcode::Sstore) && stack.size() >= 2;
  if (!reads && !writes) return;
  auto& slots = seen_slots_[step.address];
  const U256& key = stack.back();
  const U256 value =
      writes ? stack[stack.size() - 2] : world_->slot(world_->account(step.address), key).current;
  slots.insert_or_assign(key.to_fixed<Hash256>(), value.to_fixed<Hash256>());
  std::string map = "{";
  for (const auto& [slot, word] : slots) {
    put_key(map, to_hex(slot.view()));
    map += '"' + to_hex(word.view()) + '"';
  }
  out += R"(,"storage":)" + map + "}";
}

void StructLogTracer::on_step_end(int /*depth*/, std::int64_t cost, Status status) {
  const Open open = open_.back();
  open_.pop_back();
  if (!open.entry) return;
  Entry& entry = entries_[*open.entry];
  entry.cost = cost;
  if (is_shown(status)) entry.error = describe_failure(status, open.info, revision_);
}

void StructLogTracer::on_end(const TraceEnd& end) {
  const bool failed = end.status != Status::Success;
  // Output of a success or a revert; after other failures there is none.
  const bool has_output = !failed || end.status == Status::Revert;
  result_ = R"({"gas":)" + std::to_string(end.gas_used) + R"(,"failed":)" +
            (failed ? "true" : "false") + R"(,"returnValue":)";
  put_hex(result_, has_output ? end.output : ByteView{});
}

std::string StructLogTracer::json() {
  std::string out = result_ + R"(,"structLogs":[)";
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    if (i != 0) out += ',';
    out += entry.before_cost + std::to_string(entry.cost);
    out += R"(,"depth":)" + std::to_string(entry.depth);
    if (!entry.error.empty()) {
      out += R"(,"error":)";
      put_string(out, entry.error);
    }
    out += entry.details + "}";
  }
  return out + "]}";
}

}  // namespace ol::evm
