#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include <ol/base/u256.hpp>

#include "frame.hpp"
#include "program.hpp"
#include "word.hpp"

// Instructions as values: a step takes a window on the stack and returns the window after it. What
// a handler runs is a chain of steps; words that one step pushes and the next takes never reach
// memory. All of it is resolved while compiling.
namespace ol::evm::fast {

/// A word from memory, limb by limb: copied whole, it would be so by way of the native stack.
[[gnu::always_inline]] inline U256 loaded(const U256& word) {
  return {word.limb(0), word.limb(1), word.limb(2), word.limb(3)};
}

/// The upper part of the stack while a handler runs. `Taken` words of the stack as it was are gone;
/// `Held` new ones lie on top of the rest, in registers.
template <int Taken, int Held>
struct Window {
  U256* sp = nullptr;  // the word below the top, as the handler got it
  U256 top;            // the top, as the handler got it
  Frame* frame = nullptr;
  U256 held[Held == 0 ? 1 : Held] = {};
  bool retry = false;    // memory must grow before the handler can run
  std::int64_t gas = 0;  // what is left, less what memory cost that a step made

  static constexpr int kTaken = Taken;
  static constexpr int kHeld = Held;

  /// Word `Depth` of the stack as the handler got it.
  template <int Depth>
  [[gnu::always_inline]] U256 old() const {
    if constexpr (Depth == 0) {
      return top;
    } else {
      return loaded(sp[1 - Depth]);
    }
  }
  /// Word `Depth` of the stack now.
  template <int Depth>
  [[gnu::always_inline]] U256 at() const {
    if constexpr (Depth < Held) {
      return held[Held - 1 - Depth];
    } else {
      return old<Taken + Depth - Held>();
    }
  }
  /// The place of word `Above` + n, at least the third, which must be in memory: below what is
  /// held, and not the old top. `below` is `bytes_down(n)`.
  template <int Above>
  [[gnu::always_inline]] U256& place(std::uint64_t below) const {
    static_assert(Held <= 3 && Taken + 3 - Held >= 1);
    const auto from = std::bit_cast<std::uintptr_t>(sp + 1 - Taken + Held - Above);
    return *std::bit_cast<U256*>(from + below);
  }
  template <int Count>
  [[gnu::always_inline]] auto drop() const {
    constexpr int kFromHeld = std::min(Count, Held);
    Window<Taken + Count - kFromHeld, Held - kFromHeld> out{sp, top, frame, {}, retry, gas};
    for (int i = 0; i < Held - kFromHeld; ++i)
      out.held[i] = held[i];
    return out;
  }
  [[gnu::always_inline]] auto push(const U256& word) const {
    Window<Taken, Held + 1> out{sp, top, frame, {}, retry, gas};
    for (int i = 0; i < Held; ++i)
      out.held[i] = held[i];
    out.held[Held] = word;
    return out;
  }
  /// Writes the words that are not the top to memory and returns the new `sp`; `result` is the top.
  [[gnu::always_inline]] U256* settle(U256& result) const {
    U256* const now = sp - Taken + Held;
    if constexpr (Held == 0) {
      result = old<Taken>();
    } else {
      result = held[Held - 1];
      for (int i = 1; i < Held; ++i)
        now[1 - i] = held[Held - 1 - i];
      if constexpr (Taken == 0) now[1 - Held] = top;
    }
    return now;
  }
};

// Whether a step may ask for a retry; whether it writes to the stack's memory at once, after which
// no retry can be asked for; whether it has an operand.
struct Plain {
  static constexpr bool kMayRetry = false;
  static constexpr bool kWrites = false;
  static constexpr bool kHasData = false;
};
struct MayRetry : Plain {
  static constexpr bool kMayRetry = true;
};
struct WithData : Plain {
  static constexpr bool kHasData = true;
};

/// The operand of DupDeep and SwapDeep: what to add to a place on the stack to get the word so many
/// further down.
constexpr std::uint64_t bytes_down(std::uint64_t words) {
  return 0 - words * sizeof(U256);
}

struct Push : WithData {  // of up to 64 bits: the operand
  template <typename W>
  [[gnu::always_inline]] static auto run(const W& w, std::uint64_t data) {
    return w.push(U256{data});
  }
};

struct PushWide : WithData {  // the operand points to the word
  template <typename W>
  [[gnu::always_inline]] static auto run(const W& w, std::uint64_t data) {
    return w.push(loaded(*std::bit_cast<const U256*>(data)));
  }
};

template <int N>
struct Dup : Plain {
  template <typename W>
  [[gnu::always_inline]] static auto run(const W& w, std::uint64_t /*data*/) {
    return w.push(w.template at<N - 1>());
  }
};

/// DUP4 to DUP16 by their operand. Deep enough to be in memory as the third step of a chain.
struct DupDeep : WithData {
  template <typename W>
  [[gnu::always_inline]] static auto run(const W& w, std::uint64_t data) {
    return w.push(loaded(w.template place<-1>(data)));
  }
};

template <int N>
struct Swap;
template <>
struct Swap<1> : Plain {
  template <typename W>
  [[gnu::always_inline]] static auto run(const W& w, std::uint64_t /*data*/) {
    const U256 a = w.template at<0>();
    const U256 b = w.template at<1>();
    return w.template drop<2>().push(a).push(b);
  }
};
template <>
struct Swap<2> : Plain {
  template <typename W>
  [[gnu::always_inline]] static auto run(const W& w, std::uint64_t /*data*/) {
    const U256 a = w.template at<0>();
    const U256 b = w.template at<1>();
    const U256 c = w.template at<2>();
    return w.template drop<3>().push(a).push(b).push(c);
  }
};

/// SWAP3 to SWAP16 by their operand.
struct SwapDeep : WithData {
  static constexpr bool kWrites = true;
  template <typename W>
  [[gnu::always_inline]] static auto run(const W& w, std::uint64_t data) {
    U256& place = w.template place<0>(data);
    const U256 other = loaded(place);
    place = w.template at<0>();
    return w.template drop<1>().push(other);
  }
};

struct Pop : Plain {
  template <typename W>
  [[gnu::always_inline]] static auto run(const W& w, std::uint64_t /*data*/) {
    return w.template drop<1>();
  }
};

/// Two operands, the top first.
template <U256 (*Compute)(const U256&, const U256&)>
struct Binary : Plain {
  template <typename W>
  [[gnu::always_inline]] static auto run(const W& w, std::uint64_t /*data*/) {
    return w.template drop<2>().push(Compute(w.template at<0>(), w.template at<1>()));
  }
};

template <U256 (*Compute)(const U256&)>
struct Unary : Plain {
  template <typename W>
  [[gnu::always_inline]] static auto run(const W& w, std::uint64_t /*data*/) {
    return w.template drop<1>().push(Compute(w.template at<0>()));
  }
};

/// Shifts by a constant: PUSH and SHL or SHR in one, the operand being the bits within a limb.
template <bool Left, int Limbs>
struct ShiftBy : WithData {
  template <typename W>
  [[gnu::always_inline]] static auto run(const W& w, std::uint64_t data) {
    const U256 value = w.template at<0>();
    const auto bits = static_cast<unsigned>(data);
    return w.template drop<1>().push(Left ? word::shift_left<Limbs>(value, bits)
                                          : word::shift_right<Limbs>(value, bits));
  }
};

[[gnu::always_inline]] inline U256 truth(bool v) {
  return {v ? 1U : 0U, 0, 0, 0};
}

// What each computes, `a` being the top of the stack.
// NOLINTBEGIN(bugprone-macro-parentheses): a type's name cannot stand in parentheses.
#define OL_EVM_BINARY(name, expression)                                             \
  [[gnu::always_inline]] inline U256 compute_##name(const U256& a, const U256& b) { \
    return expression;                                                              \
  }                                                                                 \
  using name = Binary<compute_##name>
