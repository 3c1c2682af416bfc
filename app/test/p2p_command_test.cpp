// What `openliquid p2p` says of what it cannot do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "command.hpp"

namespace ol::app {
namespace {

std::string refusal(const std::string& line) {
  CLI::App app;
  add_p2p(app);
  try {
    app.parse("p2p " + line);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "accepted";
}

TEST(P2pCommand, refuses_counts_and_times_with_the_range) {
  const std::string ping = "ping /ip4/127.0.0.1/tcp/1 --ephemeral ed25519 ";
  for (const char* count : {"0", "1000001", "-1"}) {
    const std::string said = refusal(ping + "--count " + count);
    EXPECT_TRUE(said.ends_with("not in range 1 to 1000000")) << said;
  }
  for (const char* time : {"0", "86401"}) {
    const std::string said = refusal(ping + "--timeout " + time);
    EXPECT_TRUE(said.ends_with("not in range 1 to 86400")) << said;
  }
}

TEST(P2pCommand, says_what_can_be_dialled) {
  const std::string ephemeral = " --ephemeral ed25519";
  for (const char* command : {"ping ", "dial "}) {
    EXPECT_EQ(refusal(command + std::string("/ip4/127.0.0.1/tcp/0") + ephemeral),
              "'/ip4/127.0.0.1/tcp/0': nobody listens on port 0");
    EXPECT_EQ(refusal(command + std::string("/ip4/127.0.0.1/udp/1/quic-v1") + ephemeral),
              "'/ip4/127.0.0.1/udp/1/quic-v1': only TCP is spoken: /ip4/IP/tcp/PORT, "
              "/ip6/IP/tcp/PORT or /dns4/NAME/tcp/PORT, then /p2p/PEER_ID");
  }
}

TEST(P2pCommand, says_what_to_do_without_a_home) {
  EXPECT_EQ(refusal("ping /ip4/127.0.0.1/tcp/1 --home /nowhere"),
            "there is no key /nowhere/keys/network.key; name a node's directory with --home, or "
            "take a fresh key with --ephemeral ed25519");
}

TEST(P2pCommand, calls_with_a_fresh_key_where_no_home_is) {
  const std::string call = " /ip4/127.0.0.1/tcp/1 --timeout 1";
  EXPECT_EQ(refusal("ping" + call), "connection ended: connect_failed: Connection refused");
  EXPECT_THAT(refusal("id"), testing::HasSubstr("there is no key .openliquid/keys/network.key"));
}

}  // namespace
}  // namespace ol::app
