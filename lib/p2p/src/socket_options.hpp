#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

namespace ol::p2p {

/// Makes TCP try again at least every second, however long nothing came through. By itself it waits
/// about as long again as the outage lasted, up to two minutes, and consensus would go on that much
/// after a partition healed. Linux 6.15 and later; elsewhere nothing changes.
inline void retry_every_second(int socket) {
  constexpr int kTcpRtoMaxMs = 44;  // linux/tcp.h; Debian's headers are older
  constexpr int kRetryMs = 1000;    // the least that the kernel takes
  static_cast<void>(setsockopt(socket, IPPROTO_TCP, kTcpRtoMaxMs, &kRetryMs, sizeof kRetryMs));
}

}  // namespace ol::p2p
