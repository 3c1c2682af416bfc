#include <ol/exchange/decimal.hpp>

#include <algorithm>

#include <ol/exchange/arith.hpp>

namespace ol::exchange {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// value * 10 + digit within what a 64-bit result of either sign can come from.
bool append_digit(Uint128& value, char digit) {
  value = value * 10 + static_cast<unsigned>(digit - '0');
  return value <= (Uint128{1} << 63);
}

bool all_digits(std::string_view text) {
  return std::ranges::all_of(text, is_digit);
}

// The grammar of dex.md 1.8 for the two parts around the point.
bool well_formed(std::string_view whole, std::string_view fraction, bool has_point) {
  if (whole.empty() || !all_digits(whole)) return false;
  if (whole.size() > 1 && whole.front() == '0') return false;
  if (!has_point) return true;
  return !fraction.empty() && all_digits(fraction) && fraction.back() != '0';
}

}  // namespace

Result<std::int64_t, Error> parse_decimal(std::string_view text, unsigned decimals) {
  OL_CHECK(decimals <= kDecimalsMax, "no field has more decimals");
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  const bool has_point = point != std::string_view::npos;
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = has_point ? text.substr(point + 1) : std::string_view{};
  if (!well_formed(whole, fraction, has_point)) return fail(Error::BadNumber);
  if (fraction.size() > decimals) return fail(Error::BadNumber);
  if (negative && whole == "0" && !has_point) return fail(Error::BadNumber);

  Uint128 value = 0;
  for (const char digit : whole) {
    if (!append_digit(value, digit)) return fail(Error::Overflow);
  }
  for (std::size_t i = 0; i < decimals; ++i) {
    if (!append_digit(value, i < fraction.size() ? fraction[i] : '0')) return fail(Error::Overflow);
  }
  const Int128 magnitude = static_cast<Int128>(value);
  const auto out = to_i64(negative ? -magnitude : magnitude);
  if (!out) return fail(Error::Overflow);
  return *out;
}

std::string format_decimal(std::int64_t value, unsigned decimals) {
  OL_CHECK(decimals <= kDecimalsMax, "no field has more decimals");
  auto rest = static_cast<std::uint64_t>(abs128(value));
  std::string fraction(decimals, '0');
  for (unsigned i = decimals; i > 0; --i) {
    fraction[i - 1] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  }
  while (fraction.ends_with('0'))
    fraction.pop_back();
  std::string out = (value < 0 ? "-" : "") + std::to_string(rest);
  if (!fraction.empty()) out += "." + fraction;
  return out;
}

}  // namespace ol::exchange
