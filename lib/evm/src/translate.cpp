// From bytecode to handlers: one run of code at a time, as far as it flows without a jump. Blocks
// end where flow or gas must be looked at: at jumps, at jump destinations, and behind instructions
// that see how much gas is left. Within a block gas can be taken in advance, because a block is
// left before its end only by failing, and every failure takes all the gas.
//
// A jump to a place that is known need not end its block: what is there is translated once more, as
// part of the block, as long as the program's allowance for repeating lasts. The place is known
// from a PUSH before the jump, or because it was pushed earlier in the block, as the place to
// return to is before a short function.
#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <utility>

#include <ol/base/check.hpp>
#include <ol/evm/opcode.hpp>

#include "constant_folding.hpp"
#include "fast_operations.hpp"
#include "known_places.hpp"
#include "program.hpp"
#include "row.hpp"

namespace ol::evm {
namespace {

using fast::kAlone;
using fast::kKind;

constexpr std::uint16_t kFullRange = kStackMax * sizeof(U256);
constexpr std::uint8_t kJumpdest = static_cast<std::uint8_t>(Opcode::Jumpdest);

/// A translated instruction before it is fused.
struct Draft {
  fast::Kind kind = kAlone;
  Handler run = nullptr;
  std::uint64_t data = 0;
  bool has_data = false;
};

/// Drafts that become one handler.
struct Chain {
  Handler run = nullptr;
  std::uint16_t length = 0;
  std::uint16_t handlers = 0;  // this one and those behind it, to the end of the block
};

/// Blocks are cut into pieces of so many instructions, and so many pieces are translated at once:
/// what a call pays for bounds what it makes us translate.
constexpr std::size_t kBlockMax = 128;
constexpr std::size_t kBlocksAtOnce = 8;
/// Jumps within a block, at most: a loop of nothing else would go on for ever.
constexpr std::size_t kJumpsInBlock = 16;
// Gas of what counts as one short block between two looks at the stop sign.
constexpr std::uint64_t kGasPerWork = 32;

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
        if (first == nullptr) return existing;
        if (not_taken_ == nullptr) program_.reserve(Program::kLinkCells);
        link_to(existing);
        return first;
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
  /// The block already made for the place here, if any.
  [[nodiscard]] Cell* at_block_start() {
    start_ = pc_;
    is_destination_ = is_jumpdest(pc_);
    return is_destination_ ? program_.blocks_.find(pc_) : program_.continuations_.find(pc_);
  }

  /// @pre An instruction begins at `pc`, or the code ends before.
  [[nodiscard]] bool is_jumpdest(std::uint64_t pc) const {
    return pc < code_.size() && code_[pc] == kJumpdest;
  }

  /// Drafts the block at `pc_`. Whether the one behind it can be reached from it.
  bool translate_block() {
    drafts_.clear();
    gas_ = 0;
    height_ = lowest_ = highest_ = 0;
    jumps_within_ = 0;
    known_.clear();
    if (is_destination_) {
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
      if (drafts_.size() >= kBlockMax) return true;
      if (op == kJumpdest) {
        if (!may_go_within(pc_)) return true;
        go_within(pc_);
        continue;
      }
      if (jumps_within_ != 0) --program_.repeats_left_;
      const fast::OpcodePlan& plan = fast::opcode_plan(op);
      const OpcodeRule& rule = table_[op];
      if (!rule.defined() || plan.form == fast::Form::Undefined) {
        drafts_.push_back({kAlone, fast::halt_invalid, 0});
        return false;
      }
      take_static(rule);
      if (plan.form == fast::Form::Jump && jump_within()) continue;
      draft(op, plan);
      if (plan.form != fast::Form::Push) known_.follow(op, rule);
      if (plan.ends_block) return plan.falls_through;
    }
    drafts_.push_back({kAlone, fast::stop, 0});
    return false;
  }

  /// Whether the block may go on at the JUMPDEST at `pc`. A row of them is left to blocks of its
  /// own.
  [[nodiscard]] bool may_go_within(std::uint64_t pc) const {
    return program_.repeats_left_ > 0 && jumps_within_ < kJumpsInBlock && !is_jumpdest(pc + 1);
  }

  void go_within(std::uint64_t pc) {
    ++jumps_within_;
    take_static(table_[kJumpdest]);
    pc_ = pc + 1;
  }

