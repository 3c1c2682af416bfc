#include "bench/bare_tcp.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <thread>
#include <utility>

#include <ol/base/bytes.hpp>
#include <ol/base/check.hpp>
#include <ol/base/descriptor.hpp>

#include "bench/machine.hpp"

namespace ol::app {
namespace {

Descriptor given(int fd) {
  OL_CHECK(fd >= 0, "the kernel gives a bench its descriptors");
  return Descriptor(fd);
}

std::pair<Descriptor, Descriptor> connected_pair() {
  const Descriptor listener = given(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  auto* const address = reinterpret_cast<sockaddr*>(&at);
  OL_CHECK(::bind(listener.get(), address, size) == 0, "loopback gives a port");
  OL_CHECK(::listen(listener.get(), 1) == 0, "a bound socket listens");
  OL_CHECK(::getsockname(listener.get(), address, &size) == 0, "a bound socket has a name");
  Descriptor dialled = given(::socket(AF_INET, SOCK_STREAM, 0));
  OL_CHECK(::connect(dialled.get(), address, size) == 0, "loopback connects");
  Descriptor accepted = given(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK));
  return {std::move(dialled), std::move(accepted)};
}

/// One end: its socket and the set it waits in.
class End {
 public:
  End(const Descriptor& socket, std::size_t bytes)
      : socket_(socket.get()), waiting_(given(::epoll_create1(0))), message_(bytes) {
    const int on = 1;
    OL_CHECK(setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0, "TCP has it");
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    OL_CHECK(epoll_ctl(waiting_.get(), EPOLL_CTL_ADD, socket_, &event) == 0, "a set takes one");
  }

  void send() {
    const ssize_t sent = ::send(socket_, message_.data(), message_.size(), MSG_NOSIGNAL);
    OL_CHECK(std::cmp_equal(sent, message_.size()), "a message fits into the kernel's buffer");
  }
  void receive() {
    std::size_t received = 0;
    while (received < message_.size()) {
      epoll_event event{};
      if (epoll_wait(waiting_.get(), &event, 1, -1) < 1) continue;
      const ssize_t size = ::recv(socket_, message_.data(), message_.size(), MSG_DONTWAIT);
      OL_CHECK(size != 0, "the other end stays");
      if (size > 0) received += static_cast<std::size_t>(size);
    }
  }

 private:
  int socket_;
  Descriptor waiting_;
  Bytes message_;
};

}  // namespace

double bare_round_trips_seconds(std::size_t trips, std::size_t bytes) {
  const auto [dialled, accepted] = connected_pair();
  End client(dialled, bytes);
  End server(accepted, bytes);
  double server_seconds = 0;
  std::thread answering([&] {
    for (std::size_t i = 0; i < trips; ++i) {
      server.receive();
      server.send();
    }
    server_seconds = bench::thread_cpu_s();
  });
  const double begun = bench::thread_cpu_s();
  for (std::size_t i = 0; i < trips; ++i) {
    client.send();
    client.receive();
  }
  const double client_seconds = bench::thread_cpu_s() - begun;
  answering.join();
  return client_seconds + server_seconds;
}

}  // namespace ol::app
