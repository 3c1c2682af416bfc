#include <ol/evm/access_list_tracer.hpp>

#include <ol/evm/opcode.hpp>
#include <ol/evm/precompiles.hpp>
#include <ol/evm/world.hpp>

namespace ol::evm {

void AccessListTracer::add(const U256& word) {
  const Address address = to_address(word);
  if (excluded_.contains(address) || find_precompile(address, revision_) != nullptr) return;
  reached_.try_emplace(address);
}

void AccessListTracer::on_step(const TraceStep& step) {
  const std::size_t height = step.stack.size();
  switch (static_cast<Opcode>(step.opcode)) {
    case Opcode::Sload:
    case Opcode::Sstore:
      if (height >= 1) reached_[step.address].insert(step.stack.back().to_fixed<Hash256>());
      break;
    case Opcode::Balance:
    case Opcode::Extcodecopy:
    case Opcode::Extcodehash:
    case Opcode::Extcodesize:
    case Opcode::Selfdestruct:
      if (height >= 1) add(step.stack.back());
      break;
    case Opcode::Call:
    case Opcode::Callcode:
    case Opcode::Delegatecall:
    case Opcode::Staticcall:
      if (height >= 5) add(step.stack[height - 2]);
      break;
    default:
      break;
  }
}

std::vector<primitives::AccessListEntry> AccessListTracer::list() const {
  std::vector<primitives::AccessListEntry> out;
  out.reserve(reached_.size());
  for (const auto& [address, keys] : reached_)
    out.push_back({address, {keys.begin(), keys.end()}});
  return out;
}

}  // namespace ol::evm
