#pragma once

#include <pthread.h>

#include <chrono>
#include <cstdint>
#include <filesystem>

#include "bench/report.hpp"

namespace ol::app::bench {

using Clock = std::chrono::steady_clock;

[[nodiscard]] inline double seconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

/// Processor time, user and system, in seconds.
[[nodiscard]] double process_cpu_s();
[[nodiscard]] double thread_cpu_s();
/// Of a thread that has not been joined.
[[nodiscard]] double thread_cpu_s(pthread_t thread);
/// The most memory this process ever had resident, in megabytes.
[[nodiscard]] double peak_memory_mb();

/// What this machine does, measured in processor time in the same run, so that a result can be
/// stated as a ratio and compared between machines.
struct Machine {
  double sha256_mb_per_s = 0;
  double bls_sign_us = 0;
  double bls_verify_us = 0;
  double recover_us = 0;
  /// Appending 4 KiB to a file in the benchmark's directory and waiting for the device.
  double sync_us = 0;
  unsigned processors = 0;
};
[[nodiscard]] Machine measure_machine(const std::filesystem::path& directory);
void add_machine(Report& report, const Machine& machine);

/// A directory that disappears with this object.
class TemporaryHome {
 public:
  /// Made below `parent`. Throws CommandError.
  explicit TemporaryHome(const std::filesystem::path& parent);
  TemporaryHome(const TemporaryHome&) = delete;
  TemporaryHome& operator=(const TemporaryHome&) = delete;
  ~TemporaryHome();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace ol::app::bench
