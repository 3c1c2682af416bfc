#include <ol/p2p/local_ports.hpp>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <fstream>
#include <set>

#include <ol/base/descriptor.hpp>

namespace ol::p2p {
namespace {

TEST(FreeLocalPorts, are_different_and_not_those_of_outgoing_connections) {
  std::set<std::uint16_t> seen;
  for (const std::size_t count : {1U, 7U, 64U}) {
    const auto ports = free_local_ports(count);
    EXPECT_EQ(ports.size(), count);
    seen.insert(ports.begin(), ports.end());
  }
  EXPECT_EQ(seen.size(), 72U);
  std::uint32_t first_outgoing = 0;
  std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> first_outgoing;
  if (first_outgoing > 20'000) {
    EXPECT_LT(*seen.rbegin(), first_outgoing);
  }
}

TEST(FreeLocalPorts, leave_out_what_is_taken) {
  const std::uint16_t taken = static_cast<std::uint16_t>(free_local_ports(1).at(0) + 1);
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  address.sin_port = ::htons(taken);
  // Somebody else may have it: then it is taken, too.
  (void)::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  (void)::listen(socket.get(), 1);
  for (const std::uint16_t port : free_local_ports(3))
    EXPECT_NE(port, taken);
}

}  // namespace
}  // namespace ol::p2p