OL_EVM_BINARY(Add, a + b);
OL_EVM_BINARY(Sub, word::subtract(a, b));
OL_EVM_BINARY(Mul, a* b);
OL_EVM_BINARY(And, a& b);
OL_EVM_BINARY(Or, a | b);
OL_EVM_BINARY(Xor, a ^ b);
OL_EVM_BINARY(Lt, truth(word::less(a, b)));
OL_EVM_BINARY(Gt, truth(word::less(b, a)));
OL_EVM_BINARY(Slt, truth(word::signed_less(a, b)));
OL_EVM_BINARY(Sgt, truth(word::signed_less(b, a)));
OL_EVM_BINARY(Eq, truth(a == b));
OL_EVM_BINARY(Byte, ol::byte(a, b));
OL_EVM_BINARY(Shl, word::shl(b, a));
OL_EVM_BINARY(Shr, word::shr(b, a));
OL_EVM_BINARY(Sar, word::sar(b, a));
#undef OL_EVM_BINARY
// NOLINTEND(bugprone-macro-parentheses)

[[gnu::always_inline]] inline U256 compute_iszero(const U256& a) {
  return truth(a.is_zero());
}
[[gnu::always_inline]] inline U256 compute_not(const U256& a) {
  return ~a;
}
using Iszero = Unary<compute_iszero>;
using Not = Unary<compute_not>;

