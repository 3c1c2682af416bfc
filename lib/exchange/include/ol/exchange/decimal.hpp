#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <ol/base/result.hpp>
#include <ol/exchange/error.hpp>

namespace ol::exchange {

/// The most decimals any field has (dex.md 1.3: weiDecimals).
constexpr unsigned kDecimalsMax = 8;

/// A decimal of the wire, `-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?`, as an integer scaled by
/// 10^decimals (dex.md 1.8). Error::BadNumber for any other text and for more decimals than the
/// field allows; Error::Overflow where the scaled value leaves 64 bits. @pre decimals <= 8.
[[nodiscard]] Result<std::int64_t, Error> parse_decimal(std::string_view text, unsigned decimals);

/// The canonical text of `value / 10^decimals`; `parse_decimal` reads it back. @pre decimals <= 8.
[[nodiscard]] std::string format_decimal(std::int64_t value, unsigned decimals);

}  // namespace ol::exchange
