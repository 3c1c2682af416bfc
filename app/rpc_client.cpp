#include "rpc_client.hpp"

#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <cctype>
#include <charconv>
#include <cstdlib>

#include "command.hpp"

namespace ol::app {
namespace {

struct Address {
  std::string host;
  std::string port = "8545";
};

Address parse_url(const std::string& url) {
  constexpr std::string_view scheme = "http://";
  if (!url.starts_with(scheme))
    throw CommandError("the RPC address " + url + " must look like http://HOST:PORT");
  std::string rest = url.substr(scheme.size());
  rest = rest.substr(0, rest.find('/'));
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string::npos) return {.host = rest};
  Address out{.host = rest.substr(0, colon), .port = rest.substr(colon + 1)};
  std::uint32_t port = 0;
  const char* const end = out.port.data() + out.port.size();
  const auto [stop, error] = std::from_chars(out.port.data(), end, port);
  if (error != std::errc{} || stop != end || port == 0 || port > 65'535)
    throw CommandError("the RPC address " + url + " must end with a port from 1 to 65535");
  return out;
}

}  // namespace

class RpcConnection::Socket {
 public:
  Socket(const Address& address, std::chrono::seconds patience) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &found) != 0) return;
    for (const addrinfo* a = found; a != nullptr && fd_ < 0; a = a->ai_next) {
      const int fd = ::socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
      if (fd < 0) continue;
      const timeval limit{.tv_sec = patience.count(), .tv_usec = 0};
      const int at_once = 1;
      ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
      ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
      if (::connect(fd, a->ai_addr, a->ai_addrlen) == 0) {
        fd_ = fd;
      } else {
        ::close(fd);
      }
    }
    ::freeaddrinfo(found);
  }
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  [[nodiscard]] bool connected() const { return fd_ >= 0; }

  /// The body of the answer; empty if none came whole.
  [[nodiscard]] std::string exchange(std::string_view request) {
    while (!request.empty()) {
      const ssize_t sent = ::send(fd_, request.data(), request.size(), MSG_NOSIGNAL);
      if (sent <= 0) return {};
      request.remove_prefix(static_cast<std::size_t>(sent));
    }
    std::string answer;
    std::size_t body = std::string::npos;
    while (body == std::string::npos && receive(answer))
      body = answer.find(kHeaderEnd);
    if (body == std::string::npos) return {};
    const std::size_t whole = body + kHeaderEnd.size() + content_length(answer.substr(0, body));
    while (answer.size() < whole) {
      if (!receive(answer)) return {};
    }
    status_ = answer.substr(0, answer.find("\r\n"));
    return answer.substr(body + kHeaderEnd.size());
  }
  /// The first line of the last answer.
  [[nodiscard]] const std::string& status() const { return status_; }

 private:
  static constexpr std::string_view kHeaderEnd = "\r\n\r\n";

  bool receive(std::string& out) const {
    char buffer[16384];
    const ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0);
    if (n <= 0) return false;
    out.append(buffer, static_cast<std::size_t>(n));
    return true;
  }

  static std::size_t content_length(std::string header) {
    for (char& c : header)
      c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    constexpr std::string_view kName = "\r\ncontent-length:";
    const std::size_t at = header.find(kName);
    if (at == std::string::npos) return 0;
    return std::strtoull(header.c_str() + at + kName.size(), nullptr, 10);
  }

  int fd_ = -1;
  std::string status_;
};

RpcConnection::RpcConnection(const std::string& url, std::chrono::seconds patience)
    : url_(url), patience_(patience) {
  const Address address = parse_url(url);
  host_ = address.host;
  socket_ = std::make_unique<Socket>(address, patience);
  if (!socket_->connected()) throw CommandError("no node answers at " + url + "; is it running?");
}

RpcConnection::~RpcConnection() = default;

boost::json::value RpcConnection::exchange(std::string_view body, std::string_view path) {
  std::string request =
      "POST " + std::string(path) + " HTTP/1.1\r\nHost: " + host_ +
      "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
      "\r\n\r\n";
  request += body;
  const std::string answer = socket_->exchange(request);
  if (answer.empty()) {
    throw CommandError("the node at " + url_ + " did not answer within " +
                       std::to_string(patience_.count()) + " s, or closed the connection");
  }
  boost::json::error_code ec;
  const boost::json::value parsed = boost::json::parse(answer, ec);
  if (ec || !(parsed.is_object() || parsed.is_array())) {
    throw CommandError("what answers at " + url_ + std::string(path) +
                       " does not speak as an OpenLiquid node does there: " + socket_->status() +
                       ", " + answer.substr(0, answer.find('\n')).substr(0, 200));
  }
  return parsed;
}

boost::json::value RpcConnection::call(std::string_view method, std::string_view params) {
  const boost::json::value answer =
      exchange(R"({"jsonrpc":"2.0","id":1,"method":")" + std::string(method) + R"(","params":)" +
               std::string(params) + "}");
  if (!answer.is_object())
    throw CommandError("what answers at " + url_ + " is not an OpenLiquid node");
  const auto& object = answer.as_object();
  if (const auto* error = object.if_contains("error")) {
    throw CommandError(std::string(method) + ": " + std::string(error->at("message").as_string()));
  }
  return object.at("result");
}

boost::json::value rpc_call(const std::string& url, std::string_view method,
                            std::string_view params) {
  return RpcConnection(url).call(method, params);
}

}  // namespace ol::app