  /// Goes on where the JUMP just taken leads, if that is known and allowed.
  bool jump_within() {
    const auto pushed = constant(1);
    const U256 target = pushed ? *pushed : U256{known_.top()};
    if (!target.fits_u64() || !program_.jumps_.contains(target.low64())) return false;
    if (!may_go_within(target.low64())) return false;
    if (pushed) {
      drafts_.drop(1);
    } else {
      drafts_.push_back({kKind<fast::Pop>, fast::run_steps<fast::Pop>, 0});
    }
    known_.follow(static_cast<std::uint8_t>(Opcode::Jump),
                  table_[static_cast<std::uint8_t>(Opcode::Jump)]);
    go_within(target.low64());
    return true;
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
    const U256 constant = load_word(word.data());
    push_constant(constant);
    known_.push(constant < U256{KnownPlaces::kUnknown}
                    ? static_cast<std::uint32_t>(constant.low64())
                    : KnownPlaces::kUnknown);
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
    if (simplify(op)) return;
    const bool is_shl = op == static_cast<std::uint8_t>(Opcode::Shl);
    const bool is_shr = op == static_cast<std::uint8_t>(Opcode::Shr);
    if (top && (is_shl || is_shr) && *top < U256{256}) {
      const auto bits = static_cast<unsigned>(top->low64());
      drafts_.back() = is_shl ? shift_by<true>(bits) : shift_by<false>(bits);
      return;
    }
    std::uint64_t data = 0;
    if (plan.kind == kKind<fast::DupDeep>) data = fast::bytes_down(op - 0x7fU);
    if (plan.kind == kKind<fast::SwapDeep>) data = fast::bytes_down(op - 0x8fU);
    drafts_.push_back({plan.kind, plan.run, data, data != 0});
  }

  /// The kind of draft `back` from the end.
  [[nodiscard]] fast::Kind kind(std::size_t back) const {
    return drafts_.size() < back ? kAlone : drafts_[drafts_.size() - back].kind;
  }

  /// Takes in `op` by changing what was drafted, if that is simpler.
  bool simplify(std::uint8_t op) {
    switch (static_cast<Opcode>(op)) {
      case Opcode::Not:
      case Opcode::Iszero:
        return simplify_unary(op);
      case Opcode::Pop:
        return simplify_pop();
      case Opcode::Add:
      case Opcode::Mul:
      case Opcode::And:
      case Opcode::Or:
      case Opcode::Xor:
      case Opcode::Eq:
        // The order of the operands does not matter.
        if (kind(1) == kKind<fast::Swap<1>>) drafts_.drop(1);
        return false;
      case Opcode::Lt:
        return simplify_order<fast::Gt>();
      case Opcode::Gt:
        return simplify_order<fast::Lt>();
      case Opcode::Slt:
        return simplify_order<fast::Sgt>();
      case Opcode::Sgt:
        return simplify_order<fast::Slt>();
      default:
        return false;
    }
  }

  /// SWAP1 before a comparison is the comparison the other way round.
  template <typename Reversed>
  bool simplify_order() {
    if (kind(1) != kKind<fast::Swap<1>>) return false;
    drafts_.back() = {kKind<Reversed>, fast::run_steps<Reversed>, 0};
    return true;
  }

  bool simplify_unary(std::uint8_t op) {
    const auto top = constant(1);
    if (!top) return false;
    drafts_.drop(1);
    const bool is_not = op == static_cast<std::uint8_t>(Opcode::Not);
    push_constant(is_not ? ~*top : U256{top->is_zero() ? 1U : 0U});
    return true;
  }

  /// What only pushed need not have.
  bool simplify_pop() {
    const fast::Kind last = kind(1);
    const bool only_pushed = last == kKind<fast::Push> || last == kKind<fast::PushWide> ||
                             last == kKind<fast::Dup<1>> || last == kKind<fast::Dup<2>> ||
                             last == kKind<fast::Dup<3>> || last == kKind<fast::DupDeep>;
    if (only_pushed) drafts_.drop(1);
    return only_pushed;
  }

  /// JUMPI asks what two ISZEROs before it made 0 or 1.
  void drop_double_negation() {
    if (kind(1) == kKind<fast::Iszero> && kind(2) == kKind<fast::Iszero>) drafts_.drop(2);
  }

