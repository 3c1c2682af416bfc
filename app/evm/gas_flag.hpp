#pragma once

#include <cstdint>
#include <string>

namespace ol::app {

/// The gas that `--gas` names. Throws CommandError, which says what is allowed.
[[nodiscard]] std::int64_t gas_of(const std::string& text);

}  // namespace ol::app
