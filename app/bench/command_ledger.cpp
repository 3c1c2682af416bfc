#include "bench/command_ledger.hpp"

#include <algorithm>

#include <ol/base/codec.hpp>

namespace ol::app::bench {

CommandLedger::CommandLedger(std::uint32_t validators, std::uint32_t payload_bytes)
    : quorum_(primitives::byzantine_max(validators) + 1),
      payload_bytes_(payload_bytes),
      heights_(validators) {}

Bytes CommandLedger::content(std::uint64_t number) const {
  Bytes out = Writer().u64(number).take();
  out.resize(payload_bytes_, static_cast<std::uint8_t>(number * 31 + 7));
  return out;
}

std::vector<Command> CommandLedger::make(std::size_t count, Clock::time_point now) {
  std::vector<Command> out;
  out.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back(std::make_shared<const Bytes>(content(handed_out_.size())));
    handed_out_.push_back({.when = now});
  }
  return out;
}

std::optional<std::string> CommandLedger::on_committed(primitives::ValidatorIndex validator,
                                                       const primitives::Block& block,
                                                       Clock::time_point when) {
  const std::string who = "validator " + std::to_string(validator.value());
  const std::uint64_t height = block.header.height.value();
  std::uint64_t& last = heights_[validator.value()];
  if (height != last + 1) {
    return who + " committed height " + std::to_string(height) + " after " + std::to_string(last);
  }
  last = height;
  Place& place = places_.try_emplace(height, Place{block.hash}).first->second;
  if (place.hash != block.hash)
    return who + " committed another block at height " + std::to_string(height);
  if (++place.validators != quorum_) {
    if (place.validators == heights_.size()) places_.erase(height);
    return std::nullopt;
  }
  return count(block, when);
}

std::optional<std::string> CommandLedger::count(const primitives::Block& block,
                                                Clock::time_point when) {
  ++blocks_;
  if (block.payload.empty()) ++empty_blocks_;
  for (const Bytes& item : block.payload) {
    Reader in(item);
    const std::uint64_t number = in.u64();
    if (number >= handed_out_.size() || item != content(number))
      return "a command was committed that no client sent";
    HandedOut& command = handed_out_[number];
    if (std::exchange(command.committed, true))
      return "command " + std::to_string(number) + " was committed twice";
    ++committed_;
    if (!latencies_) continue;
    const auto taken = std::chrono::duration_cast<std::chrono::microseconds>(when - command.when);
    latencies_->add(static_cast<std::uint64_t>(taken.count()));
  }
  return std::nullopt;
}

}  // namespace ol::app::bench
