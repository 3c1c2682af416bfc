#pragma once

#include <array>
#include <cstddef>

#include <ol/base/check.hpp>

namespace ol::evm {

/// A vector that never allocates.
template <typename T, std::size_t Capacity>
class Row {
 public:
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] const T* begin() const { return items_.data(); }
  [[nodiscard]] const T* end() const { return items_.data() + size_; }
  [[nodiscard]] const T& operator[](std::size_t i) const { return items_[i]; }
  [[nodiscard]] T& back() { return items_[size_ - 1]; }
  void push_back(const T& item) {
    OL_CHECK(size_ < Capacity, "blocks are cut before this");
    items_[size_++] = item;
  }
  void drop(std::size_t count) { size_ -= count; }
  void clear() { size_ = 0; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

 private:
  std::array<T, Capacity> items_;
  std::size_t size_ = 0;
};

}  // namespace ol::evm
