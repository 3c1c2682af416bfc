#include <ol/p2p/address.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ol::p2p {
namespace {

constexpr const char* kVector =
    "/ip4/10.0.0.7/tcp/30303/p2p/12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq";

TEST(PeerAddress, parses_the_multiaddr_vector) {
  const auto address = parse_address(kVector);
  ASSERT_TRUE(address) << address.error();
  EXPECT_EQ(address->host, "10.0.0.7");
  EXPECT_EQ(address->port, 30303);
  ASSERT_TRUE(address->peer);
  EXPECT_EQ(address->peer->text(), "12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq");
  EXPECT_EQ(address->text(), kVector);
}

TEST(PeerAddress, prints_what_it_parses_for_every_kind_of_host) {
  for (const char* text :
       {"/ip4/127.0.0.1/tcp/4001", "/ip6/::1/tcp/80", "/dns/node1.example.org/tcp/1",
        "/dns4/node1.example.org/tcp/30303", "/dns6/node_1/tcp/65535"}) {
    const auto address = parse_address(text);
    ASSERT_TRUE(address) << address.error();
    EXPECT_EQ(address->text(), text);
    EXPECT_FALSE(address->peer);
  }
}

TEST(PeerAddress, takes_ipfs_as_another_name_of_p2p) {
  const auto address = parse_address(
      "/ip4/10.0.0.7/tcp/30303/ipfs/12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq");
  ASSERT_TRUE(address) << address.error();
  EXPECT_EQ(address->text(), kVector);
}

struct Refused {
  std::string text;
  const char* names;  // what the error must name
};

TEST(PeerAddress, refuses_other_text_and_names_what_is_wrong) {
  const Refused cases[] = {
      {"", "begin with '/'"},
      {"ip4/1.2.3.4/tcp/1", "begin with '/'"},
      {"/udp/1.2.3.4/tcp/1", "/dns6"},
      {"/ip4/1.2.3/tcp/1", "'1.2.3' is not a host"},
      {"/ip4/1.2.3.256/tcp/1", "not a host"},
      {"/ip4/::1/tcp/1", "not a host"},
      {"/ip6/1.2.3.4/tcp/1", "not a host"},
      {"/dns//tcp/1", "not a host"},
      {"/dns/a b/tcp/1", "not a host"},
      {"/dns/" + std::string(254, 'a') + "/tcp/1", "not a host"},
      {"/ip4/1.2.3.4", "/tcp/<port>"},
      {"/ip4/1.2.3.4/udp/1", "/tcp/<port>"},
      {"/ip4/1.2.3.4/tcp", "1 to 65535"},
      {"/ip4/1.2.3.4/tcp/0", "1 to 65535"},
      {"/ip4/1.2.3.4/tcp/65536", "1 to 65535"},
      {"/ip4/1.2.3.4/tcp/01", "1 to 65535"},
      {"/ip4/1.2.3.4/tcp/+1", "1 to 65535"},
      {"/ip4/1.2.3.4/tcp/1/", "ends with '/'"},
      {"/ip4/1.2.3.4/tcp/1/ws", "/p2p/<peer id>"},
      {"/ip4/1.2.3.4/tcp/1/p2p", "bad peer id"},
      {"/ip4/1.2.3.4/tcp/1/p2p/x/p2p/y", "bad peer id"},
      {"/ip4/10.0.0.7/tcp/1/p2p/QmaeANgBs1DTSxWSrPPtobgQuxW8XTfsS4ydbK4rCHzqxG",
       "only a hash of its key"},
      {"/" + std::string(600, 'a'), "longer than 512"},
  };
  for (const Refused& c : cases) {
    const auto address = parse_address(c.text);
    ASSERT_FALSE(address) << c.text;
    EXPECT_THAT(address.error(), ::testing::HasSubstr(c.names)) << c.text;
  }
}

}  // namespace
}  // namespace ol::p2p
