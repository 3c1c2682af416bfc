#include "account_key.hpp"

#include <ol/base/hex.hpp>
#include <ol/primitives/address_text.hpp>

#include "command.hpp"
#include "home.hpp"

namespace ol::app {
namespace {

struct Unit {
  std::string_view name;
  std::size_t decimals;
};
constexpr Unit kUnits[] = {{"ether", 18}, {"gwei", 9}, {"wei", 0}};

}  // namespace

Address flag_address(const std::string& text, const char* flag) {
  const auto address = primitives::parse_address(text);
  if (address) return *address;
  throw CommandError(std::string(flag) + " is \"" + text + "\": an address " +
                     primitives::describe(address.error()));
}

std::optional<U256> parse_amount(std::string_view text) {
  std::size_t decimals = 0;
  for (const Unit& unit : kUnits) {
    if (!text.ends_with(unit.name)) continue;
    text.remove_suffix(unit.name.size());
    decimals = unit.decimals;
    break;
  }
  while (text.ends_with(' '))
    text.remove_suffix(1);
  const std::size_t point = text.find('.');
  std::string digits(text.substr(0, point));
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
  if (digits.empty() || (point != std::string_view::npos && fraction.empty()) ||
      fraction.size() > decimals)
    return std::nullopt;
  digits += fraction;
  digits.append(decimals - fraction.size(), '0');
  U256 out;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto shifted = checked_mul(out, U256(10));
    const auto sum =
        shifted ? checked_add(*shifted, U256(static_cast<std::uint64_t>(c - '0'))) : std::nullopt;
    if (!sum) return std::nullopt;
    out = *sum;
  }
  return out;
}

crypto::Secp256k1SecretKey account_key(const std::string& hex, const std::string& file,
                                       PassphraseSource& passphrase) {
  if (!hex.empty() && !file.empty())
    throw CommandError("give the sender's key with --key HEX or with --keyfile FILE, not both");
  if (hex.empty() && file.empty())
    throw CommandError("give the sender's key with --key HEX or --keyfile FILE");
  const auto bytes = hex.empty()
                         ? to_bytes(read_key(file, crypto::KeyKind::Secp256k1, passphrase).view())
                         : from_hex(hex).value_or(Bytes{});
  auto key = crypto::Secp256k1SecretKey::from_bytes(bytes);
  if (!key) throw CommandError("that is not a secp256k1 key: 32 bytes of hex are expected");
  return *std::move(key);
}

}  // namespace ol::app
