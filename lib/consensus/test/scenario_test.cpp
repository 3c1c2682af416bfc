// The stories of test/scenarios, replayed against real kernels: the whole output must be as
// written. A line that starts with "> " is a command, "# " a remark; everything else is what
// happened. To write the output anew, run with OL_WRITE_SCENARIOS=1 and read the difference.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "cluster.hpp"

namespace ol::consensus::test {
namespace {

std::filesystem::path folder() {
  return std::filesystem::path(OL_SOURCE_DIR) / "lib/consensus/test/scenarios";
}

std::vector<std::string> stories() {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(folder()))
    out.push_back(entry.path().stem().string());
  std::sort(out.begin(), out.end());
  return out;
}

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// One command of a story.
class Stage {
 public:
  void play(const std::string& line) {
    std::istringstream in(line);
    std::string verb;
    in >> verb;
    if (verb == "nodes") {
      const std::uint32_t n = next(in);
      std::string rule;
      in >> rule;
      EXPECT_TRUE(rule.empty() || rule == "two_chain") << rule;
      cluster_ = std::make_unique<Cluster>(
          n, rule.empty() ? primitives::CommitRule::ThreeChain : primitives::CommitRule::TwoChain);
    } else if (verb == "run") {
      cluster_->run_to(View(next(in)));
    } else if (verb == "timeout") {
      cluster_->fire_timers(rest(in));
    } else if (verb == "crash") {
      cluster_->crash(next(in));
    } else if (verb == "restart" || verb == "restart-bare") {
      const auto blocks = verb == "restart" ? Cluster::Blocks::Kept : Cluster::Blocks::Lost;
      cluster_->restart(next(in), blocks);
    } else if (verb == "cut") {
      cut(in);
    } else if (verb == "mute") {
      const std::uint32_t from = next(in);
      for (const std::uint32_t to : rest(in))
        cluster_->cut(from, to);
    } else if (verb == "mend") {
      cluster_->mend(next(in));
    } else if (verb == "heal") {
      cluster_->heal();
    } else if (verb == "equivocate") {
      const std::uint32_t liar = next(in);
      const auto deceived = rest(in);
      cluster_->equivocate(liar, {deceived.begin(), deceived.end()});
    } else if (verb == "forge") {
      const std::uint32_t liar = next(in);
      const View view(next(in));
      std::string parent;
      in >> parent;
      cluster_->forge(liar, view, parent, rest(in));
    } else if (verb == "pretend") {
      const std::uint32_t liar = next(in);
      const View view(next(in));
      std::string best;
      in >> best;
      cluster_->forge_leave(liar, view, best);
    } else if (verb == "resend") {
      cluster_->resend(next(in));
    } else if (verb == "status") {
      cluster_->log_status();
    } else {
      ADD_FAILURE() << "unknown command: " << line;
    }
  }
  std::string take_log() { return cluster_->take_log(); }

 private:
  static std::uint32_t next(std::istringstream& in) {
    std::uint32_t out = 0;
    EXPECT_TRUE(in >> out);
    return out;
  }
  static std::vector<std::uint32_t> rest(std::istringstream& in) {
    std::vector<std::uint32_t> out;
    for (std::uint32_t i = 0; in >> i;)
      out.push_back(i);
    return out;
  }
  // cut 0 1 | 2 3: nothing passes between the two sides.
  void cut(std::istringstream& in) {
    std::vector<std::uint32_t> left = rest(in);
    in.clear();
    std::string bar;
    in >> bar;
    for (const std::uint32_t b : rest(in)) {
      for (const std::uint32_t a : left) {
        cluster_->cut(a, b);
        cluster_->cut(b, a);
      }
    }
  }

  std::unique_ptr<Cluster> cluster_;
};

std::string replay(const std::string& story) {
  Stage stage;
  std::istringstream in(story);
  std::string out;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("# ") || line.empty()) out += line + "\n";
    if (!line.starts_with("> ")) continue;
    out += line + "\n";
    stage.play(line.substr(2));
    out += stage.take_log();
  }
  return out;
}

class Scenario : public testing::TestWithParam<std::string> {};

TEST_P(Scenario, happens_as_written) {
  const auto file = folder() / (GetParam() + ".txt");
  const std::string story = read(file);
  const std::string played = replay(story);
  if (std::getenv("OL_WRITE_SCENARIOS") != nullptr) std::ofstream(file) << played;
  EXPECT_EQ(played, story);
}

INSTANTIATE_TEST_SUITE_P(Stories, Scenario, testing::ValuesIn(stories()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace ol::consensus::test
