#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ol::app::bench {

/// Durations in microseconds and their percentiles.
class Latencies {
 public:
  void add(std::uint64_t us) { samples_us_.push_back(us); }
  [[nodiscard]] std::size_t size() const { return samples_us_.size(); }
  /// The smallest sample that at least `percent` of all do not exceed, in milliseconds; 0 of none.
  [[nodiscard]] double percentile_ms(double percent) const;

 private:
  std::vector<std::uint64_t> samples_us_;
};

/// What a benchmark found out: numbers with a name for programs and a label for people, and
/// sentences.
class Report {
 public:
  explicit Report(std::string title) : title_(std::move(title)) {}

  void section(std::string name) {
    rows_.push_back({.key = {}, .label = std::move(name), .unit = {}});
  }
  /// @param digits  Behind the point, on paper only.
  void number(std::string key, std::string label, double value, std::string unit, int digits = 0);
  void sentence(std::string text) { sentences_.push_back(std::move(text)); }
  /// A check that failed. A report with one is printed all the same and the program fails.
  void failure(std::string text) { failures_.push_back(std::move(text)); }

  [[nodiscard]] bool failed() const { return !failures_.empty(); }
  [[nodiscard]] std::string table() const;
  [[nodiscard]] std::string json() const;

 private:
  struct Row {
    std::string key;  // empty for the title of a section
    std::string label;
    double value = 0;
    std::string unit;
    int digits = 0;
  };

  std::string title_;
  std::vector<Row> rows_;
  std::vector<std::string> sentences_;
  std::vector<std::string> failures_;
};

}  // namespace ol::app::bench
