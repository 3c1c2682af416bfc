#include "amount.hpp"

#include "command.hpp"

namespace ol::app {
namespace {

struct Unit {
  std::string_view name;
  std::size_t decimals;
};
constexpr Unit kUnits[] = {{"ether", 18}, {"gwei", 9}, {"wei", 0}, {"", 0}};
constexpr std::size_t kEtherDecimals = 18;

[[noreturn]] void refuse(std::string_view text) {
  throw CommandError("the amount \"" + std::string(text) +
                     "\" must be a number with a unit: 1ether, 0.5ether, 21gwei, 100wei");
}

}  // namespace

U256 parse_amount(std::string_view text) {
  const std::size_t end = text.find_first_not_of("0123456789.");
  std::string_view number = text.substr(0, end);
  std::string_view unit = end == std::string_view::npos ? "" : text.substr(end);
  while (unit.starts_with(' '))
    unit.remove_prefix(1);
  for (const Unit& known : kUnits) {
    if (known.name != unit) continue;
    const std::size_t point = number.find('.');
    std::string digits(number.substr(0, point));
    std::string_view fraction;
    if (point != std::string_view::npos) {
      fraction = number.substr(point + 1);
      if (digits.empty() || fraction.empty()) refuse(text);
    }
    if (fraction.size() > known.decimals) refuse(text);
    digits += fraction;
    if (digits.empty()) refuse(text);
    digits.append(known.decimals - fraction.size(), '0');
    const auto wei = U256::from_decimal(digits);
    if (!wei) refuse(text);
    return *wei;
  }
  refuse(text);
}

std::string format_ether(const U256& wei) {
  std::string digits = wei.to_decimal();
  if (digits.size() <= kEtherDecimals) digits.insert(0, kEtherDecimals + 1 - digits.size(), '0');
  std::string out = digits.substr(0, digits.size() - kEtherDecimals);
  std::string fraction = digits.substr(digits.size() - kEtherDecimals);
  while (!fraction.empty() && fraction.back() == '0')
    fraction.pop_back();
  if (!fraction.empty()) out += "." + fraction;
  return out + " ether";
}

}  // namespace ol::app
