#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <type_traits>

#include <ol/base/check.hpp>

namespace ol {

/// A number that is not interchangeable with other numbers: `using Height = Strong<uint64_t, struct
/// HeightTag>`. Constructed explicitly, read with `value()`, compared only with its own kind.
template <typename T, typename Tag>
class Strong {
  static_assert(std::is_unsigned_v<T>, "strong numbers are unsigned");

 public:
  using value_type = T;

  constexpr Strong() = default;
  constexpr explicit Strong(T value) : value_(value) {}

  [[nodiscard]] constexpr T value() const { return value_; }

  friend constexpr auto operator<=>(Strong, Strong) = default;

  /// The next number. Aborts on overflow: heights and views cannot reach 2^64.
  [[nodiscard]] constexpr Strong next() const { return *this + T{1}; }

  friend constexpr Strong operator+(Strong a, T n) {
    T sum{};
    OL_CHECK(!__builtin_add_overflow(a.value_, n, &sum), "strong number overflow");
    return Strong(sum);
  }

  /// The distance from `b` up to `a`. Aborts when b > a.
  friend constexpr T operator-(Strong a, Strong b) {
    OL_CHECK(a.value_ >= b.value_, "strong number underflow");
    return static_cast<T>(a.value_ - b.value_);
  }

 private:
  T value_{};
};

}  // namespace ol

template <typename T, typename Tag>
struct std::hash<ol::Strong<T, Tag>> {
  std::size_t operator()(ol::Strong<T, Tag> v) const noexcept { return std::hash<T>{}(v.value()); }
};
