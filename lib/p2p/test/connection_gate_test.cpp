#include <ol/p2p/connection_gate.hpp>

#include <gtest/gtest.h>

namespace ol::p2p {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const TimePoint kStart{std::chrono::hours{1}};

Multiaddr at(const char* ip) {
  return *Multiaddr::from_text("/ip4/" + std::string(ip) + "/tcp/5");
}

struct Gate {
  explicit Gate(AddressProfile profile = AddressProfile::Public) : gate(limits, profile) {}

  std::optional<HostRefusal> admit(const Multiaddr& from, TimePoint now, bool known = false) {
    InboundCensus census;
    census.slots = 10;
    census.known = known;
    return gate.admit(from, census, now);
  }

  HostLimits limits;
  ConnectionGate gate;
};

// Keys cost nothing.
TEST(ConnectionGate, refuses_an_address_that_three_strangers_were_banned_from) {
  Gate g;
  const TimePoint end = kStart + minutes(10);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(g.admit(at("8.8.8.8"), kStart), std::nullopt);
    g.gate.note_ban_of_address(at("8.8.8.8"), end);
  }
  EXPECT_EQ(g.admit(at("8.8.8.8"), kStart), HostRefusal::BannedAddress);
  EXPECT_EQ(g.admit(at("8.8.8.9"), kStart), std::nullopt);
  EXPECT_EQ(g.admit(at("8.8.8.8"), kStart, true), std::nullopt) << "a validator lives there too";
  g.gate.tick(end - seconds(1));
  EXPECT_EQ(g.admit(at("8.8.8.8"), end - seconds(1)), HostRefusal::BannedAddress);
  EXPECT_EQ(g.admit(at("8.8.8.8"), end), std::nullopt);
  g.gate.tick(end);
  EXPECT_EQ(g.admit(at("8.8.8.8"), end), std::nullopt);
}

TEST(ConnectionGate, counts_the_bans_of_an_address_that_are_in_force) {
  Gate g;
  for (int i = 0; i < 10; ++i) {
    const TimePoint now = kStart + minutes(5) * i;
    EXPECT_EQ(g.admit(at("8.8.8.8"), now), std::nullopt);
    g.gate.note_ban_of_address(at("8.8.8.8"), now + minutes(10));
    g.gate.tick(now);
  }
}

TEST(ConnectionGate, does_not_count_bans_by_address_on_a_machine_of_many_nodes) {
  Gate g(AddressProfile::Local);
  for (int i = 0; i < 5; ++i)
    g.gate.note_ban_of_address(at("127.0.0.1"), kStart + minutes(10));
  EXPECT_EQ(g.admit(at("127.0.0.1"), kStart), std::nullopt);
}

}  // namespace
}  // namespace ol::p2p
