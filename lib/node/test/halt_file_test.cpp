// docs/protocol/safety-record.md, "Halt": what two certificates for one height leave on the disk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "../../consensus/test/slot_cluster.hpp"
#include "../../storage/test/temp_directory.hpp"
#include "../src/halt_file.hpp"

namespace ol::node::test {
namespace {

using consensus::Phase;
using consensus::test::SlotValidators;
using primitives::View;
using testing::AllOf;
using testing::HasSubstr;

consensus::Conflict conflict() {
  const SlotValidators v(4);
  const auto final_block = [&](std::uint8_t salt) {
    const auto block = v.child(v.genesis, v.genesis_certificate, View(1), salt);
    return v.certify(block, Phase::Precommit, View(1));
  };
  return {final_block(1), final_block(2)};
}

class Halted : public testing::Test {
 protected:
  // Of its own: tests run side by side.
  storage::TempDirectory place;
  std::filesystem::path directory = place.path();
};

TEST_F(Halted, is_read_back_until_the_file_is_moved_away) {
  const HaltFile file(directory);
  ASSERT_TRUE(file.read());
  EXPECT_FALSE(file.read()->has_value());
  const auto written = conflict();
  ASSERT_TRUE(file.write(written));
  const auto read = HaltFile(directory).read();
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((*read)->first, written.first);
  EXPECT_EQ((*read)->second, written.second);
  EXPECT_THAT(file.how_to_clear(), HasSubstr((directory / "finality.halt").string()));
  std::filesystem::rename(directory / "finality.halt", directory / "kept.halt");
  EXPECT_FALSE(file.read()->has_value());
}

TEST_F(Halted, a_file_that_does_not_decode_is_no_reason_to_go_on) {
  const HaltFile file(directory);
  ASSERT_TRUE(file.write(conflict()));
  std::filesystem::resize_file(directory / "finality.halt", 40);
  const auto read = file.read();
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error(), AllOf(HasSubstr("finality is halted"), HasSubstr("move ")));
}

TEST_F(Halted, cannot_be_kept_where_there_is_no_directory) {
  const HaltFile file(directory / "gone");
  const auto written = file.write(conflict());
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error(), HasSubstr("gone"));
}

}  // namespace
}  // namespace ol::node::test
