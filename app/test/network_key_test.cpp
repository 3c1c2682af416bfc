// Where the key of a peer id comes from and goes to.
#include "../network_key.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <ol/base/hex.hpp>
#include <ol/p2p/peer_id.hpp>

#include "command.hpp"
#include "home.hpp"

namespace ol::app {
namespace {

using p2p::KeyType;
using testing::HasSubstr;
using testing::StartsWith;

class NetworkKey : public testing::Test {
 protected:
  NetworkKey() { std::filesystem::remove_all(dir_); }
  ~NetworkKey() override { std::filesystem::remove_all(dir_); }

  static std::string refusal(void (*add)(CLI::App&), const std::string& line) {
    CLI::App app;
    add(app);
    testing::internal::CaptureStdout();
    std::string out = "accepted";
    try {
      app.parse(line);
    } catch (const std::exception& error) {
      out = error.what();
    }
    said() = testing::internal::GetCapturedStdout();
    return out;
  }
  static std::string& said() {
    static std::string text;
    return text;
  }
  p2p::IdentityKey read(const std::filesystem::path& path) {
    PassphraseSource source("");
    return read_network_key(path, source);
  }
  std::string home() const { return (dir_ / "home").string(); }
  std::string file() const { return (dir_ / "some.key").string(); }

  std::filesystem::path dir_ = std::filesystem::temp_directory_path() /
                               ("openliquid-network-key-" + std::to_string(::getpid()));
};

TEST_F(NetworkKey, a_home_has_one_of_the_type_asked_for_and_ed25519_by_default) {
  EXPECT_EQ(refusal(add_init, "init --follower --home " + home()), "accepted");
  EXPECT_THAT(said(), StartsWith("peer id: 12D3Koo"));
  EXPECT_EQ(read(Home{home()}.network_key()).type(), KeyType::Ed25519);
  const std::string other = home() + "2";
  EXPECT_EQ(refusal(add_init, "init --follower --p2p-key-type secp256k1 --home " + other),
            "accepted");
  EXPECT_THAT(said(), StartsWith("peer id: 16Uiu2"));
  const auto key = read(Home{other}.network_key());
  EXPECT_EQ(key.type(), KeyType::Secp256k1);
  EXPECT_EQ(refusal(add_p2p, "p2p id --home " + other), "accepted");
  EXPECT_EQ(said(), p2p::PeerId(key.public_key()).text() + "\n");
  EXPECT_THAT(refusal(add_init, "init --follower --p2p-key-type rsa --home " + home() + "3"),
              HasSubstr("--p2p-key-type"));
}

// The set of a genesis names Ed25519 keys alone.
TEST_F(NetworkKey, of_a_validator_is_ed25519) {
  EXPECT_EQ(refusal(add_init, "init --p2p-key-type secp256k1 --home " + home()),
            "a genesis names the network keys of its validators, and they are Ed25519: "
            "--p2p-key-type secp256k1 is for nodes that follow (--follower or --genesis)");
  EXPECT_FALSE(std::filesystem::exists(home()));
  PassphraseSource source("");
  write_network_key(file(), p2p::IdentityKey::generate(KeyType::Secp256k1), {});
  try {
    static_cast<void>(read_validator_network_key(file(), source));
    FAIL() << "a secp256k1 key was taken";
  } catch (const CommandError& error) {
    EXPECT_EQ(std::string(error.what()), "key file " + file() +
                                             ": the network key of a validator is Ed25519, and "
                                             "this is secp256k1");
  }
}

TEST_F(NetworkKey, file_keeps_its_type_with_a_passphrase_and_without) {
  for (const auto type : {KeyType::Ed25519, KeyType::Secp256k1}) {
    const auto key = p2p::IdentityKey::generate(type);
    const std::string plain = file() + p2p::name_of(type);
    write_network_key(plain, key, {});
    EXPECT_EQ(read(plain).public_key(), key.public_key());
    EXPECT_EQ(read(plain).type(), type);
    const std::string sealed = plain + ".sealed";
    const crypto::PassphraseCost cheap{.passes = 1, .memory_kib = 8};
    const auto kind =
        type == KeyType::Ed25519 ? crypto::KeyKind::Ed25519 : crypto::KeyKind::Secp256k1;
    ASSERT_TRUE(crypto::write_key_file(sealed, kind, key.secret(), "words", cheap));
    write_new_text(sealed + ".txt", "words\n");
    PassphraseSource source(sealed + ".txt");
    EXPECT_EQ(read_network_key(sealed, source).public_key(), key.public_key());
  }
}

TEST_F(NetworkKey, file_of_another_kind_is_refused_in_a_sentence) {
  const auto told = [&](const std::string& path) -> std::string {
    try {
      static_cast<void>(read(path));
    } catch (const CommandError& error) {
      return error.what();
    }
    return "accepted";
  };
  write_key(file(), crypto::KeyKind::Bls, crypto::BlsSecretKey::generate().bytes(), {});
  EXPECT_EQ(told(file()), "key file " + file() +
                              ": a peer id needs an Ed25519 or a secp256k1 key, and this is "
                              "another; make one with openliquid keys new --type network");
  // Above the group's order: no account has it either.
  const auto none = crypto::SecretBytes<32>::from(Bytes(32, 0xff));
  write_key(file() + "2", crypto::KeyKind::Secp256k1, *none, {});
  EXPECT_EQ(told(file() + "2"), "key file " + file() + "2: not a secret key of its type");
  EXPECT_THAT(told(file() + "3"), HasSubstr("key file " + file() + "3: "));
}

TEST_F(NetworkKey, keys_makes_and_shows_both_types) {
  for (const std::string type : {"ed25519", "secp256k1"}) {
    const std::string path = file() + type;
    EXPECT_EQ(
        refusal(add_keys, "keys new --type network --p2p-key-type " + type + " --file " + path),
        "accepted");
    EXPECT_THAT(said(), StartsWith("key type: " + type + "\npublic key: 0x"));
    EXPECT_EQ(refusal(add_keys, "keys show --type network --file " + path), "accepted");
    EXPECT_THAT(said(), HasSubstr("peer id: " + p2p::PeerId(read(path).public_key()).text()));
  }
}

}  // namespace
}  // namespace ol::app
