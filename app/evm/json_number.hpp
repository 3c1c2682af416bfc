#pragma once

#include <simdjson.h>

#include <ol/base/u256.hpp>

namespace ol::app {

/// A number of a genesis file: one of JSON, or decimal or 0x hex in a string. Throws CommandError,
/// which names it `what`.
[[nodiscard]] U256 json_number(simdjson::dom::element value, const char* what);

}  // namespace ol::app
