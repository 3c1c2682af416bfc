#include <ol/p2p/local_ports.hpp>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <fstream>

#include <ol/base/descriptor.hpp>

namespace ol::p2p {
namespace {

/// Below are those of tests in other languages (test/e2e/devnet.py, test/interop/our_node.mjs).
constexpr std::uint32_t kFirst = 16'384;
/// Where Linux lets outgoing connections begin unless told otherwise.
constexpr std::uint32_t kUsualEnd = 32'768;
/// Processes that are started one after the other are this far apart.
constexpr std::uint32_t kStride = 101;

std::uint32_t end_of_range() {
  std::ifstream file("/proc/sys/net/ipv4/ip_local_port_range");
  std::uint32_t first_outgoing = 0;
  file >> first_outgoing;
  return first_outgoing >= 2 * kFirst && first_outgoing < 65'536 ? first_outgoing : kUsualEnd;
}

bool is_free(std::uint16_t port) {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  address.sin_port = ::htons(port);
  return socket.valid() &&
         ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

std::vector<std::uint16_t> free_local_ports(std::size_t count) {
  static const std::uint32_t span = end_of_range() - kFirst;
  static std::atomic<std::uint32_t> next{static_cast<std::uint32_t>(::getpid()) * kStride % span};
  std::vector<std::uint16_t> out;
  for (std::uint32_t tried = 0; tried < span && out.size() < count; ++tried) {
    const auto port = static_cast<std::uint16_t>(kFirst + next.fetch_add(1) % span);
    if (is_free(port)) out.push_back(port);
  }
  return out;
}

}  // namespace ol::p2p
