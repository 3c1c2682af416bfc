#include "bench/bare_tcp.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ctime>
#include <thread>
#include <utility>

#include <ol/base/bytes.hpp>
#include <ol/base/check.hpp>

namespace ol::app {
namespace {

/// A file descriptor that is closed with it.
class Handle {
 public:
  explicit Handle(int number) : number_(number) {
    OL_CHECK(number >= 0, "the kernel gives a bench its descriptors");
  }
  Handle(Handle&& from) noexcept : number_(std::exchange(from.number_, -1)) {}
  Handle& operator=(Handle&&) = delete;
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    if (number_ >= 0) ::close(number_);
  }
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

double thread_cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

std::pair<Handle, Handle> connected_pair() {
  const Handle listener(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  auto* const address = reinterpret_cast<sockaddr*>(&at);
  OL_CHECK(::bind(listener.number(), address, size) == 0, "loopback gives a port");
  OL_CHECK(::listen(listener.number(), 1) == 0, "a bound socket listens");
  OL_CHECK(::getsockname(listener.number(), address, &size) == 0, "a bound socket has a name");
  Handle dialled(::socket(AF_INET, SOCK_STREAM, 0));
  OL_CHECK(::connect(dialled.number(), address, size) == 0, "loopback connects");
  Handle accepted(::accept4(listener.number(), nullptr, nullptr, SOCK_NONBLOCK));
  return {std::move(dialled), std::move(accepted)};
}

/// One end: its socket and the set it waits in.
class End {
 public:
  End(const Handle& socket, std::size_t bytes)
      : socket_(socket.number()), waiting_(::epoll_create1(0)), message_(bytes) {
    const int on = 1;
    OL_CHECK(setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0, "TCP has it");
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    OL_CHECK(epoll_ctl(waiting_.number(), EPOLL_CTL_ADD, socket_, &event) == 0, "a set takes one");
  }

  void send() {
    const ssize_t sent = ::send(socket_, message_.data(), message_.size(), MSG_NOSIGNAL);
    OL_CHECK(std::cmp_equal(sent, message_.size()), "a message fits into the kernel's buffer");
  }
  void receive() {
    std::size_t received = 0;
    while (received < message_.size()) {
      epoll_event event{};
      if (epoll_wait(waiting_.number(), &event, 1, -1) < 1) continue;
      const ssize_t size = ::recv(socket_, message_.data(), message_.size(), MSG_DONTWAIT);
      OL_CHECK(size != 0, "the other end stays");
      if (size > 0) received += static_cast<std::size_t>(size);
    }
  }

 private:
  int socket_;
  Handle waiting_;
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
    server_seconds = thread_cpu_seconds();
  });
  const double begun = thread_cpu_seconds();
  for (std::size_t i = 0; i < trips; ++i) {
    client.send();
    client.receive();
  }
  const double client_seconds = thread_cpu_seconds() - begun;
  answering.join();
  return client_seconds + server_seconds;
}

}  // namespace ol::app
