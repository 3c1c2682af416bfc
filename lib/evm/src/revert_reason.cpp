#include <ol/evm/revert_reason.hpp>

#include <algorithm>
#include <array>

#include <ol/base/u256.hpp>

namespace ol::evm {
namespace {

// The first four bytes of the Keccak-256 of "Error(string)" and "Panic(uint256)".
constexpr std::array<std::uint8_t, 4> kErrorSelector{0x08, 0xc3, 0x79, 0xa0};
constexpr std::array<std::uint8_t, 4> kPanicSelector{0x4e, 0x48, 0x7b, 0x71};
constexpr std::size_t kWord = 32;
constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

std::optional<U256> word_at(ByteView data, std::size_t offset) {
  if (data.size() < kWord || offset > data.size() - kWord) return std::nullopt;
  return U256::from_big_endian(data.subspan(offset, kWord));
}

/// ABI encoding: the offset of the string, there its length and its bytes.
std::optional<std::string> error_text(ByteView arguments) {
  const auto offset = word_at(arguments, 0);
  if (!offset || !(*offset < U256{arguments.size()})) return std::nullopt;
  const auto start = static_cast<std::size_t>(offset->low64());
  const auto size = word_at(arguments, start);
  if (!size) return std::nullopt;
  const std::size_t room = arguments.size() - start - kWord;
  if (U256{room} < *size) return std::nullopt;
  return repaired_utf8(
      as_text(arguments.subspan(start + kWord, static_cast<std::size_t>(size->low64()))));
}

/// The words geth has for Solidity's panic codes.
const char* panic_text(std::uint64_t code) {
  switch (code) {
    case 0x00:
      return "generic panic";
    case 0x01:
      return "assert(false)";
    case 0x11:
      return "arithmetic underflow or overflow";
    case 0x12:
      return "division or modulo by zero";
    case 0x21:
      return "enum overflow";
    case 0x22:
      return "invalid encoded storage byte array accessed";
    case 0x31:
      return "out-of-bounds array access; popping on an empty array";
    case 0x32:
      return "out-of-bounds access of an array or bytesN";
    case 0x41:
      return "out of memory";
    case 0x51:
      return "uninitialized function";
    default:
      return nullptr;
  }
}

std::optional<std::string> panic_reason(ByteView arguments) {
  const auto code = word_at(arguments, 0);
  if (!code) return std::nullopt;
  const char* const known = code->fits_u64() ? panic_text(code->low64()) : nullptr;
  return known != nullptr ? known : "unknown panic code: " + code->to_hex();
}

/// The size of the UTF-8 sequence at the start of `text`; 0 if there is none. RFC 3629.
std::size_t sequence_size(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = at(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  // Too long for its value, a surrogate, or above U+10FFFF.
  const bool bad = (first == 0xe0 && at(1) < 0xa0) || (first == 0xed && at(1) >= 0xa0) ||
                   (first == 0xf0 && at(1) < 0x90) || (first == 0xf4 && at(1) >= 0x90);
  return bad ? 0 : size;
}

}  // namespace

std::string repaired_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t size = sequence_size(text);
    out += size == 0 ? kReplacement : text.substr(0, size);
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

std::optional<std::string> revert_reason(ByteView output) {
  if (output.size() < 4) return std::nullopt;
  const ByteView arguments = output.subspan(4);
  if (std::ranges::equal(output.first(4), kErrorSelector)) return error_text(arguments);
  if (std::ranges::equal(output.first(4), kPanicSelector)) return panic_reason(arguments);
  return std::nullopt;
}

}  // namespace ol::evm
