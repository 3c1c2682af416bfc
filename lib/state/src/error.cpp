#include <ol/state/error.hpp>

#include <ol/base/check.hpp>

namespace ol::state {

const char* describe(StateError error) {
  switch (error) {
    case StateError::ReadFailed:
      return "state: the store could not be read";
    case StateError::Corrupt:
      return "state: the store is damaged";
  }
  OL_CHECK(false, "unknown StateError");
}

}  // namespace ol::state
