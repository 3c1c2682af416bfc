#include <ol/p2p/address.hpp>

#include <arpa/inet.h>

#include <array>
#include <charconv>

namespace ol::p2p {
namespace {

using HostKind = PeerAddress::HostKind;

struct HostName {
  std::string_view name;
  HostKind kind;
};
constexpr std::array<HostName, 5> kHostNames{{{"ip4", HostKind::Ip4},
                                              {"ip6", HostKind::Ip6},
                                              {"dns", HostKind::Dns},
                                              {"dns4", HostKind::Dns4},
                                              {"dns6", HostKind::Dns6}}};

// RFC 1035 section 2.3.4 bounds a name at 255 octets; the last one is the root's empty label.
constexpr std::size_t kHostNameMax = 253;
constexpr std::size_t kAddressTextMax = 512;

/// Takes the part up to the next slash. `rest` begins behind a slash and is empty at the end.
std::string_view take_part(std::string_view& rest) {
  const std::size_t slash = rest.find('/');
  const std::string_view part = rest.substr(0, slash);
  rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  return part;
}

bool is_literal(int family, const std::string& text) {
  std::array<unsigned char, 16> out{};
  return inet_pton(family, text.c_str(), out.data()) == 1;
}

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > kHostNameMax) return false;
  return text.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
             "0123456789-._") == std::string_view::npos;
}

bool is_host(HostKind kind, const std::string& host) {
  switch (kind) {
    case HostKind::Ip4:
      return is_literal(AF_INET, host);
    case HostKind::Ip6:
      return is_literal(AF_INET6, host);
    case HostKind::Dns:
    case HostKind::Dns4:
    case HostKind::Dns6:
      return is_host_name(host);
  }
  return false;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  const bool padded = text.size() > 1 && text[0] == '0';
  if (error != std::errc{} || stop != end || padded || port == 0) return std::nullopt;
  return port;
}

std::unexpected<std::string> refuse(std::string_view text, std::string_view why) {
  return fail("address '" + std::string(text.substr(0, kAddressTextMax)) +
              "': " + std::string(why));
}

}  // namespace

std::string PeerAddress::text() const {
  std::string out = "/";
  for (const HostName& entry : kHostNames) {
    if (entry.kind == host_kind) out += entry.name;
  }
  out += "/" + host + "/tcp/" + std::to_string(port);
  if (peer) out += "/p2p/" + peer->text();
  return out;
}

Result<PeerAddress, std::string> parse_address(std::string_view text) {
  if (text.size() > kAddressTextMax) return refuse(text, "longer than 512 characters");
  if (!text.starts_with('/')) return refuse(text, "must begin with '/'");
  std::string_view rest = text.substr(1);
  PeerAddress out;

  const std::string_view host_name = take_part(rest);
  const auto* const entry = std::find_if(kHostNames.begin(), kHostNames.end(),
                                         [&](const HostName& h) { return h.name == host_name; });
  if (entry == kHostNames.end()) {
    return refuse(text, "must begin with /ip4, /ip6, /dns, /dns4 or /dns6");
  }
  out.host_kind = entry->kind;
  out.host = std::string(take_part(rest));
  if (!is_host(out.host_kind, out.host)) {
    return refuse(text, "'" + out.host + "' is not a host of kind " + std::string(host_name));
  }
  if (take_part(rest) != "tcp") return refuse(text, "the host must be followed by /tcp/<port>");
  const auto port = parse_port(take_part(rest));
  if (!port) return refuse(text, "the port must be a number from 1 to 65535");
  out.port = *port;
  if (rest.empty()) {
    if (text.ends_with('/')) return refuse(text, "ends with '/'");
    return out;
  }

  const std::string_view last = take_part(rest);
  if (last != "p2p" && last != "ipfs") {
    return refuse(text, "only /p2p/<peer id> may follow the port");
  }
  const auto peer = PeerId::from_text(rest);
  if (!peer) return refuse(text, std::string("bad peer id: ") + describe(peer.error()));
  if (!peer->public_key()) return refuse(text, "the peer id holds only a hash of its key");
  out.peer = *peer;
  return out;
}

}  // namespace ol::p2p
