#include "transfer_tracer.hpp"

#include <ol/evm/opcode.hpp>
#include <ol/evm/world.hpp>
#include <ol/execution/simulate.hpp>

namespace ol::execution {
namespace {

// Keccak-256 of "Transfer(address,address,uint256)".
constexpr Hash256 kTransferTopic{{0xdd, 0xf2, 0x52, 0xad, 0x1b, 0xe2, 0xc8, 0x9b, 0x69, 0xc2, 0xb0,
                                  0x68, 0xfc, 0x37, 0x8d, 0xaa, 0x95, 0x2b, 0xa7, 0xf1, 0x63, 0xc4,
                                  0xa1, 0x16, 0x28, 0xf5, 0x5a, 0x4d, 0xf5, 0x23, 0xb3, 0xef}};

}  // namespace

void TransferTracer::on_begin(const evm::TraceBegin& begin) {
  world_ = &begin.world;
  transfers_.clear();
  frames_.clear();
  leaving_ = {};
}

void TransferTracer::on_enter(const evm::TraceEnter& enter) {
  frames_.push_back(transfers_.size());
  const bool moves = enter.kind == evm::TraceKind::Call || enter.kind == evm::TraceKind::Create;
  if (moves && !enter.value.is_zero()) {
    transfers_.push_back(transfer(enter.from, enter.to, enter.value));
  }
}

void TransferTracer::on_exit(int /*depth*/, evm::Status status, std::int64_t /*gas_used*/,
                             ByteView /*output*/) {
  if (status != evm::Status::Success) transfers_.resize(frames_.back());
  frames_.pop_back();
}

void TransferTracer::on_step(const evm::TraceStep& step) {
  leaving_.open = false;
  if (step.opcode != static_cast<std::uint8_t>(evm::Opcode::Selfdestruct)) return;
  if (step.stack.empty()) return;
  const U256& balance = world_->account(step.address).balance;
  leaving_.open = !balance.is_zero();
  leaving_.transfer = transfer(step.address, evm::to_address(step.stack.back()), balance);
}

void TransferTracer::on_step_end(int /*depth*/, std::int64_t /*cost*/, evm::Status status) {
  if (leaving_.open && status == evm::Status::Success) transfers_.push_back(leaving_.transfer);
  leaving_.open = false;
}

std::vector<primitives::Log> TransferTracer::among(const std::vector<primitives::Log>& logs) const {
  std::vector<primitives::Log> out;
  std::size_t next = 0;
  for (const Transfer& transfer : transfers_) {
    while (next < transfer.logs_before && next < logs.size())
      out.push_back(logs[next++]);
    out.push_back(transfer.log);
  }
  while (next < logs.size())
    out.push_back(logs[next++]);
  return out;
}

TransferTracer::Transfer TransferTracer::transfer(const Address& from, const Address& to,
                                                  const U256& value) const {
  const auto word = [](const Address& address) {
    return evm::to_word(address).to_fixed<Hash256>();
  };
  return {.logs_before = world_->logs().size(),
          .log = {.address = kTransferLogs,
                  .topics = {kTransferTopic, word(from), word(to)},
                  .data = to_bytes(value.to_fixed<Hash256>().view())}};
}

}  // namespace ol::execution
