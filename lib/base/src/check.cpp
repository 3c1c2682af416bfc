#include <ol/base/check.hpp>

#include <cstdio>
#include <cstdlib>

namespace ol {

void check_failed(const char* condition, const char* why, const char* file, int line) {
  std::fprintf(stderr, "openliquid: check failed: %s (%s) at %s:%d\n", why, condition, file, line);
  std::fflush(stderr);
  std::abort();
}

}  // namespace ol
