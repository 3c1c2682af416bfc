#include "bench/report.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <iomanip>
#include <sstream>

namespace ol::app::bench {

double Latencies::percentile_ms(double percent) const {
  if (samples_us_.empty()) return 0;
  std::vector<std::uint64_t> sorted = samples_us_;
  const double rank = std::ceil(percent / 100 * static_cast<double>(sorted.size()));
  const auto index = std::min(static_cast<std::size_t>(std::max(rank, 1.0)), sorted.size()) - 1;
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(index),
                   sorted.end());
  return static_cast<double>(sorted[index]) / 1000;
}

void Report::number(std::string key, std::string label, double value, std::string unit,
                    int digits) {
  rows_.push_back({std::move(key), std::move(label), value, std::move(unit), digits});
}

std::string Report::table() const {
  constexpr int kLabelWidth = 44;
  constexpr int kValueWidth = 12;
  std::ostringstream out;
  out << title_ << '\n' << std::fixed;
  for (const Row& row : rows_) {
    if (row.key.empty()) {
      out << '\n' << row.label << '\n';
      continue;
    }
    out << "  " << std::left << std::setw(kLabelWidth) << row.label << std::right
        << std::setw(kValueWidth) << std::setprecision(row.digits) << row.value << "  " << row.unit
        << '\n';
  }
  out << '\n';
  for (const std::string& text : sentences_)
    out << text << '\n';
  for (const std::string& text : failures_)
    out << "FAILED: " << text << '\n';
  return out.str();
}

std::string Report::json() const {
  boost::json::object numbers;
  for (const Row& row : rows_) {
    if (!row.key.empty()) numbers[row.key] = row.value;
  }
  const boost::json::object whole{
      {"title", title_},
      {"numbers", std::move(numbers)},
      {"notes", boost::json::array(sentences_.begin(), sentences_.end())},
      {"failures", boost::json::array(failures_.begin(), failures_.end())}};
  return boost::json::serialize(whole) + "\n";
}

}  // namespace ol::app::bench
