#include <gtest/gtest.h>

#include <unistd.h>

#include <ol/base/hex.hpp>
#include <ol/crypto/threshold.hpp>

#include "account_key.hpp"
#include "command.hpp"
#include "config.hpp"
#include "home.hpp"
#include "mnemonic.hpp"
#include "network_files.hpp"

namespace ol::app {
namespace {

const char* no_environment(const char*) {
  return nullptr;
}

std::string refusal(std::string_view toml) {
  try {
    static_cast<void>(parse_config(toml, "x.toml", no_environment));
  } catch (const CommandError& error) {
    return error.what();
  }
  return "accepted";
}

// The accounts every Ethereum developer knows from Foundry and Hardhat.
TEST(Mnemonic, derives_the_well_known_development_accounts) {
  const auto first = account_from_mnemonic(kDevMnemonic, 0);
  EXPECT_EQ(to_hex_prefixed(first.bytes().view()),
            "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
  EXPECT_EQ(to_hex_prefixed(first.address().view()), "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266");
  EXPECT_EQ(to_hex_prefixed(account_from_mnemonic(kDevMnemonic, 1).address().view()),
            "0x70997970c51812dc3a010c7d01b50e0d17dc79c8");
  EXPECT_EQ(to_hex_prefixed(account_from_mnemonic(kDevMnemonic, 9).address().view()),
            "0xa0ee7a142d267c1f36714e4a8f75612f20a79720");
}

TEST(Amount, reads_units_and_refuses_what_is_none) {
  EXPECT_EQ(parse_amount("1ether"), U256(1'000'000'000'000'000'000ULL));
  EXPECT_EQ(parse_amount("0.5 ether"), U256(500'000'000'000'000'000ULL));
  EXPECT_EQ(parse_amount("20gwei"), U256(20'000'000'000ULL));
  EXPECT_EQ(parse_amount("7"), U256(7));
  EXPECT_EQ(parse_amount("7wei"), U256(7));
  for (const char* bad : {"", "ether", "1.ether", ".5ether", "1.5", "-1", "1e18", "0x10",
                          "1.0000000001gwei", "1 ethers"}) {
    EXPECT_FALSE(parse_amount(bad)) << bad;
  }
}

TEST(AddressFlag, is_named_with_what_is_wrong_of_it) {
  const auto refused = [](const std::string& text) -> std::string {
    try {
      static_cast<void>(flag_address(text, "--to"));
    } catch (const CommandError& error) {
      return error.what();
    }
    return "";
  };
  std::string text = "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720";
  EXPECT_EQ(flag_address(text, "--to"), *fixed_from_hex<Address>(text));
  EXPECT_TRUE(refused("0x12").starts_with(R"(--to is "0x12": an address )")) << refused("0x12");
  text[4] = 'e';
  EXPECT_NE(refused(text), "") << "another checksum";
}

TEST(Config, what_it_writes_it_reads_back) {
  AppConfig config;
  config.node.rpc_port = 1234;
  config.node.peers.push_back({"12D3KooW", "10.0.0.1", 9000});
  config.log_format = "json";
  const AppConfig read = parse_config(render_config(config), "x.toml", no_environment);
  EXPECT_EQ(render_config(read), render_config(config));
  EXPECT_EQ(read.node.peers.at(0).host, "10.0.0.1");
}

TEST(Config, comments_every_key) {
  const std::string text = render_config(AppConfig{});
  std::string previous;
  std::stringstream in(text);
  for (std::string line; std::getline(in, line); previous = line) {
    if (line.find(" = ") != std::string::npos && line[0] != '#')
      EXPECT_EQ(previous.substr(0, 2), "# ") << line;
  }
}

TEST(Config, names_file_key_and_what_is_allowed) {
  EXPECT_EQ(refusal("[rpc]\nport = 0\n"),
            "x.toml: rpc.port must be a whole number from 1 to 65535");
  EXPECT_EQ(refusal("[rpc]\nport = 65536\n"),
            "x.toml: rpc.port must be a whole number from 1 to 65535");
  EXPECT_EQ(refusal("[rpc]\nport = 65535\n"), "accepted");
  EXPECT_EQ(refusal("[rpc]\nport = \"80\"\n"),
            "x.toml: rpc.port must be a whole number from 1 to 65535");
  EXPECT_EQ(refusal("[log]\nformat = \"xml\"\n"), "x.toml: log.format must be text or json");
  EXPECT_EQ(refusal("[storage]\nsync_blocks = 1\n"),
            "x.toml: storage.sync_blocks must be true or false");
  EXPECT_EQ(refusal("[p2p]\npeers = [\"a\"]\n"),
            "x.toml: p2p.peers must be a list of \"PEER_ID@HOST:PORT\"");
  EXPECT_EQ(refusal("[p2p]\npeers = [\"a@h:70000\"]\n"),
            "x.toml: p2p.peers must be a port from 1 to 65535 in each peer");
  EXPECT_TRUE(
      refusal("[rpc]\nprot = 1\n").starts_with("x.toml: unknown key rpc.prot; allowed are "));
  EXPECT_TRUE(refusal("rpc = 5\n").starts_with("x.toml: unknown key rpc; "));
  EXPECT_TRUE(refusal("[rpc\n").starts_with("x.toml, line "));
}

TEST(Config, environment_overrides_the_file_and_is_checked_too) {
  const auto with = [](const char* value) {
    return [value](const char* name) -> const char* {
      return std::string_view(name) == "OPENLIQUID_RPC_PORT" ? value : nullptr;
    };
  };
  EXPECT_EQ(parse_config("[rpc]\nport = 1\n", "x.toml", with("9999")).node.rpc_port, 9999);
  EXPECT_THROW(static_cast<void>(parse_config("", "x.toml", with("many"))), CommandError);
  EXPECT_THROW(static_cast<void>(parse_config("", "x.toml", with("99999"))), CommandError);
}

TEST(Config, variables_that_look_like_keys_and_are_none_are_named) {
  const char* const environment[] = {"PATH=/bin",
                                     "OPENLIQUID_RPC_PORT=1",
                                     "OPENLIQUID_RPC_PROT=2",
                                     "OPENLIQUID_PASSPHRASE=x",
                                     "OPENLIQUID_HOME=/x",
                                     nullptr};
  EXPECT_EQ(unknown_variables(environment), std::vector<std::string>{"OPENLIQUID_RPC_PROT"});
}

TEST(Network, makes_homes_that_a_node_can_load) {
  const auto out = std::filesystem::temp_directory_path() /
                   ("openliquid-app-test-" + std::to_string(::getpid()));
  std::filesystem::remove_all(out);
  NetworkPlan plan;
  plan.validators = 4;
  plan.hosts.assign(4, "127.0.0.1");
  plan.p2p_ports = {1001, 1002, 1003, 1004};
  plan.rpc_ports = {2001, 2002, 2003, 2004};
  create_network(plan, out);
  Hash256 hash;
  for (int i = 0; i < 4; ++i) {
    const Home home{out / ("node" + std::to_string(i))};
    const AppConfig config = load_config(home.config(), no_environment);
    EXPECT_EQ(config.node.peers.size(), 3U);
    PassphraseSource passphrase("");
    const node::NodeParts parts = load_home(home, config, passphrase);
    ASSERT_TRUE(parts.validator);
    if (i == 0) hash = primitives::genesis_hash(parts.genesis);
    EXPECT_EQ(primitives::genesis_hash(parts.genesis), hash);
    const crypto::VerificationVector vector(parts.genesis.verification_vector);
    EXPECT_TRUE(crypto::share_matches(vector, crypto::ShareIndex(static_cast<std::uint16_t>(i)),
                                      parts.validator->vote_key));
    const auto mode = std::filesystem::status(home.vote_key()).permissions();
    EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  EXPECT_THROW(create_network(plan, out), CommandError);
  std::filesystem::remove_all(out);
}

}  // namespace
}  // namespace ol::app
