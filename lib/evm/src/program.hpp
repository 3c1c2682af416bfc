#pragma once

#include <array>
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

/// What holds for a whole basic block, checked once on entry; the operand of `enter_block`, its
/// first instruction.
/// Heights are in bytes of stack.
struct BlockHeader {
  std::uint32_t gas;
  std::uint16_t need;   // the least height
  std::uint16_t range;  // how far above `need` the height may be so that nothing overflows
};

/// Translated code is a row of these: a handler, then the operands of its steps, those that have
/// one.
union Cell {
  Handler run;
  std::uint64_t data;
  Cell* block;
  BlockHeader header;
};

/// Translated blocks by their place in the code. Room is made where it is used: code may have very
/// many places that are never entered.
class BlockTable {
 public:
  explicit BlockTable(std::size_t code_bytes)
      : pages_((code_bytes + kPage - 1) / kPage, kNoBlocks.data()), page_count_(pages_.size()) {}

  /// Null if there is none yet.
  [[nodiscard]] [[gnu::always_inline]] Cell* find(std::uint64_t pc) const {
    return pc / kPage < page_count_ ? pages_.data()[pc / kPage][pc % kPage] : nullptr;
  }
  /// @pre `pc` lies in the code.
  void set(std::uint64_t pc, Cell* block);

 private:
  static constexpr std::size_t kPage = 64;
  static constexpr std::array<Cell*, kPage> kNoBlocks{};

  std::vector<Cell* const*> pages_;
  std::size_t page_count_ = 0;
  std::vector<std::unique_ptr<Cell*[]>> owned_;
};

/// Code made ready for the fast interpreter. Jump destinations are found at once; a basic block is
/// translated when it is first entered, so code that never runs costs one scan. One thread.
class Program {
 public:
  /// Whether each block of it begins by looking whether it must stop (`Machine::must_stop`). What
  /// does not look has no trace of looking.
  enum class Looks : std::uint8_t { Never, AtSign };

  /// Borrows `code`, which must outlive the program and is expected to run once.
  Program(ByteView code, const Schedule& rules, Looks looks = Looks::Never)
      : code_(code),
        rules_(rules),
        looks_(looks),
        jumps_(code),
        blocks_(code.size()),
        continuations_(0) {}
  /// Shares the code's ownership. The code is expected to run often, so time spent on translating
  /// some of it twice is well spent.
  Program(state::Code code, const Schedule& rules, Looks looks = Looks::Never)
      : Program(ByteView(*code), rules, looks) {
    owner_ = std::move(code);
    repeats_left_ = kRepeatsMin + static_cast<std::int64_t>(code_.size() / 2);
    continuations_ = BlockTable(code_.size());
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  [[nodiscard]] ByteView code() const { return code_; }
  /// The first block.
  [[nodiscard]] Cell* entry() {
    if (entry_ == nullptr) entry_ = translate(0);
    return entry_;
  }
  /// Translates from `pc` on, where a block begins.
  [[nodiscard]] Cell* translate(std::uint64_t pc);
  /// The block at the JUMPDEST at `pc` if it was translated, otherwise null.
  [[nodiscard]] [[gnu::always_inline]] Cell* find(const U256& pc) const {
    if ((pc.limb(1) | pc.limb(2) | pc.limb(3)) != 0) [[unlikely]]
      return nullptr;
    return blocks_.find(pc.limb(0));
  }
  /// The block at the JUMPDEST at `pc`, or null if there is none.
  [[nodiscard]] Cell* block(const U256& pc) {
    if (!pc.fits_u64() || !jumps_.contains(pc.low64())) return nullptr;
    Cell* const found = blocks_.find(pc.low64());
    return found != nullptr ? found : translate(pc.low64());
  }

 private:
  friend class Translator;

  /// Room for `count` cells in a row.
  Cell* reserve(std::size_t count);
  const U256* keep(const U256& constant);

  static constexpr std::size_t kChunk = 512;
  /// What a link to other cells takes; behind those reserved there is always room for one.
  static constexpr std::size_t kLinkCells = 4;
  static constexpr std::int64_t kRepeatsMin = 512;

  state::Code owner_;
  ByteView code_;
  const Schedule& rules_;
  Looks looks_;
  JumpMap jumps_;
  BlockTable blocks_;         // those that begin with a JUMPDEST
  BlockTable continuations_;  // those behind a jump that may not be taken, and the like
  /// How many more instructions may be translated that were, or may be, translated elsewhere too.
  std::int64_t repeats_left_ = 0;
  Cell* entry_ = nullptr;
  std::vector<std::unique_ptr<Cell[]>> chunks_;
  Cell* free_ = nullptr;
  std::size_t left_ = 0;  // cells free in the last chunk
  StableList<U256, 16> constants_;
};

}  // namespace ol::evm
