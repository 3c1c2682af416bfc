#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <ol/base/bytes.hpp>
#include <ol/base/u256.hpp>
#include <ol/evm/schedule.hpp>
#include <ol/evm/stable_list.hpp>
#include <ol/state/state_view.hpp>

#include "jump_map.hpp"

namespace ol::evm {

struct Frame;
union Cell;

/// Code of one instruction, or of several fused into one. All live state is in the arguments, which
/// are registers: the cell of the handler itself, the word below the top of the stack, gas, the
/// frame, and the top word. Each ends by calling the next in its place.
using HandlerFunction = void(Cell* ip, U256* sp, std::int64_t gas, Frame* frame, std::uint64_t t0,
                             std::uint64_t t1, std::uint64_t t2, std::uint64_t t3)
    [[clang::preserve_none]];
using Handler = HandlerFunction*;

/// Translated code is a row of these: a handler, then the operands of its steps, those that have
/// one.
union Cell {
  Handler run;
  std::uint64_t data;
};

/// What holds for a whole basic block, checked once on entry; the operand of `enter_block`, its
/// first instruction.
/// Heights are in bytes of stack.
struct BlockHeader {
  std::uint32_t gas = 0;
  std::uint16_t need = 0;   // the least height
  std::uint16_t range = 0;  // how far above `need` the height may be so that nothing overflows

  [[nodiscard]] std::uint64_t pack() const {
    return gas | (std::uint64_t{need} << 32) | (std::uint64_t{range} << 48);
  }
  [[nodiscard]] static BlockHeader unpack(std::uint64_t data) {
    return {static_cast<std::uint32_t>(data), static_cast<std::uint16_t>(data >> 32),
            static_cast<std::uint16_t>(data >> 48)};
  }
};

/// The translated blocks of numbered destinations. Room is made where it is used: code may have
/// very many destinations that are never entered.
class BlockTable {
 public:
  explicit BlockTable(std::size_t count) : parts_((count + kPart - 1) / kPart) {}

  /// Null if the block was not translated yet.
  [[nodiscard]] Cell* find(std::uint32_t number) const {
    const auto& part = parts_[number / kPart];
    return part == nullptr ? nullptr : part[number % kPart];
  }
  void set(std::uint32_t number, Cell* block) {
    auto& part = parts_[number / kPart];
    if (part == nullptr) part = std::make_unique<Cell*[]>(kPart);
    part[number % kPart] = block;
  }

 private:
  static constexpr std::size_t kPart = 64;

  std::vector<std::unique_ptr<Cell*[]>> parts_;
};

/// Code made ready for the fast interpreter. Jump destinations are found at once; a basic block is
/// translated when it is first entered, so code that never runs costs one scan. One thread.
class Program {
 public:
  /// Whether each block of it begins by looking whether it must stop (`Machine::must_stop`). What
  /// does not look has no trace of looking.
  enum class Looks : std::uint8_t { Never, AtSign };

  /// Borrows `code`, which must outlive the program.
  Program(ByteView code, const Schedule& rules, Looks looks = Looks::Never)
      : code_(code), rules_(rules), looks_(looks), jumps_(code), blocks_(jumps_.count()) {}
  /// Shares the code's ownership.
  Program(state::Code code, const Schedule& rules, Looks looks = Looks::Never)
      : Program(ByteView(*code), rules, looks) {
    owner_ = std::move(code);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  [[nodiscard]] ByteView code() const { return code_; }
  /// The first block.
  [[nodiscard]] Cell* entry() {
    if (entry_ == nullptr) entry_ = translate(0);
    return entry_;
  }
  /// Translates from `pc` on, where a block begins that was not translated yet unless it is a
  /// JUMPDEST's.
  [[nodiscard]] Cell* translate(std::uint64_t pc);
  /// The block at the JUMPDEST at `pc`, or null if there is none.
  [[nodiscard]] Cell* block(const U256& pc) {
    if (!pc.fits_u64()) return nullptr;
    const std::uint32_t index = jumps_.find(pc.low64());
    if (index == JumpMap::kNone) return nullptr;
    Cell* const found = blocks_.find(index);
    return found != nullptr ? found : translate(pc.low64());
  }

 private:
  friend class Translator;

  /// Room for `count` cells in a row.
  Cell* reserve(std::size_t count);
  const U256* keep(const U256& constant);

  static constexpr std::size_t kChunk = 512;

  state::Code owner_;
  ByteView code_;
  const Schedule& rules_;
  Looks looks_;
  JumpMap jumps_;
  BlockTable blocks_;  // by the number of the JUMPDEST
  Cell* entry_ = nullptr;
  std::vector<std::unique_ptr<Cell[]>> chunks_;
  Cell* free_ = nullptr;
  std::size_t left_ = 0;  // cells free in the last chunk
  StableList<U256, 16> constants_;
};

}  // namespace ol::evm
