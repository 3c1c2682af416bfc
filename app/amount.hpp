#pragma once

#include <string>
#include <string_view>

#include <ol/base/u256.hpp>

namespace ol::app {

/// Wei from "1ether", "0.5 ether", "21gwei", "100wei" or "100". CommandError says what is allowed.
[[nodiscard]] U256 parse_amount(std::string_view text);
/// "12.5 ether": exact, without trailing zeros.
[[nodiscard]] std::string format_ether(const U256& wei);

}  // namespace ol::app
