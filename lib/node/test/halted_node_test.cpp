// docs/protocol/safety-record.md, "Halt": a node that halted stays so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "../../consensus/test/slot_cluster.hpp"
#include "../src/halt_file.hpp"
#include "cluster.hpp"

namespace ol::node::test {
namespace {

using consensus::Phase;
using consensus::test::SlotValidators;
using primitives::View;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;

consensus::Conflict conflict() {
  const SlotValidators v(4);
  const auto final_block = [&](std::uint8_t salt) {
    const auto block = v.child(v.genesis, v.genesis_certificate, View(1), salt);
    return v.certify(block, Phase::Precommit, View(1));
  };
  return {final_block(1), final_block(2)};
}

/// What a node of a two_phase chain says while it opens.
std::vector<std::string> open_with(const std::function<void(const std::filesystem::path&)>& prepare,
                                   std::optional<NodeError>& error) {
  Cluster cluster(4, primitives::SchemeKind::Ed25519List);
  NodeParts parts = cluster.parts(0);
  parts.genesis.commit_rule = primitives::CommitRule::TwoPhase;
  parts.genesis.slots = primitives::SlotParams{.slot_ms = 2'000, .phase_ms = 600};
  std::filesystem::create_directories(parts.config.data_dir);
  prepare(parts.config.data_dir);
  auto lines = std::make_shared<std::vector<std::string>>();
  auto node = Node::open(std::move(parts), [lines](LogLevel, std::string_view event,
                                                   const std::vector<LogField>& fields) {
    std::string line(event);
    for (const LogField& field : fields)
      line += "; " + field.value;
    lines->push_back(std::move(line));
  });
  if (!node) error = node.error();
  return *lines;
}

TEST(Node, that_halted_says_so_when_it_starts_and_how_to_go_on) {
  std::optional<NodeError> error;
  const auto lines =
      open_with([](const auto& home) { ASSERT_TRUE(HaltFile(home).write(conflict())); }, error);
  EXPECT_FALSE(error) << error->message;
  EXPECT_THAT(lines, Contains(AllOf(HasSubstr("finality is halted"), HasSubstr("finality.halt"))));
}

TEST(Node, does_not_start_while_it_cannot_tell_whether_it_halted) {
  std::optional<NodeError> error;
  open_with([](const auto& home) { std::ofstream(home / "finality.halt") << "?"; }, error);
  ASSERT_TRUE(error);
  EXPECT_THAT(error->message, HasSubstr("finality.halt"));
}

}  // namespace
}  // namespace ol::node::test
