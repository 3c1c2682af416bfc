// From bytecode to handlers: one run of code at a time, as far as it flows without a jump. Blocks
// end where flow or gas must be looked at: at jumps, at jump destinations, and behind instructions
// that see how much gas is left. Within a block gas can be taken in advance, because a block is
// left before its end only by failing, and every failure takes all the gas.
#include <algorithm>
#include <array>
#include <bit>
#include <optional>

#include <ol/base/check.hpp>
#include <ol/evm/opcode.hpp>

#include "fast_operations.hpp"
#include "program.hpp"

namespace ol::evm {
namespace {

using fast::kAlone;
using fast::kKind;

constexpr std::uint16_t kFullRange = kStackMax * sizeof(U256);
/// What `write_link` writes.
constexpr std::size_t kLinkCells = 4;
constexpr std::uint8_t kJumpdest = static_cast<std::uint8_t>(Opcode::Jumpdest);

/// A translated instruction before it is fused.
struct Draft {
  fast::Kind kind = kAlone;
  Handler run = nullptr;
  std::uint64_t data = 0;
  bool has_data = false;
};

/// Blocks are cut into pieces of so many instructions, and so many pieces are translated at once:
/// what a call pays for bounds what it makes us translate.
constexpr std::size_t kBlockMax = 128;
constexpr std::size_t kBlocksAtOnce = 8;

/// A vector that never allocates.
template <typename T, std::size_t Capacity>
class Row {
 public:
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const T* begin() const { return items_.data(); }
  [[nodiscard]] const T* end() const { return items_.data() + size_; }
  [[nodiscard]] const T& operator[](std::size_t i) const { return items_[i]; }
  [[nodiscard]] T& back() { return items_[size_ - 1]; }
  void push_back(const T& item) {
    OL_CHECK(size_ < Capacity, "blocks are cut before this");
    items_[size_++] = item;
  }
  void drop(std::size_t count) { size_ -= count; }
  void clear() { size_ = 0; }

 private:
  std::array<T, Capacity> items_;
  std::size_t size_ = 0;
};

/// PUSH and an operation on constants give a constant: what, or nothing.
std::optional<U256> fold(std::uint8_t op, const U256& a, const U256& b) {
  switch (static_cast<Opcode>(op)) {
    case Opcode::Add:
      return a + b;
    case Opcode::Sub:
      return a - b;
    case Opcode::Mul:
      return a * b;
    case Opcode::And:
      return a & b;
    case Opcode::Or:
      return a | b;
    case Opcode::Shl:
      return shl(b, a);
    case Opcode::Shr:
      return shr(b, a);
    default:
      return std::nullopt;
  }
}

template <bool Left>
Draft shift_by(unsigned bits) {
  static constexpr std::array<Draft, 4> kByLimbs{
      Draft{kKind<fast::ShiftBy<Left, 0>>, fast::run_steps<fast::ShiftBy<Left, 0>>, 0, true},
      Draft{kKind<fast::ShiftBy<Left, 1>>, fast::run_steps<fast::ShiftBy<Left, 1>>, 0, true},
      Draft{kKind<fast::ShiftBy<Left, 2>>, fast::run_steps<fast::ShiftBy<Left, 2>>, 0, true},
      Draft{kKind<fast::ShiftBy<Left, 3>>, fast::run_steps<fast::ShiftBy<Left, 3>>, 0, true}};
  Draft out = kByLimbs[bits / 64];
  out.data = bits % 64;
  return out;
}

}  // namespace

/// Translates one run of code.
class Translator {
 public:
  explicit Translator(Program& program)
      : program_(program), code_(program.code_), table_(program.rules_.opcodes) {}

  Cell* run(std::uint64_t pc) {
    pc_ = pc;
    Cell* first = nullptr;
    for (std::size_t blocks = 0;; ++blocks) {
      Cell* const existing = at_block_start();
      if (existing != nullptr) {
        link_to(existing);
        return first == nullptr ? existing : first;
      }
      if (blocks == kBlocksAtOnce) {
        postpone();
        return first;
      }
      const bool goes_on = translate_block();
      Cell* const header = place_block();
      if (first == nullptr) first = header;
      if (!goes_on) return first;
    }
  }

 private:
  /// The block already made for the JUMPDEST here, if any.
  [[nodiscard]] Cell* at_block_start() {
    destination_ =
        pc_ < code_.size() && code_[pc_] == kJumpdest ? program_.jumps_.find(pc_) : JumpMap::kNone;
    return destination_ == JumpMap::kNone ? nullptr : program_.blocks_.find(destination_);
  }

