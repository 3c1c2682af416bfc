#include <ol/sim/cluster/story.hpp>

#include <algorithm>
#include <sstream>

#include <fmt/format.h>
#include <ol/sim/usage.hpp>

#include "story_verbs.hpp"

// The language: one statement a line, words separated by blanks, remarks after #.
namespace ol::sim::cluster {
namespace {

constexpr std::uint64_t kSizeMax = 26;
constexpr std::array<std::string_view, 6> kGroups{"all",      "honest",   "byzantine",
                                                  "majority", "minority", "nobody"};

using Words = std::vector<std::string>;

Words split(std::string_view line) {
  Words out;
  std::istringstream in{std::string(line)};
  for (std::string word; in >> word;)
    out.push_back(word);
  return out;
}

/// A letter, a letter with a prime for the second machine of a twin, or a group.
bool is_name(const std::string& word) {
  if (std::find(kGroups.begin(), kGroups.end(), word) != kGroups.end()) return true;
  const bool letter = !word.empty() && word[0] >= 'a' && word[0] <= 'z';
  return letter && (word.size() == 1 || (word.size() == 2 && word[1] == '\''));
}

/// Fills the gaps of `pattern` from `words`; nothing if the words are others.
std::optional<Statement> match(const Pattern& pattern, const Words& words) {
  Statement out;
  out.verb = pattern.verb;
  const Words wanted = split(pattern.text);
  std::size_t at = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (at >= words.size()) return std::nullopt;
    if (wanted[i] == "#") {
      const auto value = number(words[at++]);
      if (!value) return std::nullopt;
      out.numbers.push_back(*value);
    } else if (wanted[i] == "@") {
      std::vector<std::string> names;
      while (at < words.size() && is_name(words[at]) &&
             (i + 1 == wanted.size() || words[at] != wanted[i + 1]))
        names.push_back(words[at++]);
      if (names.empty()) return std::nullopt;
      out.groups.push_back(std::move(names));
    } else if (words[at++] != wanted[i]) {
      return std::nullopt;
    }
  }
  if (at != words.size()) return std::nullopt;
  return out;
}

StoryError error(std::uint32_t line, std::string problem) {
  return {line, std::move(problem)};
}

/// "rules ..", "nodes ..", "byzantine ..", "twins ..". @return whether it was one of them.
Result<bool, StoryError> take_header(Story& story, std::uint32_t line, const Words& words) {
  const bool header =
      words[0] == "rules" || words[0] == "nodes" || words[0] == "byzantine" || words[0] == "twins";
  if (!header) return false;
  if (!story.statements.empty())
    return fail(error(line, fmt::format("\"{}\" comes before what happens", words[0])));
  if (words.size() == 1) return fail(error(line, fmt::format("\"{}\" of what?", words[0])));
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (words[0] == "rules") {
      const auto rule = rule_named(word);
      if (!rule) return fail(error(line, fmt::format("no rule is called \"{}\"", word)));
      story.rules.push_back(*rule);
    } else if (words[0] == "nodes") {
      const auto size = number(word);
      if (!size || *size < 1 || *size > kSizeMax)
        return fail(
            error(line, fmt::format("a story has 1 to {} nodes, not \"{}\"", kSizeMax, word)));
      story.sizes.push_back(static_cast<std::uint32_t>(*size));
    } else if (!is_name(word)) {
      return fail(error(line, fmt::format("no validator is called \"{}\"", word)));
    } else {
      (words[0] == "twins" ? story.twins : story.byzantine).push_back(word);
    }
  }
  return true;
}

Result<void, StoryError> take_statement(Story& story, std::uint32_t line, const Words& words) {
  for (const Pattern& pattern : kPatterns) {
    if (auto found = match(pattern, words)) {
      found->line = line;
      story.statements.push_back(*std::move(found));
      return {};
    }
  }
  std::string text;
  for (const std::string& word : words)
    text += (text.empty() ? "" : " ") + word;
  return fail(error(line, fmt::format("not a statement: \"{}\"", text)));
}

}  // namespace

Result<Story, StoryError> parse_story(std::string_view text) {
  Story story;
  std::istringstream in{std::string(text)};
  std::uint32_t line = 0;
  for (std::string raw; std::getline(in, raw);) {
    ++line;
    const Words words = split(std::string_view(raw).substr(0, raw.find('#')));
    if (words.empty()) continue;
    OL_TRY(const bool header, take_header(story, line, words));
    if (!header) OL_TRY_VOID(take_statement(story, line, words));
  }
  if (story.rules.empty()) return fail(error(line, "no \"rules\" say what this holds for"));
  if (story.sizes.empty()) return fail(error(line, "no \"nodes\" say how many there are"));
  if (story.statements.empty()) return fail(error(line, "nothing happens"));
  return story;
}

}  // namespace ol::sim::cluster
