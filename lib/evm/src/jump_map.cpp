#include "jump_map.hpp"

#include <algorithm>

#include <ol/evm/opcode.hpp>

namespace ol::evm {

JumpMap::JumpMap(ByteView code) : groups_((code.size() + 63) / 64) {
  std::size_t pc = 0;
  std::uint32_t before = 0;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const std::size_t end = std::min(code.size(), (g + 1) * 64);
    std::uint64_t bits = 0;
    while (pc < end) {
      const std::uint8_t op = code[pc];
      if (op == static_cast<std::uint8_t>(Opcode::Jumpdest)) {
        bits |= std::uint64_t{1} << (pc % 64);
      } else if (op >= static_cast<std::uint8_t>(Opcode::Push1) &&
                 op <= static_cast<std::uint8_t>(Opcode::Push32)) {
        pc += op - static_cast<std::size_t>(Opcode::Push0);
      }
      ++pc;
    }
    groups_[g] = {bits, before};
    before += static_cast<std::uint32_t>(std::popcount(bits));
  }
  count_ = before;
}

}  // namespace ol::evm
