// Instructions on memory, call data, code and return data, and those priced by their operands.
#include "operations.hpp"

#include <algorithm>

#include <ol/crypto/hash.hpp>

#include "machine.hpp"

namespace ol::evm::operations {
namespace {

constexpr std::int64_t kCopyWord = 3;  // Yellow Paper appendix G
constexpr std::int64_t kKeccakWord = 6;

std::int64_t words(const U256& size) {
  return static_cast<std::int64_t>(word_count(size.low64()));
}

/// Copies `size` bytes of `source` from `offset` on to memory, zeros past its end. @pre The memory
/// is there.
void copy_padded(Frame& frame, std::uint64_t to, ByteView source, const U256& offset,
                 std::uint64_t size) {
  if (size == 0) return;
  const std::uint64_t from =
      offset < U256{source.size()} ? offset.low64() : std::uint64_t{source.size()};
  const std::uint64_t there = std::min<std::uint64_t>(size, source.size() - from);
  if (there != 0) std::memcpy(frame.memory + to, source.data() + from, there);
  if (there != size) std::memset(frame.memory + to + there, 0, size - there);
}

/// CALLDATACOPY and its kin: (memory offset, source offset, size) from the top.
bool copy(Frame& frame, U256* top, ByteView source) {
  if (!frame.expand(top[0], top[-2])) return false;
  if (!frame.charge(kCopyWord * words(top[-2]))) return false;
  copy_padded(frame, top[0].low64(), source, top[-1], top[-2].low64());
  return true;
}

bool end_with_output(Frame& frame, const U256* top, Status status) {
  if (!frame.expand(top[0], top[-1])) return false;
  frame.output_offset = top[0].low64();
  frame.output_size = top[-1].low64();
  return frame.fail(status);
}

}  // namespace

bool exp(Frame& frame, U256* top) {
  const std::int64_t bytes = top[-1].byte_length();
  if (!frame.charge(frame.machine.rules().exp_byte * bytes)) return false;
  top[-1] = ol::exp(top[0], top[-1]);
  return true;
}

bool keccak256(Frame& frame, U256* top) {
  if (!frame.expand(top[0], top[-1])) return false;
  if (!frame.charge(kKeccakWord * words(top[-1]))) return false;
  const ByteView data = frame.view(top[0].low64(), top[-1].low64());
  top[-1] = U256::from_fixed(crypto::keccak256(data));
  return true;
}

bool calldataload(Frame& frame, U256* top) {
  const ByteView input = frame.call_data;
  if (!(top[0] < U256{input.size()})) {
    top[0] = {};
    return true;
  }
  const std::uint64_t offset = top[0].low64();
  std::uint8_t word[32] = {};
  std::copy_n(input.begin() + static_cast<std::ptrdiff_t>(offset),
              std::min<std::uint64_t>(32, input.size() - offset), word);
  top[0] = load_word(word);
  return true;
}

bool calldatacopy(Frame& frame, U256* top) {
  return copy(frame, top, frame.call_data);
}

bool codecopy(Frame& frame, U256* top) {
  return copy(frame, top, frame.code);
}

bool extcodecopy(Frame& frame, U256* top) {
  Machine& machine = frame.machine;
  if (!frame.expand(top[-1], top[-3])) return false;
  if (!frame.charge(kCopyWord * words(top[-3]))) return false;
  WorldAccount& account = machine.world().account(to_address(top[0]));
  if (!machine.charge_access(frame, account, machine.rules().cold_account)) return false;
  copy_padded(frame, top[-1].low64(), *machine.world().code(account), top[-2], top[-3].low64());
  return true;
}

bool returndatasize(Frame& frame, U256* top) {
  top[1] = frame.machine.return_data().size();
  return true;
}

bool returndatacopy(Frame& frame, U256* top) {
  const Bytes& data = frame.machine.return_data();
  // EIP-211: unlike other copies, reading past the end is a failure, even of no bytes.
  const auto end = checked_add(top[-1], top[-2]);
  if (!end || U256{data.size()} < *end) return frame.fail(Status::ReturnDataBounds);
  return copy(frame, top, data);
}

bool mload(Frame& frame, U256* top) {
  if (!frame.expand(top[0], 32)) return false;
  top[0] = load_word(frame.memory + top[0].low64());
  return true;
}

bool mstore(Frame& frame, U256* top) {
  if (!frame.expand(top[0], 32)) return false;
  store_word(frame.memory + top[0].low64(), top[-1]);
  return true;
}

bool mstore8(Frame& frame, U256* top) {
  if (!frame.expand(top[0], 1)) return false;
  frame.memory[top[0].low64()] = static_cast<std::uint8_t>(top[-1].low64());
  return true;
}

bool mcopy(Frame& frame, U256* top) {
  const U256& further = top[0] < top[-1] ? top[-1] : top[0];
  if (!frame.expand(further, top[-2])) return false;
  if (!frame.charge(kCopyWord * words(top[-2]))) return false;
  const std::uint64_t size = top[-2].low64();
  if (size != 0) std::memmove(frame.memory + top[0].low64(), frame.memory + top[-1].low64(), size);
  return true;
}

bool finish(Frame& frame, U256* top) {
  return end_with_output(frame, top, Status::Success);
}

bool revert(Frame& frame, U256* top) {
  return end_with_output(frame, top, Status::Revert);
}

}  // namespace ol::evm::operations