  void draft_jump(const fast::OpcodePlan& plan) {
    const auto target = constant(1);
    if (!target) {
      drafts_.push_back({plan.kind, plan.run, 0});
      return;
    }
    const bool always = plan.form == fast::Form::Jump;
    drafts_.drop(1);
    const bool valid = target->fits_u64() && program_.jumps_.contains(target->low64());
    const std::uint64_t data = fast::unlinked(target->low64());
    if (valid && always) {
      drafts_.push_back({kKind<fast::Jump>, fast::run_jump<>, data, true});
    } else if (valid) {
      drop_double_negation();
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
    cells_.push_back({.header = checks.value_or(BlockHeader{0, 0, kFullRange})});
    if (program_.looks_ == Program::Looks::AtSign) {
      cells_.push_back({.run = fast::look_at_sign});
      cells_.push_back({.data = 1 + std::min<std::uint64_t>(gas_, UINT32_MAX) / kGasPerWork});
    }
    choose_chains();
    for (std::size_t i = 0; i < drafts_.size(); i += chains_[i].length)
      place_chain(i);
    const bool may_jump = !drafts_.empty() && drafts_.back().kind == kKind<fast::JumpIf>;
    if (may_jump) cells_.push_back({.block = nullptr});
    Cell* const out = program_.reserve(cells_.size());
    if (written_ != nullptr && out != written_) link_to(out);
    std::ranges::copy(cells_, out);
    written_ = out + cells_.size();
    not_taken_ = may_jump ? written_ - 1 : nullptr;
    if (may_jump) not_taken_->block = written_;
    record(out);
    return out;
  }

  /// Makes the block known by its place in the code.
  void record(Cell* block) {
    if (is_destination_) {
      program_.blocks_.set(start_, block);
    } else if (program_.repeats_left_ > 0 && start_ < code_.size()) {
      program_.continuations_.set(start_, block);
    }
  }

  /// Finds, for each draft, the chain that leaves the fewest handlers from there on.
  void choose_chains() {
    const std::size_t count = drafts_.size();
    for (std::size_t i = 0; i < count; ++i)
      kinds_[i] = drafts_[i].kind;
    chains_[count].handlers = 0;
    for (std::size_t i = count; i-- > 0;) {
      Chain& best = chains_[i];
      best = {drafts_[i].run, 1, behind(i + 1)};
      const auto found = fast::find_fusions({&kinds_[i], std::min(count - i, fast::kChainMax)});
      for (std::size_t length = 2; length <= found.size(); ++length) {
        if (found[length - 1] == nullptr) continue;
        const std::uint16_t handlers = behind(i + length);
        if (handlers <= best.handlers) {
          best = {found[length - 1], static_cast<std::uint16_t>(length), handlers};
        }
      }
    }
  }
  /// The handlers from draft `first` on and the one before.
  [[nodiscard]] std::uint16_t behind(std::size_t first) const {
    return static_cast<std::uint16_t>(chains_[first].handlers + 1);
  }

  /// Appends the handler of the chain chosen for draft `first`.
  void place_chain(std::size_t first) {
    cells_.push_back({.run = chains_[first].run});
    for (std::size_t i = first; i < first + chains_[first].length; ++i) {
      if (drafts_[i].has_data) cells_.push_back({.data = drafts_[i].data});
    }
  }

  /// Makes what was written last go on at `target`. There is always room for it.
  void link_to(Cell* target) {
    if (not_taken_ != nullptr) {
      not_taken_->block = target;
    } else {
      write_link(written_, target);
    }
  }

  /// Makes what was written last translate what follows when it gets there.
  void postpone() {
    write_link(written_, nullptr);
    written_[2].run = fast::translate_here;
    written_[3].data = pc_;
    program_.reserve(Program::kLinkCells);
  }

  /// Two handlers, the first of which can be entered as a block: a jump that is not taken does.
  static void write_link(Cell* at, Cell* target) {
    at[0].run = fast::enter_block;
    at[1].header = BlockHeader{0, 0, kFullRange};
    at[2].run = fast::go_to;
    at[3].data = reinterpret_cast<std::uint64_t>(target);
  }

  Program& program_;
  ByteView code_;
  const OpcodeTable& table_;
  std::uint64_t pc_ = 0;
  std::uint64_t start_ = 0;      // where the block begins
  bool is_destination_ = false;  // which is a JUMPDEST
  std::size_t jumps_within_ = 0;
  KnownPlaces known_;
  Row<Draft, kBlockMax + 2> drafts_;
  std::array<fast::Kind, kBlockMax + 2> kinds_{};  // of the drafts
  std::array<Chain, kBlockMax + 3> chains_{};      // by the draft they begin with
  Row<Cell, 2 * (kBlockMax + 3) + 2> cells_;
  std::uint64_t gas_ = 0;
  int height_ = 0;  // of the stack against the block's start, in words
  int lowest_ = 0;
  int highest_ = 0;
  Cell* written_ = nullptr;    // behind the last block
  Cell* not_taken_ = nullptr;  // where its last jump leads if not taken, unless it has none
};

Cell* Program::translate(std::uint64_t pc) {
  return Translator(*this).run(pc);
}

}  // namespace ol::evm
