#include "numbers.hpp"

#include <algorithm>
#include <array>

namespace ol::api {
namespace {

using exchange::Int128;

constexpr std::uint32_t kCastagnoli = 0x82f6'3b78;  // the polynomial, bits reversed

constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> out{};
  for (std::uint32_t i = 0; i < out.size(); ++i) {
    std::uint32_t rest = i;
    for (int bit = 0; bit < 8; ++bit)
      rest = (rest & 1) != 0 ? (rest >> 1) ^ kCastagnoli : rest >> 1;
    out[i] = rest;
  }
  return out;
}

constexpr std::array<std::uint32_t, 256> kCrcTable = crc_table();

}  // namespace

std::string decimal_text(Int128 value, unsigned decimals) {
  Int128 rest = exchange::abs128(value);
  std::string digits;
  while (rest != 0 || digits.size() <= decimals) {
    digits.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  }
  std::ranges::reverse(digits);
  std::string fraction = digits.substr(digits.size() - decimals);
  digits.resize(digits.size() - decimals);
  while (fraction.ends_with('0'))
    fraction.pop_back();
  std::string out = (value < 0 ? "-" : "") + digits;
  if (!fraction.empty()) out += "." + fraction;
  return out;
}

std::string ratio_text(Int128 a, Int128 b) {
  constexpr Int128 kScale = 1'000'000;
  if (b == 0) return "0";
  return decimal_text(exchange::trunc_div(a * kScale, b), 6);
}

std::string average_text(Int128 ntl, Int128 lots, unsigned px_decimals) {
  constexpr unsigned kExtra = 2;
  if (lots == 0) return "0";
  return decimal_text(exchange::trunc_div(ntl * 100, lots), px_decimals + kExtra);
}

std::uint32_t crc32c(std::string_view text) {
  std::uint32_t out = ~std::uint32_t{0};
  for (const char c : text)
    out = kCrcTable[(out ^ static_cast<std::uint8_t>(c)) & 0xff] ^ (out >> 8);
  return ~out;
}

}  // namespace ol::api
