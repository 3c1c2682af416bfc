#include <gtest/gtest.h>
#include <unistd.h>

#include <ol/crypto/threshold.hpp>

#include "ceremony.hpp"
#include "command.hpp"

namespace ol::app {
namespace {

/// Four operators' homes and the directory they share.
class Ceremony : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = std::filesystem::temp_directory_path() /
            ("openliquid-ceremony-" + std::to_string(::getpid()) + "-" +
             ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(root_);
    for (int i = 0; i < 4; ++i) {
      using crypto::KeyKind;
      const Home home = home_of(i);
      write_key(home.network_key(), KeyKind::Ed25519, crypto::SecretBytes<32>::random(), {});
      write_key(home.validator_key(), KeyKind::Ed25519, crypto::SecretBytes<32>::random(), {});
      write_key(home.vote_key(), KeyKind::Bls, crypto::BlsSecretKey::generate().bytes(), {});
      ceremony_join(home, shared(), name_of(i), Address{}, "10.0.0.1:9000", passphrase_);
    }
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void make_plan() {
    primitives::Genesis genesis;
    genesis.domain.chain_id = primitives::ChainId(99);
    genesis.chain_name = "four";
    genesis.base_fee = U256(7);
    ceremony_plan(shared(), genesis);
  }
  CeremonyProgress step(int i, const std::vector<std::string>& left_out = {}) {
    return ceremony_step(home_of(i), shared(), left_out, passphrase_);
  }
  [[nodiscard]] Home home_of(int i) const { return {root_ / ("home" + std::to_string(i))}; }
  [[nodiscard]] std::filesystem::path shared() const { return root_ / "shared"; }
  static std::string name_of(int i) { return std::string(1, static_cast<char>('a' + i)); }

  void expect_share(int i) {
    const auto genesis = read_genesis(home_of(i).genesis());
    const auto share = crypto::BlsSecretKey::from_bytes(
        read_key(home_of(i).vote_key(), crypto::KeyKind::BlsShare, passphrase_).view());
    ASSERT_TRUE(share);
    EXPECT_TRUE(crypto::share_matches(crypto::VerificationVector(genesis.verification_vector),
                                      crypto::ShareIndex(static_cast<std::uint16_t>(i)), *share));
  }

  std::filesystem::path root_;
  PassphraseSource passphrase_{""};
};

TEST_F(Ceremony, gives_every_member_the_same_genesis_and_its_own_share) {
  make_plan();
  // Whoever is last sees all messages of a round; each pass moves everyone by at least one round.
  for (int pass = 0; pass < 8; ++pass) {
    for (int i = 0; i < 4; ++i)
      static_cast<void>(step(i));
  }
  const auto first = primitives::genesis_hash(read_genesis(home_of(0).genesis()));
  for (int i = 0; i < 4; ++i) {
    EXPECT_TRUE(step(i).finished);
    const auto genesis = read_genesis(home_of(i).genesis());
    EXPECT_EQ(primitives::genesis_hash(genesis), first);
    EXPECT_EQ(genesis.scheme, primitives::SchemeKind::BlsThreshold);
    EXPECT_FALSE(genesis.devnet);
    EXPECT_TRUE(std::filesystem::exists(home_of(i).bls_key()));
    expect_share(i);
  }
}

TEST_F(Ceremony, names_the_members_it_waits_for) {
  make_plan();
  const auto progress = step(1);
  EXPECT_FALSE(progress.finished);
  EXPECT_EQ(progress.round, 1);
  EXPECT_EQ(progress.waiting_for, (std::vector<std::string>{"a", "c", "d"}));
}

TEST_F(Ceremony, can_leave_out_a_member_that_never_speaks) {
  make_plan();
  for (int pass = 0; pass < 8; ++pass) {
    for (int i = 0; i < 3; ++i)
      static_cast<void>(step(i, {"d"}));
  }
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(step(i, {"d"}).finished);
    expect_share(i);
  }
}

TEST_F(Ceremony, ends_without_a_key_when_fewer_than_a_quorum_take_part) {
  make_plan();
  EXPECT_THROW(
      {
        for (int pass = 0; pass < 8; ++pass) {
          static_cast<void>(step(0, {"c", "d"}));
          static_cast<void>(step(1, {"c", "d"}));
        }
      },
      CommandError);
  EXPECT_FALSE(std::filesystem::exists(home_of(0).genesis()));
}

TEST_F(Ceremony, refuses_a_changed_message_and_names_its_file) {
  make_plan();
  static_cast<void>(step(0));
  const auto path = shared() / "messages" / "round1-member0.msg";
  std::string text = read_text(path);
  text.back() = static_cast<char>(text.back() ^ 1);
  std::filesystem::remove(path);
  write_new_text(path, text);
  try {
    static_cast<void>(step(1));
    FAIL() << "accepted";
  } catch (const CommandError& error) {
    EXPECT_NE(std::string(error.what()).find("round1-member0.msg"), std::string::npos);
  }
}

TEST_F(Ceremony, refuses_messages_made_under_another_plan) {
  make_plan();
  static_cast<void>(step(0));
  std::filesystem::remove(shared() / "plan.json");
  primitives::Genesis genesis;
  genesis.domain.chain_id = primitives::ChainId(100);
  genesis.chain_name = "four";
  genesis.base_fee = U256(7);
  ceremony_plan(shared(), genesis);
  EXPECT_THROW(static_cast<void>(step(1)), CommandError);
}

TEST_F(Ceremony, refuses_a_plan_with_unknown_keys) {
  make_plan();
  std::string text = read_text(shared() / "plan.json");
  text.insert(1, "\"more\":1,");
  std::filesystem::remove(shared() / "plan.json");
  write_new_text(shared() / "plan.json", text);
  EXPECT_THROW(static_cast<void>(read_ceremony_plan(shared())), CommandError);
}

}  // namespace
}  // namespace ol::app
