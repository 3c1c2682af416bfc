#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include <ol/base/bytes.hpp>
#include <ol/base/hex.hpp>
#include <ol/exchange/arith.hpp>
#include <ol/exchange/types.hpp>

namespace ol::api {

constexpr unsigned kUsdDecimals = 6;
constexpr unsigned kRateDecimals = 9;  // parts per billion

/// The canonical decimal text of `value / 10^decimals`, of any width.
[[nodiscard]] std::string decimal_text(exchange::Int128 value, unsigned decimals);
[[nodiscard]] inline std::string usd_text(exchange::Int128 value) {
  return decimal_text(value, kUsdDecimals);
}
/// a / b to 6 decimals towards zero, as text; "0" where b is zero.
[[nodiscard]] std::string ratio_text(exchange::Int128 a, exchange::Int128 b);
/// Entry price of a position: notional per lot, to `decimals` more than a whole price unit has.
[[nodiscard]] std::string average_text(exchange::Int128 ntl, exchange::Int128 lots,
                                       unsigned px_decimals);

[[nodiscard]] inline std::string_view side_letter(exchange::Side side) {
  return side == exchange::Side::Buy ? "B" : "A";
}
template <std::size_t N, typename Tag>
[[nodiscard]] std::string hex_text(const FixedBytes<N, Tag>& bytes) {
  return to_hex_prefixed(bytes.view());
}

/// CRC-32C (Castagnoli), as RFC 3720 appendix B.4 checks it.
[[nodiscard]] std::uint32_t crc32c(std::string_view text);

}  // namespace ol::api
