// What openliquid.toml says of the network, and that it reaches it.
#include <gtest/gtest.h>

#include <unistd.h>

#include <future>
#include <thread>

#include <ol/p2p/stack_network.hpp>

#include "command.hpp"
#include "config.hpp"
#include "home.hpp"
#include "network_files.hpp"

namespace ol::app {
namespace {

const char* no_environment(const char*) {
  return nullptr;
}

AppConfig p2p_config(const std::string& lines) {
  return parse_config("[p2p]\n" + lines + "\n", "x.toml", no_environment);
}

std::string refusal(const std::string& lines) {
  try {
    static_cast<void>(p2p_config(lines));
  } catch (const CommandError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(P2pConfig, reads_whom_to_let_in_and_what_to_announce) {
  const node::NodeConfig node =
      p2p_config(
          "announce = [\"/ip4/203.0.113.7/tcp/9000\", \"/ip6/2001:db8::1/tcp/9000\"]\n"
          "unknown_peers_max = 0\nprivate_addresses = true")
          .node;
  EXPECT_EQ(node.p2p_announce.size(), 2U);
  EXPECT_EQ(node.p2p_unknown_peers_max, 0U);
  EXPECT_TRUE(node.p2p_private_addresses);
  const AppConfig usual = p2p_config("");
  EXPECT_TRUE(usual.node.p2p_announce.empty());
  EXPECT_EQ(usual.node.p2p_unknown_peers_max, 32U);
  EXPECT_FALSE(usual.node.p2p_private_addresses);
  const std::string written = render_config(usual);
  for (const char* line :
       {"announce = []\n", "unknown_peers_max = 32\n", "private_addresses = false\n"})
    EXPECT_NE(written.find(line), std::string::npos) << line;
}

TEST(P2pConfig, variables_override_the_file) {
  const auto environment = [](const char* name) -> const char* {
    const std::string_view text = name;
    if (text == "OPENLIQUID_P2P_UNKNOWN_PEERS_MAX") return "7";
    if (text == "OPENLIQUID_P2P_ANNOUNCE") return "/ip4/1.2.3.4/tcp/1,/ip4/1.2.3.5/tcp/2";
    return text == "OPENLIQUID_P2P_PRIVATE_ADDRESSES" ? "true" : nullptr;
  };
  const AppConfig config = parse_config("[p2p]\nunknown_peers_max = 3\n", "x.toml", environment);
  EXPECT_EQ(config.node.p2p_unknown_peers_max, 7U);
  EXPECT_EQ(config.node.p2p_announce,
            (std::vector<std::string>{"/ip4/1.2.3.4/tcp/1", "/ip4/1.2.3.5/tcp/2"}));
  EXPECT_TRUE(config.node.p2p_private_addresses);
}

TEST(P2pConfig, refuses_what_is_wrong_in_a_sentence) {
  for (const char* bad : {"-1", "193", "\"32\"", "1.5"}) {
    EXPECT_EQ(refusal("unknown_peers_max = " + std::string(bad)),
              "x.toml: p2p.unknown_peers_max must be a whole number from 0 to 192");
  }
  EXPECT_EQ(refusal("unknown_peers_max = 192"), "accepted");
  EXPECT_EQ(refusal("private_addresses = 1"),
            "x.toml: p2p.private_addresses must be true or false");
  EXPECT_EQ(refusal("announce = \"/ip4/1.2.3.4/tcp/1\""),
            "x.toml: p2p.announce must be a list of texts");
  for (const char* bad :
       {"", "1.2.3.4:9000", "/ip4/1.2.3.4", "/ip4/1.2.3.4/tcp/0", "/ip4/0.0.0.0/tcp/1",
        "/dns4/example.org/tcp/1", "/ip4/1.2.3.4/udp/1/quic-v1", "/ip4/1.2.3.4/tcp/70000"}) {
    EXPECT_EQ(refusal("announce = [\"" + std::string(bad) + "\"]"),
              "x.toml: p2p.announce must be a list of addresses such as "
              "\"/ip4/203.0.113.7/tcp/9000\"; \"" +
                  std::string(bad) + "\" is not one");
  }
  std::string many = "\"/ip4/1.2.3.4/tcp/1\"";
  for (int i = 0; i < 15; ++i)
    many += ", \"/ip4/1.2.3.4/tcp/1\"";
  EXPECT_EQ(refusal("announce = [" + many + "]"), "accepted");
  EXPECT_EQ(refusal("announce = [" + many + ", \"/ip4/1.2.3.4/tcp/1\"]"),
            "x.toml: p2p.announce must be a list of at most 16 addresses");
}

/// A peer that the node does not know: hears why its first link failed.
class Outsider final : public p2p::NetworkHandler {
 public:
  Outsider(const p2p::PeerId& node, std::uint16_t port) {
    p2p::NetworkConfig config;
    config.listen_host = "127.0.0.1";
    config.peers = {{node, "127.0.0.1", port}};
    network_ = p2p::make_stack_network(std::move(config),
                                       p2p::IdentityKey::generate(p2p::KeyType::Ed25519), *this);
    EXPECT_TRUE(network_->start());
    thread_ = std::thread([this] { network_->run(); });
  }
  ~Outsider() override {
    network_->stop();
    thread_.join();
  }
  Outsider(const Outsider&) = delete;
  Outsider& operator=(const Outsider&) = delete;

  std::optional<p2p::CloseReason> failure() {
    auto future = failure_.get_future();
    if (future.wait_for(std::chrono::seconds(60)) != std::future_status::ready) return {};
    return future.get();
  }

 private:
  std::optional<std::string> check_hello(const p2p::PeerId&, ByteView) override { return {}; }
  void on_peer_connected(const p2p::PeerId&, p2p::Direction) override {}
  void on_peer_disconnected(const p2p::PeerId&, const p2p::CloseReason&) override {}
  p2p::Flow on_message(const p2p::PeerId&, p2p::Channel, Bytes) override {
    return p2p::Flow::Continue;
  }
  void on_link_failed(const p2p::LinkFailure& failure) override {
    if (!std::exchange(failed_, true)) failure_.set_value(failure.reason);
  }

  bool failed_ = false;
  std::promise<p2p::CloseReason> failure_;
  std::unique_ptr<p2p::Network> network_;
  std::thread thread_;
};

/// The home of one validator of a new network, with lines more in its section p2p.
class P2pHome : public testing::Test {
 protected:
  P2pHome() {
    std::filesystem::remove_all(out_);
    NetworkPlan plan;
    plan.validators = 4;
    plan.hosts.assign(4, "127.0.0.1");
    plan.p2p_ports = {1001, 1002, 1003, 1004};
    plan.rpc_ports = {2001, 2002, 2003, 2004};
    create_network(plan, out_);
  }
  ~P2pHome() override { std::filesystem::remove_all(out_); }

  Result<std::unique_ptr<node::Node>, node::NodeError> open(const std::string& lines,
                                                            primitives::Genesis* genesis = {}) {
    const Home home{out_ / "node0"};
    const AppConfig config = p2p_config("host = \"127.0.0.1\"\n" + lines);
    PassphraseSource passphrase("");
    node::NodeParts parts = load_home(home, config, passphrase);
    parts.config.p2p_port = 0;
    parts.config.rpc_port = 0;
    if (genesis != nullptr) parts.genesis = *genesis;
    id_ = p2p::PeerId(parts.network_key.public_key());
    return node::Node::open(std::move(parts), [](auto, auto, const auto&) {});
  }
  /// What a stranger is told by the node that the lines make.
  std::optional<p2p::CloseReason> told(const std::string& lines) {
    auto node = open(lines);
    if (!node) return p2p::CloseReason{p2p::CloseCode::Stopped, node.error().message};
    std::thread runner([&] { static_cast<void>((*node)->run()); });
    std::optional<p2p::CloseReason> out;
    {
      Outsider outsider(id_, (*node)->p2p_port());
      out = outsider.failure();
    }
    (*node)->stop();
    runner.join();
    return out;
  }

  std::filesystem::path out_ = std::filesystem::temp_directory_path() /
                               ("openliquid-p2p-config-" + std::to_string(::getpid()));
  p2p::PeerId id_;
};

// docs/protocol/p2p.md, Limits: at 0 `not_allowed`. With a place it is heard out: its hello is
// empty, which is another refusal.
TEST_F(P2pHome, unknown_peers_max_reaches_the_network) {
  const auto strict = told("unknown_peers_max = 0");
  ASSERT_TRUE(strict);
  EXPECT_EQ(strict->code, p2p::CloseCode::NotAllowed) << strict->text;
  const auto open = told("unknown_peers_max = 1");
  ASSERT_TRUE(open);
  EXPECT_EQ(open->code, p2p::CloseCode::HelloRefused) << open->text;
}

TEST_F(P2pHome, private_addresses_are_announced_where_they_are_dialled) {
  primitives::Genesis genesis = read_genesis(out_ / "node0" / "genesis.json");
  genesis.devnet = false;
  const std::string announce = "announce = [\"/ip4/10.0.0.7/tcp/9000\"]";
  const auto refused = open(announce, &genesis);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "address \"/ip4/10.0.0.7/tcp/9000\" of p2p.announce is none that others dial; one of "
            "a private network needs p2p.private_addresses = true on every node");
  const auto accepted = open(announce + "\nprivate_addresses = true", &genesis);
  EXPECT_TRUE(accepted) << accepted.error().message;
}

}  // namespace
}  // namespace ol::app
