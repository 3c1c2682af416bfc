#include <ol/base/hex.hpp>
#include <ol/base/u256.hpp>

namespace ol {
namespace {

/// Ten to the nineteenth, the largest power of ten in 64 bits.
constexpr std::uint64_t kDecimalChunk = 10'000'000'000'000'000'000ULL;
constexpr std::size_t kDecimalChunkDigits = 19;

}  // namespace

std::optional<U256> U256::from_hex(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  if (text.empty() || text.size() > 64) return std::nullopt;
  // Once without prefix, a further one would be read as the digits 0 and x, which from_hex skips.
  if (text.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos) {
    return std::nullopt;
  }
  std::string padded(text.size() % 2, '0');
  padded += text;
  const auto bytes = ol::from_hex(padded);
  return bytes ? from_big_endian(*bytes) : std::nullopt;
}

std::optional<U256> U256::from_decimal(std::string_view text) {
  if (text.empty()) return std::nullopt;
  U256 out;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto [product, high] = mul_wide(out, 10);
    const auto sum = checked_add(product, static_cast<std::uint64_t>(c - '0'));
    if (high != 0 || !sum) return std::nullopt;
    out = *sum;
  }
  return out;
}

Bytes U256::to_minimal_big_endian() const {
  const auto bytes = to_big_endian();
  return {bytes.end() - static_cast<std::ptrdiff_t>(byte_length()), bytes.end()};
}

std::string U256::to_hex() const {
  std::string digits = ol::to_hex(to_big_endian());
  const std::size_t first = digits.find_first_not_of('0');
  return "0x" + (first == std::string::npos ? "0" : digits.substr(first));
}

std::string U256::to_decimal() const {
  std::string out;
  U256 rest = *this;
  while (!rest.fits_u64()) {
    const auto [quotient, remainder] = divmod(rest, kDecimalChunk);
    const std::string digits = std::to_string(remainder.low64());
    out.insert(0, std::string(kDecimalChunkDigits - digits.size(), '0') + digits);
    rest = quotient;
  }
  // What is left may still be a chunk and one digit more; std::to_string takes all of uint64.
  return std::to_string(rest.low64()) + out;
}

}  // namespace ol
