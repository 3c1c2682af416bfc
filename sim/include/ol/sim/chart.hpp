#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace ol::sim {

/// What happened in a run, for people: lines of a timeline as they happen, and a sequence chart
/// afterwards. One per run that somebody reads; searches have none.
class Chart {
 public:
  /// How a note is drawn.
  enum class Mark : std::uint8_t { Note, Propose, Vote, Leave, Commit, Fault };

  /// @param out  gets each line at once; null for a chart alone. Borrowed.
  explicit Chart(std::ostream* out) : out_(out) {}

  /// One column per name, left to right.
  void columns(std::vector<std::string> names) { names_ = std::move(names); }
  void note(std::uint64_t now_us, std::uint32_t column, Mark mark, const std::string& text);
  /// What concerns everyone: a partition, the end of the faults.
  void announce(std::uint64_t now_us, const std::string& text);
  void arrow(std::uint64_t sent_us, std::uint32_t from, std::uint64_t arrived_us, std::uint32_t to,
             const std::string& text);
  /// A message that did not arrive.
  void lost(std::uint64_t sent_us, std::uint32_t from, std::uint32_t to, const std::string& text);

  /// The sequence chart as an SVG document: time downwards, a lifeline per node. Beyond a few
  /// thousand events the rest is left out, and the chart says so.
  [[nodiscard]] std::string svg(const std::string& title) const;

 private:
  enum class Kind : std::uint8_t { Note, Announcement, Arrow, Lost };
  struct Item {
    Kind kind;
    Mark mark;
    std::uint64_t at_us;
    std::uint64_t until_us;
    std::uint32_t from;
    std::uint32_t to;
    std::string text;
  };

  void print(std::uint64_t now_us, const std::string& who, const std::string& text);

  std::ostream* out_;
  std::vector<std::string> names_;
  std::vector<Item> items_;
};

}  // namespace ol::sim
