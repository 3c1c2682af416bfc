#include <ol/primitives/address_text.hpp>

#include <algorithm>

#include <ol/base/check.hpp>
#include <ol/base/hex.hpp>
#include <ol/crypto/hash.hpp>

namespace ol::primitives {
namespace {

constexpr std::string_view kPrefix = "0x";

bool is_lower(char c) {
  return c >= 'a' && c <= 'f';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'F';
}

}  // namespace

// A letter is upper-case where the digit at its place in the hash of the lower-case text is 8 or
// more.
std::string checksum_text(const Address& address) {
  std::string digits = to_hex(address.view());
  const std::string hash = to_hex(crypto::keccak256(as_bytes(digits)).view());
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (is_lower(digits[i]) && hash[i] >= '8') digits[i] = static_cast<char>(digits[i] - 'a' + 'A');
  }
  return std::string(kPrefix) + digits;
}

const char* describe(AddressTextError error) {
  switch (error) {
    case AddressTextError::Malformed:
      return "must be 0x and 40 hex digits";
    case AddressTextError::BadChecksum:
      return "has a wrong checksum: one of its digits is mistyped";
  }
  OL_CHECK(false, "unknown AddressTextError");
}

Result<Address, AddressTextError> parse_address(std::string_view text) {
  if (!text.starts_with(kPrefix)) return fail(AddressTextError::Malformed);
  const auto address = fixed_from_hex<Address>(text);
  if (!address) return fail(AddressTextError::Malformed);
  const std::string_view digits = text.substr(kPrefix.size());
  const bool mixed = std::ranges::any_of(digits, is_lower) && std::ranges::any_of(digits, is_upper);
  if (mixed && text != checksum_text(*address)) return fail(AddressTextError::BadChecksum);
  return *address;
}

}  // namespace ol::primitives
