#include <span>

#include "trace_text.hpp"

#include <ol/base/hex.hpp>
#include <ol/evm/opcode.hpp>
#include <ol/evm/schedule.hpp>
#include <ol/evm/world.hpp>

#include "frame.hpp"

namespace ol::evm {

void put_hex(std::string& out, ByteView bytes) {
  out += '"';
  out += to_hex_prefixed(bytes);
  out += '"';
}

void put_quantity(std::string& out, const U256& value) {
  out += '"';
  out += value.to_hex();
  out += '"';
}

void put_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += "\\u00";
      out += to_hex(ByteView{&byte, 1});
    } else {
      out += c;
    }
  }
  out += '"';
}

void put_key(std::string& out, std::string_view key) {
  if (!out.empty() && out.back() != '{') out += ',';
  out += '"';
  out += key;
  out += "\":";
}

StepInfo step_info(std::uint8_t opcode, std::span<const U256> stack) {
  StepInfo out{.opcode = opcode, .height = stack.size(), .target = {}};
  if (stack.size() >= 2) out.target = to_address(stack[stack.size() - 2]);
  return out;
}

std::string step_name(std::uint8_t opcode) {
  const char* const name = opcode_name(opcode);
  return name != nullptr ? name : "opcode " + U256{opcode}.to_hex() + " not defined";
}

std::string describe_failure(Status status, const StepInfo& step, Revision revision) {
  const OpcodeRule& rule = schedule(revision).opcodes[step.opcode];
  switch (status) {
    case Status::StackUnderflow:
      return "stack underflow (" + std::to_string(step.height) + " <=> " +
             std::to_string(rule.inputs) + ")";
    case Status::StackOverflow:
      return "stack limit reached " + std::to_string(step.height) + " (" +
             std::to_string(kStackMax + rule.inputs - rule.outputs) + ")";
    case Status::InvalidOpcode:
      return "invalid opcode: " + step_name(step.opcode);
    default:
      return describe(status);
  }
}

}  // namespace ol::evm
