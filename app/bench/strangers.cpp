#include "bench/strangers.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ol/base/bytes.hpp>

namespace ol::app {
namespace {

constexpr std::size_t kSilentMax = 100;

}  // namespace

Strangers::~Strangers() {
  stop_ = true;
  thread_.join();
  for (const int socket : silent_)
    ::close(socket);
}

void Strangers::attack(std::uint16_t port) {
  const Bytes garbage(512, 0xff);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(port);
  for (std::size_t i = 0; !stop_; ++i) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    const auto* const address = reinterpret_cast<const sockaddr*>(&to);
    const bool connected = socket >= 0 && ::connect(socket, address, sizeof to) == 0;
    if (connected && i % 2 == 0) {
      static_cast<void>(::send(socket, garbage.data(), garbage.size(), MSG_NOSIGNAL));
      ::close(socket);
    } else {
      silent_.push_back(socket);
    }
    if (silent_.size() > kSilentMax) {
      ::close(silent_.front());
      silent_.erase(silent_.begin());
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
}

}  // namespace ol::app