/// Asks for memory up to the end of the range. An offset beyond all memory is out of gas whatever
/// it is.
[[gnu::always_inline]] inline bool ask_for_memory(Frame& frame, const U256& offset,
                                                  std::uint64_t size) {
  const std::uint64_t far = offset.limb(1) | offset.limb(2) | offset.limb(3);
  frame.wanted_offset = far != 0 ? UINT64_MAX : offset.limb(0);
  frame.wanted_size = size;
  return false;
}

/// Whether the word at `offset` lies in the frame's memory, which grows here if that is easy. If
/// not, it was asked for.
[[gnu::always_inline]] inline bool want_word(Frame& frame, const U256& offset, std::int64_t& gas) {
  if ((offset.limb(1) | offset.limb(2) | offset.limb(3)) == 0) [[likely]] {
    if (offset.limb(0) < frame.word_limit) [[likely]]
      return true;
    if (frame.grow_to_word(offset.limb(0), gas)) [[likely]]
      return true;
  }
  return ask_for_memory(frame, offset, 32);
}

[[gnu::always_inline]] inline bool want_byte(Frame& frame, const U256& offset) {
  const std::uint64_t far = offset.limb(1) | offset.limb(2) | offset.limb(3);
  if (far == 0 && offset.limb(0) < frame.memory_size) [[likely]]
    return true;
  return ask_for_memory(frame, offset, 1);
}

struct Mload : MayRetry {
  template <typename W>
  [[gnu::always_inline]] static auto run(const W& w, std::uint64_t /*data*/) {
    const U256 offset = w.template at<0>();
    U256 word;
    std::int64_t gas = w.gas;
    const bool there = want_word(*w.frame, offset, gas);
    if (there) [[likely]]
      word = load_word(w.frame->memory + offset.low64());
    auto out = w.template drop<1>().push(word);
    out.retry = !there;
    out.gas = gas;
    return out;
  }
};

struct Mstore : MayRetry {
  template <typename W>
  [[gnu::always_inline]] static auto run(const W& w, std::uint64_t /*data*/) {
    const U256 offset = w.template at<0>();
    std::int64_t gas = w.gas;
    const bool there = want_word(*w.frame, offset, gas);
    if (there) [[likely]]
      store_word(w.frame->memory + offset.low64(), w.template at<1>());
    auto out = w.template drop<2>();
    out.retry = !there;
    out.gas = gas;
    return out;
  }
};

struct Mstore8 : MayRetry {
  template <typename W>
  [[gnu::always_inline]] static auto run(const W& w, std::uint64_t /*data*/) {
    const U256 offset = w.template at<0>();
    const bool there = want_byte(*w.frame, offset);
    if (there) [[likely]] {
      w.frame->memory[offset.low64()] = static_cast<std::uint8_t>(w.template at<1>().low64());
    }
    auto out = w.template drop<2>();
    out.retry = !there;
    return out;
  }
};

struct Calldatasize : Plain {
  template <typename W>
  [[gnu::always_inline]] static auto run(const W& w, std::uint64_t /*data*/) {
    return w.push(U256{w.frame->call_data.size()});
  }
};

struct Callvalue : Plain {
  template <typename W>
  [[gnu::always_inline]] static auto run(const W& w, std::uint64_t /*data*/) {
    return w.push(w.frame->message.value);
  }
};

struct Msize : Plain {
  template <typename W>
  [[gnu::always_inline]] static auto run(const W& w, std::uint64_t /*data*/) {
    return w.push(U256{w.frame->memory_size});
  }
};

}  // namespace ol::evm::fast
