#include <ol/sim/chart.hpp>

#include <algorithm>
#include <map>
#include <ostream>

#include <fmt/format.h>

namespace ol::sim {
namespace {

constexpr std::size_t kItemsMax = 4000;
constexpr int kColumnWidth = 190;
constexpr int kLeft = 110;
constexpr int kTop = 70;
constexpr int kRow = 15;

std::string time_text(std::uint64_t us) {
  return fmt::format("{}.{:03} s", us / 1'000'000, us / 1000 % 1000);
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      out += c;
    }
  }
  return out;
}

const char* colour(Chart::Mark mark) {
  switch (mark) {
    case Chart::Mark::Note:
      return "#555555";
    case Chart::Mark::Propose:
      return "#1f5fbf";
    case Chart::Mark::Vote:
      return "#2f7d32";
    case Chart::Mark::Leave:
      return "#b36b00";
    case Chart::Mark::Commit:
      return "#6a1b9a";
    case Chart::Mark::Fault:
      return "#c62828";
  }
  return "#000000";
}

int column_x(std::uint32_t column) {
  return kLeft + kColumnWidth / 2 + static_cast<int>(column) * kColumnWidth;
}

}  // namespace

void Chart::print(std::uint64_t now_us, const std::string& who, const std::string& text) {
  if (out_ == nullptr) return;
  *out_ << fmt::format("{:>6}.{:03} s  {:<4} {}\n", now_us / 1'000'000, now_us / 1000 % 1000, who,
                       text);
}

void Chart::note(std::uint64_t now_us, std::uint32_t column, Mark mark, const std::string& text) {
  print(now_us, names_[column], text);
  items_.push_back({Kind::Note, mark, now_us, now_us, column, column, text});
}

void Chart::announce(std::uint64_t now_us, const std::string& text) {
  print(now_us, "--", text);
  items_.push_back({Kind::Announcement, Mark::Note, now_us, now_us, 0, 0, text});
}

void Chart::arrow(std::uint64_t sent_us, std::uint32_t from, std::uint64_t arrived_us,
                  std::uint32_t to, const std::string& text) {
  items_.push_back({Kind::Arrow, Mark::Note, sent_us, arrived_us, from, to, text});
}

void Chart::lost(std::uint64_t sent_us, std::uint32_t from, std::uint32_t to,
                 const std::string& text) {
  items_.push_back({Kind::Lost, Mark::Note, sent_us, sent_us, from, to, text});
}

// Every instant at which something happens gets as many rows as it has lines of text: real
// distances in time would leave most of the chart empty.
std::string Chart::svg(const std::string& title) const {
  const std::size_t shown = std::min(items_.size(), kItemsMax);
  std::map<std::uint64_t, int> rows;
  for (std::size_t i = 0; i < shown; ++i) {
    const Item& item = items_[i];
    const bool text = item.kind == Kind::Note || item.kind == Kind::Announcement;
    rows[item.at_us] += text ? 1 : 0;
    rows[item.until_us] += 0;
  }
  std::map<std::uint64_t, int> tops;
  int y = kTop;
  for (const auto& [at_us, count] : rows) {
    tops[at_us] = y;
    y += std::max(count, 1) * kRow;
  }
  const int height = y + 40;
  const int width = kLeft + static_cast<int>(names_.size()) * kColumnWidth + 40;

  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" "
      "font-family=\"sans-serif\" font-size=\"10\">\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
      "<text x=\"10\" y=\"20\" font-size=\"14\">{}</text>\n",
      width, height, escaped(title));
  for (std::uint32_t i = 0; i < names_.size(); ++i) {
    out += fmt::format(
        "<text x=\"{0}\" y=\"{1}\" font-size=\"13\" text-anchor=\"middle\">{2}</text>\n"
        "<line x1=\"{0}\" y1=\"{3}\" x2=\"{0}\" y2=\"{4}\" stroke=\"#cccccc\"/>\n",
        column_x(i), kTop - 22, escaped(names_[i]), kTop - 12, height - 20);
  }
  for (const auto& [at_us, top] : tops)
    out += fmt::format("<text x=\"10\" y=\"{}\" fill=\"#888888\">{}</text>\n", top + 4,
                       time_text(at_us));
  std::map<std::uint64_t, int> next = tops;
  for (std::size_t i = 0; i < shown; ++i) {
    const Item& item = items_[i];
    if (item.kind == Kind::Arrow || item.kind == Kind::Lost) {
      const bool lost = item.kind == Kind::Lost;
      const int x1 = column_x(item.from);
      const int x2 = lost ? (x1 + column_x(item.to)) / 2 : column_x(item.to);
      const int y1 = tops.at(item.at_us);
      const int y2 = tops.at(item.until_us);
      out += fmt::format(
          "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" "
          "stroke=\"{}\"{}><title>{}</title></line>\n",
          x1, y1, x2, y2, lost ? "#c62828" : "#9fb8d8", lost ? " stroke-dasharray=\"3 3\"" : "",
          escaped(item.text));
      out += fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"2\" fill=\"{}\"/>\n", x2, y2,
                         lost ? "#c62828" : "#5f7fa8");
      continue;
    }
    int& at = next[item.at_us];
    if (item.kind == Kind::Announcement) {
      out +=
          fmt::format("<text x=\"{}\" y=\"{}\" fill=\"#c62828\" font-style=\"italic\">{}</text>\n",
                      kLeft - 20, at + 4, escaped(item.text));
    } else {
      out += fmt::format("<text x=\"{}\" y=\"{}\" fill=\"{}\">{}</text>\n", column_x(item.from) + 4,
                         at + 4, colour(item.mark), escaped(item.text));
    }
    at += kRow;
  }
  if (shown < items_.size())
    out += fmt::format("<text x=\"10\" y=\"{}\">{} later events are not drawn</text>\n", height - 6,
                       items_.size() - shown);
  return out + "</svg>\n";
}

}  // namespace ol::sim
