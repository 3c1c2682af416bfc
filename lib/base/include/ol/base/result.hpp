#pragma once

#include <expected>
#include <utility>

namespace ol {

/// The outcome of something that can be expected to fail: bad peers, bad users, bad bytes.
/// `E` is an enum class of the library that returns it, or a struct that explains itself.
template <typename T, typename E>
using Result = std::expected<T, E>;

/// Wraps an error so that a function returning any `Result<_, E>` can return it.
template <typename E>
[[nodiscard]] constexpr std::unexpected<E> fail(E error) {
  return std::unexpected<E>(std::move(error));
}

}  // namespace ol

#define OL_CONCAT_INNER(a, b) a##b
#define OL_CONCAT(a, b) OL_CONCAT_INNER(a, b)

/// `OL_TRY(auto value, expression)`: the value, or return the error from this function.
#define OL_TRY(declaration, expression)                                      \
  auto OL_CONCAT(ol_try_, __LINE__) = (expression);                          \
  if (!OL_CONCAT(ol_try_, __LINE__)) {                                       \
    return std::unexpected(std::move(OL_CONCAT(ol_try_, __LINE__)).error()); \
  }                                                                          \
  declaration = *std::move(OL_CONCAT(ol_try_, __LINE__))

/// `OL_TRY_VOID(expression)`: go on, or return the error from this function.
#define OL_TRY_VOID(expression)                                                   \
  do {                                                                            \
    auto ol_try_result = (expression);                                            \
    if (!ol_try_result) return std::unexpected(std::move(ol_try_result).error()); \
  } while (false)
