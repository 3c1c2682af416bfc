#pragma once

#include <unistd.h>

#include <utility>

namespace ol {

/// Owns a file descriptor: closes it when it goes. What closing would say is not asked; whoever
/// needs to know that bytes are on the disk asks before.
class Descriptor {
 public:
  Descriptor() = default;
  /// @param fd  As the kernel answered: below zero if there is none.
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (valid()) ::close(fd_);
  }

  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

}  // namespace ol
