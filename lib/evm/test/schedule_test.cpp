#include <ol/evm/schedule.hpp>

#include <string>

#include <gtest/gtest.h>

#include <ol/evm/opcode.hpp>
#include <ol/evm/status.hpp>

namespace ol::evm {
namespace {

const OpcodeRule& rule(Revision revision, Opcode op) {
  return schedule(revision).opcodes[static_cast<std::size_t>(op)];
}

TEST(Schedule, repricings_take_effect_at_their_fork) {
  EXPECT_EQ(rule(Revision::Homestead, Opcode::Sload).gas, 50);
  EXPECT_EQ(rule(Revision::TangerineWhistle, Opcode::Sload).gas, 200);  // EIP-150
  EXPECT_EQ(rule(Revision::Istanbul, Opcode::Sload).gas, 800);          // EIP-1884
  EXPECT_EQ(rule(Revision::Berlin, Opcode::Sload).gas, 100);            // EIP-2929
  EXPECT_EQ(rule(Revision::Petersburg, Opcode::Balance).gas, 400);
  EXPECT_EQ(rule(Revision::Istanbul, Opcode::Balance).gas, 700);
  EXPECT_EQ(schedule(Revision::TangerineWhistle).exp_byte, 10);
  EXPECT_EQ(schedule(Revision::SpuriousDragon).exp_byte, 50);  // EIP-160
}

TEST(Schedule, net_storage_metering_came_went_and_came_back) {
  EXPECT_EQ(schedule(Revision::Byzantium).storage_rule, StorageRule::Plain);
  EXPECT_EQ(schedule(Revision::Constantinople).storage_rule, StorageRule::Net);
  EXPECT_EQ(schedule(Revision::Petersburg).storage_rule, StorageRule::Plain);
  EXPECT_EQ(schedule(Revision::Istanbul).storage_rule, StorageRule::NetSentried);
}

TEST(Schedule, later_revisions_define_all_that_earlier_ones_do) {
  for (std::size_t i = 1; i < kRevisions; ++i) {
    for (std::size_t op = 0; op < 256; ++op) {
      const bool before = schedule(static_cast<Revision>(i - 1)).opcodes[op].defined();
      const bool now = schedule(static_cast<Revision>(i)).opcodes[op].defined();
      EXPECT_TRUE(now || !before) << i << ' ' << op;
    }
  }
}

TEST(Schedule, every_defined_opcode_has_a_name_and_no_other) {
  const OpcodeTable& latest = schedule(Revision::Osaka).opcodes;
  for (std::size_t op = 0; op < 256; ++op) {
    EXPECT_EQ(latest[op].defined(), opcode_name(static_cast<std::uint8_t>(op)) != nullptr) << op;
  }
  EXPECT_EQ(std::string(opcode_name(0x60)), "PUSH1");
  EXPECT_EQ(std::string(opcode_name(0x9f)), "SWAP16");
  EXPECT_EQ(std::string(opcode_name(0xff)), "SELFDESTRUCT");
}

TEST(Descriptions, every_revision_and_status_has_one) {
  for (std::size_t i = 0; i < kRevisions; ++i)
    EXPECT_NE(std::string(describe(static_cast<Revision>(i))), "");
  for (int i = 0; i <= static_cast<int>(Status::Bls12G2Subgroup); ++i)
    EXPECT_NE(std::string(describe(static_cast<Status>(i))), "");
}

}  // namespace
}  // namespace ol::evm