  /// Drafts the block at `pc_`. Whether the one behind it can be reached from it.
  bool translate_block() {
    drafts_.clear();
    gas_ = 0;
    height_ = lowest_ = highest_ = 0;
    if (destination_ != JumpMap::kNone) {
      // A run of JUMPDESTs is two blocks: all but the last, which have no instructions, and the
      // last with what follows. So each destination is entered at the cost of two.
      while (pc_ + 1 < code_.size() && code_[pc_ + 1] == kJumpdest) {
        ++pc_;
        ++gas_;
      }
      if (gas_ != 0) return true;
      take_static(table_[kJumpdest]);
      ++pc_;
    }
    while (pc_ < code_.size()) {
      const std::uint8_t op = code_[pc_];
      if (op == kJumpdest || drafts_.size() >= kBlockMax) return true;
      const fast::OpcodePlan& plan = fast::opcode_plan(op);
      const OpcodeRule& rule = table_[op];
      if (!rule.defined() || plan.form == fast::Form::Undefined) {
        drafts_.push_back({kAlone, fast::halt_invalid, 0});
        return false;
      }
      take_static(rule);
      draft(op, plan);
      if (plan.ends_block) return plan.falls_through;
    }
    drafts_.push_back({kAlone, fast::stop, 0});
    return false;
  }

  void take_static(const OpcodeRule& rule) {
    gas_ += static_cast<std::uint64_t>(rule.gas);
    lowest_ = std::min(lowest_, height_ - rule.inputs);
    height_ += rule.growth();
    highest_ = std::max(highest_, height_);
  }

  /// Appends the instruction at `pc_` and moves on.
  void draft(std::uint8_t op, const fast::OpcodePlan& plan) {
    const std::uint64_t pc = pc_++;
    switch (plan.form) {
      case fast::Form::Push:
        return draft_push(op);
      case fast::Form::Constant:
        return push_constant(op == static_cast<std::uint8_t>(Opcode::Pc) ? pc : code_.size());
      case fast::Form::Jump:
      case fast::Form::JumpIf:
        return draft_jump(plan);
      case fast::Form::Step:
        return draft_step(op, plan);
      case fast::Form::Operation:
        drafts_.push_back({kAlone, plan.run, 0});
        return;
      case fast::Form::Jumpdest:
      case fast::Form::Undefined:
        break;
    }
    OL_CHECK(false, "blocks end before these");
  }

  void draft_push(std::uint8_t op) {
    const std::size_t size = op - static_cast<std::uint8_t>(Opcode::Push0);
    std::array<std::uint8_t, 32> word{};
    const std::size_t there = std::min(size, code_.size() - pc_);
    std::copy_n(code_.begin() + static_cast<std::ptrdiff_t>(pc_), there,
                word.end() - static_cast<std::ptrdiff_t>(size));
    pc_ += size;
    push_constant(load_word(word.data()));
  }

  void push_constant(const U256& word) {
    if (word.fits_u64()) {
      drafts_.push_back({kKind<fast::Push>, fast::run_steps<fast::Push>, word.low64(), true});
    } else {
      drafts_.push_back({kKind<fast::PushWide>, fast::run_steps<fast::PushWide>,
                         reinterpret_cast<std::uint64_t>(program_.keep(word)), true});
    }
  }

  /// The constant that draft `back` from the end pushes.
  [[nodiscard]] std::optional<U256> constant(std::size_t back) const {
    if (drafts_.size() < back) return std::nullopt;
    const Draft& draft = drafts_[drafts_.size() - back];
    if (draft.kind == kKind<fast::Push>) return U256{draft.data};
    if (draft.kind == kKind<fast::PushWide>) return *std::bit_cast<const U256*>(draft.data);
    return std::nullopt;
  }

  void draft_step(std::uint8_t op, const fast::OpcodePlan& plan) {
    const auto top = constant(1);
    const auto second = top ? constant(2) : std::nullopt;
    if (second) {
      if (const auto folded = fold(op, *top, *second)) {
        drafts_.drop(2);
        return push_constant(*folded);
      }
    }
    const bool is_shl = op == static_cast<std::uint8_t>(Opcode::Shl);
    const bool is_shr = op == static_cast<std::uint8_t>(Opcode::Shr);
    if (top && (is_shl || is_shr) && *top < U256{256}) {
      const auto bits = static_cast<unsigned>(top->low64());
      drafts_.back() = is_shl ? shift_by<true>(bits) : shift_by<false>(bits);
      return;
    }
    std::uint64_t data = 0;
    if (plan.kind == kKind<fast::DupDeep>) data = op - 0x7fU;
    if (plan.kind == kKind<fast::SwapDeep>) data = op - 0x8fU;
    drafts_.push_back({plan.kind, plan.run, data, data != 0});
  }

  void draft_jump(const fast::OpcodePlan& plan) {
    const auto target = constant(1);
    if (!target) {
      drafts_.push_back({plan.kind, plan.run, 0});
      return;
    }
    const bool always = plan.form == fast::Form::Jump;
    drafts_.drop(1);
    const bool valid =
        target->fits_u64() && program_.jumps_.find(target->low64()) != JumpMap::kNone;
    const std::uint64_t data = fast::unlinked(target->low64());
    if (valid && always) {
      drafts_.push_back({kKind<fast::Jump>, fast::run_jump<>, data, true});
    } else if (valid) {
      drafts_.push_back({kKind<fast::JumpIf>, fast::run_jump_if<>, data, true});
    } else if (always) {
      drafts_.push_back({kAlone, fast::halt_bad_jump, 0});
    } else {
      // Only a failure if it is taken: left to the jump that looks.
      push_constant(*target);
      drafts_.push_back({plan.kind, plan.run, 0});
    }
  }

