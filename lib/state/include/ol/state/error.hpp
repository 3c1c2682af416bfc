#pragma once

#include <cstdint>

namespace ol::state {

/// Why state could not be read. Both mean that the disk or database below failed or was tampered
/// with: the driver stops the node, it never goes on with a guess.
enum class StateError : std::uint8_t {
  ReadFailed,  // the store could not answer
  Corrupt,     // what it answered does not decode, does not hash to its reference, or is missing
};

/// The error as a short lower-case phrase for logs.
[[nodiscard]] const char* describe(StateError error);

}  // namespace ol::state
