#include "rpc_client.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <boost/json/parse.hpp>

#include "command.hpp"

namespace ol::app {
namespace {

constexpr int kTimeoutSeconds = 5;

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
  return {.host = rest.substr(0, colon), .port = rest.substr(colon + 1)};
}

class Socket {
 public:
  explicit Socket(const Address& address) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &found) != 0) return;
    for (const addrinfo* a = found; a != nullptr && fd_ < 0; a = a->ai_next) {
      const int fd = ::socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
      const timeval limit{.tv_sec = kTimeoutSeconds, .tv_usec = 0};
      ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
      ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
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
  [[nodiscard]] std::string exchange(std::string_view request) const {
    while (!request.empty()) {
      const ssize_t sent = ::send(fd_, request.data(), request.size(), MSG_NOSIGNAL);
      if (sent <= 0) return {};
      request.remove_prefix(static_cast<std::size_t>(sent));
    }
    std::string answer;
    char buffer[16384];
    for (ssize_t n = ::recv(fd_, buffer, sizeof buffer, 0); n > 0;
         n = ::recv(fd_, buffer, sizeof buffer, 0)) {
      answer.append(buffer, static_cast<std::size_t>(n));
    }
    return answer;
  }

 private:
  int fd_ = -1;
};

}  // namespace

boost::json::value rpc_call(const std::string& url, std::string_view method,
                            std::string_view params) {
  const Address address = parse_url(url);
  const Socket socket(address);
  if (!socket.connected()) throw CommandError("no node answers at " + url + "; is it running?");
  const std::string body = R"({"jsonrpc":"2.0","id":1,"method":")" + std::string(method) +
                           R"(","params":)" + std::string(params) + "}";
  const std::string answer = socket.exchange(
      "POST / HTTP/1.1\r\nHost: " + address.host +
      "\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body);
  const std::size_t start = answer.find("\r\n\r\n");
  boost::json::error_code ec;
  const boost::json::value parsed = start == std::string::npos
                                        ? boost::json::value()
                                        : boost::json::parse(answer.substr(start + 4), ec);
  if (ec || !parsed.is_object())
    throw CommandError("what answers at " + url + " is not an OpenLiquid node");
  const auto& object = parsed.as_object();
  if (const auto* error = object.if_contains("error")) {
    throw CommandError(std::string(method) + ": " + std::string(error->at("message").as_string()));
  }
  return object.at("result");
}

}  // namespace ol::app
