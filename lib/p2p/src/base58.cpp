#include <ol/p2p/base58.hpp>

namespace ol::p2p {
namespace {

constexpr std::string_view kAlphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// Multiplies the little-endian base-`base` digits by `factor` and adds `carry`.
void multiply_add(Bytes& digits, std::uint32_t base, std::uint32_t factor, std::uint32_t carry) {
  for (std::uint8_t& digit : digits) {
    carry += digit * factor;
    digit = static_cast<std::uint8_t>(carry % base);
    carry /= base;
  }
  while (carry > 0) {
    digits.push_back(static_cast<std::uint8_t>(carry % base));
    carry /= base;
  }
}

}  // namespace

std::string base58_encode(ByteView bytes) {
  std::size_t zeros = 0;
  while (zeros < bytes.size() && bytes[zeros] == 0)
    ++zeros;
  Bytes digits;
  for (const std::uint8_t byte : bytes.subspan(zeros))
    multiply_add(digits, 58, 256, byte);
  std::string text(zeros, kAlphabet[0]);
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit)
    text.push_back(kAlphabet[*digit]);
  return text;
}

std::optional<Bytes> base58_decode(std::string_view text) {
  if (text.size() > kBase58TextMax) return std::nullopt;
  std::size_t zeros = 0;
  while (zeros < text.size() && text[zeros] == kAlphabet[0])
    ++zeros;
  Bytes digits;
  for (const char c : text.substr(zeros)) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    multiply_add(digits, 256, 58, static_cast<std::uint32_t>(value));
  }
  Bytes out(zeros, 0);
  out.insert(out.end(), digits.rbegin(), digits.rend());
  return out;
}

}  // namespace ol::p2p
