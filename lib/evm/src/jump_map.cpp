#include "jump_map.hpp"

#include <ol/evm/opcode.hpp>

namespace ol::evm {

JumpMap::JumpMap(ByteView code) : groups_((code.size() + 63) / 64) {
  for (std::size_t pc = 0; pc < code.size(); ++pc) {
    const std::uint8_t op = code[pc];
    if (op == static_cast<std::uint8_t>(Opcode::Jumpdest)) {
      groups_[pc / 64].bits |= std::uint64_t{1} << (pc % 64);
    } else if (op >= static_cast<std::uint8_t>(Opcode::Push1) &&
               op <= static_cast<std::uint8_t>(Opcode::Push32)) {
      pc += op - static_cast<std::uint8_t>(Opcode::Push0);
    }
  }
  std::uint32_t before = 0;
  for (Group& group : groups_) {
    group.before = before;
    before += static_cast<std::uint32_t>(std::popcount(group.bits));
  }
  count_ = before;
}

}  // namespace ol::evm
