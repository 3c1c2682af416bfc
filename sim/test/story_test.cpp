// Every story of sim/stories under every rule and size it names; the language they are written in.
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <ol/sim/cluster/story.hpp>

namespace ol::sim::cluster {
namespace {

using testing::HasSubstr;

std::filesystem::path folder() {
  return std::filesystem::path(OL_SOURCE_DIR) / "sim/stories";
}

std::vector<std::string> stories() {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder())) {
    if (entry.path().extension() == ".story") out.push_back(entry.path().stem().string());
  }
  std::sort(out.begin(), out.end());
  return out;
}

class Stories : public testing::TestWithParam<std::string> {};

TEST_P(Stories, happen_as_told) {
  std::ifstream in(folder() / (GetParam() + ".story"));
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto story = parse_story(text);
  ASSERT_TRUE(story) << "line " << story.error().line << ": " << story.error().problem;
  for (const Rule rule : story->rules) {
    for (const std::uint32_t size : story->sizes) {
      const auto played = play_story(*story, rule, size, nullptr);
      EXPECT_TRUE(played) << rule_name(rule) << ", " << size << " nodes, line "
                          << played.error().line << ": " << played.error().problem;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sim, Stories, testing::ValuesIn(stories()),
                         [](const auto& info) { return info.param; });

constexpr std::string_view kHead = "rules two_chain\nnodes 4\nbyzantine d\n";

TEST(StoryLanguage, names_the_line_and_what_is_wrong_with_it) {
  struct Case {
    std::string text;
    std::uint32_t line;
    const char* problem;
  };
  const std::string head(kHead);
  const std::vector<Case> cases{
      {"", 0, "no \"rules\" say what this holds for"},
      {"rules two_chain\n", 1, "no \"nodes\" say how many there are"},
      {head, 3, "nothing happens"},
      {"rules four_chain\n", 1, "no rule is called \"four_chain\""},
      {"rules\n", 1, "\"rules\" of what?"},
      {"nodes 27\n", 1, "a story has 1 to 26 nodes, not \"27\""},
      {"nodes four\n", 1, "not \"four\""},
      {"byzantine d7\n", 1, "no validator is called \"d7\""},
      {head + "heal\nnodes 4\n", 5, "\"nodes\" comes before what happens"},
      {head + "# a remark\n\nheal now\n", 6, "not a statement: \"heal now\""},
      {head + "run to view x\n", 4, "not a statement: \"run to view x\""},
      {head + "crash\n", 4, "not a statement: \"crash\""},
      {head + "crash zz\n", 4, "not a statement: \"crash zz\""},
      {head + "partition a b c d\n", 4, "not a statement"},
  };
  for (const Case& one : cases) {
    const auto story = parse_story(one.text);
    ASSERT_FALSE(story) << one.text;
    EXPECT_EQ(story.error().line, one.line) << one.text;
    EXPECT_THAT(story.error().problem, HasSubstr(one.problem)) << one.text;
  }
}

TEST(StoryLanguage, reports_the_line_that_did_not_come_true) {
  struct Case {
    std::string body;
    const char* problem;
  };
  const std::vector<Case> cases{
      {"run to view 4\nexpect height at least 9 at a", "a is at height"},
      {"run to view 9\nexpect height at most 0 at a", "a is at height"},
      {"run to view 4\nexpect a did not vote in view 2", "a voted in it"},
      {"crash a\nexpect view at least 1 at a", "a is down"},
      {"run to view 4\nexpect evidence against d", "nobody accuses d"},
      {"run to view 4\nexpect a refused d", "a refused nothing of d"},
      {"heal\na falls silent", "a keeps the rules"},
      {"heal\nd proposes in view 9 on view 8 to a", "was never sent"},
      {"heal\nd pretends to leave view 3 knowing view 2 to a", "that certificate was never sent"},
      {"crash a b c\nrun to view 5", "no honest node got to that view"},
      {"heal\ncrash e", "4 nodes have no \"e\""},
  };
  for (const Case& one : cases) {
    const auto story = parse_story(std::string(kHead) + one.body + "\n");
    ASSERT_TRUE(story) << one.body;
    const auto played = play_story(*story, Rule::TwoChain, 4, nullptr);
    ASSERT_FALSE(played) << one.body;
    EXPECT_EQ(played.error().line, 5U) << one.body;
    EXPECT_THAT(played.error().problem, HasSubstr(one.problem)) << one.body;
  }
}

}  // namespace
}  // namespace ol::sim::cluster