  /// What the block's first instruction checks; nothing if no stack can satisfy it.
  [[nodiscard]] std::optional<BlockHeader> header() const {
    const std::int64_t need = -lowest_;
    const std::int64_t range = static_cast<std::int64_t>(kStackMax) - highest_ - need;
    if (range < 0 || gas_ > UINT32_MAX) return std::nullopt;
    return BlockHeader{static_cast<std::uint32_t>(gas_),
                       static_cast<std::uint16_t>(need * static_cast<int>(sizeof(U256))),
                       static_cast<std::uint16_t>(range * static_cast<int>(sizeof(U256)))};
  }

  /// Writes the drafted block behind what was written last.
  Cell* place_block() {
    const auto checks = header();
    if (!checks) {
      drafts_.clear();
      drafts_.push_back({kAlone, fast::halt_overflow, 0});
    }
    cells_.clear();
    cells_.push_back({.run = fast::enter_block});
    cells_.push_back({.data = checks.value_or(BlockHeader{0, 0, kFullRange}).pack()});
    if (program_.looks_ == Program::Looks::AtSign) cells_.push_back({.run = fast::look_at_sign});
    for (std::size_t i = 0; i < drafts_.size();)
      i += place_chain(i);
    Cell* const out = program_.reserve(cells_.size());
    if (written_ != nullptr && out != written_) write_link(written_, out);
    std::ranges::copy(cells_, out);
    written_ = out + cells_.size();
    if (destination_ != JumpMap::kNone) program_.blocks_.set(destination_, out);
    return out;
  }

  /// Appends the handler of the longest chain there is from draft `first` on. Returns its length.
  std::size_t place_chain(std::size_t first) {
    std::array<fast::Kind, fast::kChainMax> kinds{};
    std::size_t count = 0;
    while (count < kinds.size() && first + count < drafts_.size() &&
           drafts_[first + count].kind != kAlone) {
      kinds[count] = drafts_[first + count].kind;
      ++count;
    }
    const fast::FusionMatch chain = fast::longest_fusion({kinds.data(), count});
    const std::size_t length = std::max<std::size_t>(chain.length, 1);
    cells_.push_back({.run = chain.run != nullptr ? chain.run : drafts_[first].run});
    for (std::size_t i = first; i < first + length; ++i) {
      if (drafts_[i].has_data) cells_.push_back({.data = drafts_[i].data});
    }
    return length;
  }

  /// Makes what was written last go on at `target`.
  void link_to(Cell* target) {
    if (written_ == nullptr) return;
    write_link(written_, target);
    program_.reserve(kLinkCells);
  }

  /// Makes what was written last translate what follows when it gets there.
  void postpone() {
    write_link(written_, nullptr);
    written_[2].run = fast::translate_here;
    written_[3].data = pc_;
    program_.reserve(kLinkCells);
  }

  /// Two handlers, the first of which can be entered as a block: a jump that is not taken does.
  static void write_link(Cell* at, Cell* target) {
    at[0].run = fast::enter_block;
    at[1].data = BlockHeader{0, 0, kFullRange}.pack();
    at[2].run = fast::go_to;
    at[3].data = reinterpret_cast<std::uint64_t>(target);
  }

  Program& program_;
  ByteView code_;
  const OpcodeTable& table_;
  std::uint64_t pc_ = 0;
  std::uint32_t destination_ = JumpMap::kNone;  // the number of the JUMPDEST the block begins with
  Row<Draft, kBlockMax + 2> drafts_;
  Row<Cell, 2 * (kBlockMax + 3) + 1> cells_;
  std::uint64_t gas_ = 0;
  int height_ = 0;  // of the stack against the block's start, in words
  int lowest_ = 0;
  int highest_ = 0;
  Cell* written_ = nullptr;  // behind the last block
};

Cell* Program::translate(std::uint64_t pc) {
  return Translator(*this).run(pc);
}

Cell* Program::reserve(std::size_t count) {
  // More than asked for are always there, for a link to the next chunk.
  if (left_ < count + kLinkCells) {
    const std::size_t size = std::max(kChunk, count + kLinkCells);
    chunks_.push_back(std::make_unique<Cell[]>(size));
    free_ = chunks_.back().get();
    left_ = size;
  }
  Cell* const out = free_;
  free_ += count;
  left_ -= count;
  return out;
}

const U256* Program::keep(const U256& constant) {
  U256& kept = constants_.grow();
  kept = constant;
  return &kept;
}

}  // namespace ol::evm
