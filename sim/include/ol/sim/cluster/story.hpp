#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <ol/sim/cluster/liar.hpp>

namespace ol::sim::cluster {

/// What is wrong with a story, or with what happened in it.
struct StoryError {
  std::uint32_t line = 0;
  std::string problem;
};

enum class Verb : std::uint8_t;

/// One line: a pattern of the language and what stands in its gaps.
struct Statement {
  std::uint32_t line = 0;
  Verb verb{};
  std::vector<std::uint64_t> numbers;
  /// Names of validators and groups, one list per gap.
  std::vector<std::vector<std::string>> groups;
};

/// A story that a reviewer reads: lib/consensus/test/scenarios/README.md has the language.
struct Story {
  std::vector<Rule> rules;
  std::vector<std::uint32_t> sizes;
  std::vector<std::string> byzantine;
  std::vector<std::string> twins;
  std::vector<Statement> statements;
};

/// Strict: the first line that is not in the language is named with what is wrong with it.
[[nodiscard]] Result<Story, StoryError> parse_story(std::string_view text);

/// Plays a story under one of its rules with one of its sizes. @return the first line that did not
/// come true. A broken safety rule is reported at the line where it broke.
[[nodiscard]] Result<void, StoryError> play_story(const Story& story, Rule rule,
                                                  std::uint32_t validators, Chart* chart);

}  // namespace ol::sim::cluster
