#pragma once

namespace ol {

/// Prints the failed condition, its place and `why` to standard error, then aborts. Never returns.
[[noreturn]] void check_failed(const char* condition, const char* why, const char* file, int line);

}  // namespace ol

/// States what our own code guarantees. On in every build. Never used to validate outside input.
#define OL_CHECK(condition, why)                                 \
  do {                                                           \
    if (!(condition)) [[unlikely]] {                             \
      ::ol::check_failed(#condition, (why), __FILE__, __LINE__); \
    }                                                            \
  } while (false)
