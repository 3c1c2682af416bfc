#include "address_prefix.hpp"

namespace ol::p2p {

std::string ip_of(const Multiaddr& address) {
  constexpr std::string_view kMapped("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
  const Bytes& bytes = address.bytes();
  const auto take = [&](std::size_t size) {
    return std::string(as_text(ByteView(bytes).subspan(1, size)));
  };
  if (bytes[0] == static_cast<std::uint8_t>(AddressProtocol::Ip4)) return take(4);
  if (bytes[0] != static_cast<std::uint8_t>(AddressProtocol::Ip6)) return {};
  const std::string ip = take(16);
  constexpr std::size_t kSubscriberBytes = 8;
  return ip.starts_with(kMapped) ? ip.substr(kMapped.size()) : ip.substr(0, kSubscriberBytes);
}

std::string prefix_of(const Multiaddr& address) {
  const std::string ip = ip_of(address);
  return ip.substr(0, ip.size() == 4 ? 3 : 6);
}

}  // namespace ol::p2p
