#include "gas_flag.hpp"

#include <limits>

#include <ol/base/u256.hpp>

#include "command.hpp"

namespace ol::app {

std::int64_t gas_of(const std::string& text) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  const auto gas = text.starts_with("0x") ? U256::from_hex(text) : U256::from_decimal(text);
  if (!gas || U256{static_cast<std::uint64_t>(kMax)} < *gas) {
    throw CommandError("--gas takes a whole number from 0 to " + std::to_string(kMax) + ", not " +
                       text);
  }
  return static_cast<std::int64_t>(gas->low64());
}

}  // namespace ol::app
