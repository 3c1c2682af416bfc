#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <ol/base/address.hpp>
#include <ol/base/bytes.hpp>
#include <ol/base/u256.hpp>
#include <ol/evm/status.hpp>
#include <ol/evm/world.hpp>

#include "memory_arena.hpp"

namespace ol::evm {

class Machine;
class Program;

inline constexpr std::size_t kStackMax = 1024;  // Yellow Paper section 9.1
inline constexpr int kDepthMax = 1024;
/// A frame that reaches for more memory is out of gas: the price would be 35,000 billion.
inline constexpr std::uint64_t kMemoryMax = std::uint64_t{1} << 32;

enum class CallKind : std::uint8_t { Call, Callcode, Delegatecall, Create };
enum class Mutability : std::uint8_t { Mutable, Static };

/// What a frame is asked to do. Borrows accounts from the world and input from the caller's memory.
struct Message {
  CallKind kind = CallKind::Call;
  Mutability mutability = Mutability::Mutable;
  int depth = 0;
  std::int64_t gas = 0;
  WorldAccount* recipient = nullptr;  // whose storage and balance the code works on
  WorldAccount* sender = nullptr;     // what CALLER answers, and who pays the value
  WorldAccount* code = nullptr;       // whose code runs; unused by creation
  bool code_is_delegated = false;     // EIP-7702: then a precompile is plain empty code
  U256 value;                         // what CALLVALUE answers
  ByteView input;                     // call data, or init code
  std::int64_t caller_cost = 0;       // of the caller's instruction, while traced
  MemoryArena::Place memory;          // where the frame's memory may begin
  U256* stack = nullptr;              // the same of its stack, unless the reference runs it
};

[[nodiscard]] constexpr std::uint64_t word_count(std::uint64_t bytes) {
  return (bytes + 31) / 32;
}

/// Yellow Paper appendix H.1: the price of so many words of memory.
[[nodiscard]] constexpr std::int64_t memory_price(std::uint64_t words) {
  return static_cast<std::int64_t>(3 * words + words * words / 512);
}

/// One running message. The interpreters keep the stack themselves; everything else is here.
struct Frame {
  Frame(Machine& m, const Message& msg, ByteView bytes)
      : memory(msg.memory.begin),
        gas(msg.gas),
        machine(m),
        message(msg),
        code(bytes),
        call_data(msg.kind == CallKind::Create ? ByteView{} : msg.input),
        place(msg.memory) {}

  std::uint8_t* memory = nullptr;
  std::uint64_t memory_size = 0;   // bytes, a multiple of 32
  std::uint64_t memory_ready = 0;  // bytes at `memory` that are this frame's and zero or written
  // What the sizes mean for a word: below the first its offset is one of memory, below the second
  // of what memory can grow to by paying alone.
  std::uint64_t word_limit = 0;
  std::uint64_t ready_word_limit = 0;
  std::int64_t memory_paid = 0;  // the price of `memory_size`
  std::int64_t gas = 0;          // negative once out of gas
  Machine& machine;
  const Message& message;
  ByteView code;
  ByteView call_data;  // none in creation: init code came as input but is no call data
  Status status = Status::Success;
  MemoryArena::Place place;  // of `memory`
  // The fast interpreter's own.
  U256* stack = nullptr;            // one word below the first of the stack
  Program* program = nullptr;       // the code, translated
  std::uint64_t wanted_offset = 0;  // memory a step found missing
  std::uint64_t wanted_size = 0;
  U256* stack_end = nullptr;   // first free word behind this frame's stack, for calls
  std::int64_t step_gas = 0;   // before the instruction, while traced
  std::int64_t gas_kept = -1;  // what it left the frame before what it calls or creates runs
  // What RETURN and REVERT left, in memory.
  std::uint64_t output_offset = 0;
  std::uint64_t output_size = 0;

  /// Ends the frame. Returns false, so that operations can say `return frame.fail(..)`.
  bool fail(Status why) {
    status = why;
    return false;
  }
  bool charge(std::int64_t amount) {
    gas -= amount;
    return gas >= 0 || fail(Status::OutOfGas);
  }
  [[nodiscard]] bool is_static() const { return message.mutability == Mutability::Static; }
  [[nodiscard]] ByteView view(std::uint64_t offset, std::uint64_t size) const {
    return size == 0 ? ByteView{} : ByteView{memory + offset, size};
  }
  /// Charges for memory up to `end` bytes and makes it, zeroed. @pre `end` > memory_size.
  [[gnu::always_inline]] bool grow(std::uint64_t end) {
    const std::uint64_t words = word_count(end);
    // The sum is below 2^63: no more than 2^35 bytes are asked for.
    const std::int64_t price = memory_price(words);
    gas -= price - memory_paid;
    if (gas < 0) return fail(Status::OutOfGas);
    const std::uint64_t size = words * 32;
    if (size > memory_ready && !make_ready(size)) return false;
    record_size(size, price);
    return true;
  }
  /// Makes the word at `offset` memory if that takes no more than paying, from `purse`; otherwise
  /// changes nothing and returns false. @pre `offset` >= word_limit.
  [[gnu::always_inline]] bool grow_to_word(std::uint64_t offset, std::int64_t& purse) {
    if (offset >= ready_word_limit) return false;
    const std::uint64_t words = (offset + 63) / 32;
    const std::int64_t price = memory_price(words);
    const std::int64_t left = purse - (price - memory_paid);
    if (left < 0) return false;
    purse = left;
    record_size(words * 32, price);
    return true;
  }
  [[gnu::always_inline]] void record_size(std::uint64_t size, std::int64_t price) {
    memory_size = size;
    memory_paid = price;
    word_limit = size - 31;
  }
  void record_ready(std::uint64_t size) {
    memory_ready = size;
    ready_word_limit = size < 64 ? 0 : size - 63;
  }
  /// Makes at least `size` bytes ready, more where that saves asking again.
  bool make_ready(std::uint64_t size);
  /// A callee's memory began behind ours: what was ready there no longer is.
  void forget_ready() { record_ready(memory_size); }
  /// Makes [offset, offset + size) memory; nothing for a size of zero, wherever it lies.
  bool expand(const U256& offset, const U256& size) {
    if (size.is_zero()) return true;
    if (!offset.fits_u64() || !size.fits_u64()) return fail(Status::OutOfGas);
    return expand(offset.low64(), size.low64());
  }
  bool expand(std::uint64_t offset, std::uint64_t size) {
    if (offset > kMemoryMax || size > kMemoryMax) return fail(Status::OutOfGas);
    return offset + size <= memory_size || grow(offset + size);
  }
};

/// A word of memory, which is big-endian.
[[nodiscard]] inline U256 load_word(const std::uint8_t* bytes) {
  std::uint64_t limbs[4];
  std::memcpy(limbs, bytes, sizeof limbs);
  return {__builtin_bswap64(limbs[3]), __builtin_bswap64(limbs[2]), __builtin_bswap64(limbs[1]),
          __builtin_bswap64(limbs[0])};
}

inline void store_word(std::uint8_t* bytes, const U256& word) {
  const std::uint64_t limbs[4] = {__builtin_bswap64(word.limb(3)), __builtin_bswap64(word.limb(2)),
                                  __builtin_bswap64(word.limb(1)), __builtin_bswap64(word.limb(0))};
  std::memcpy(bytes, limbs, sizeof limbs);
}

}  // namespace ol::evm
