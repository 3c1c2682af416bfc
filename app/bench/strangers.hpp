#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace ol::app {

/// Strangers that open 500 connections a second, send garbage on one half and nothing on the other.
class Strangers {
 public:
  explicit Strangers(std::uint16_t port) : thread_([this, port] { attack(port); }) {}
  ~Strangers();
  Strangers(const Strangers&) = delete;
  Strangers& operator=(const Strangers&) = delete;

 private:
  void attack(std::uint16_t port);

  std::atomic<bool> stop_ = false;
  std::vector<int> silent_;
  std::thread thread_;
};

}  // namespace ol::app
