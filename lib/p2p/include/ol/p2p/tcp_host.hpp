#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ol/base/result.hpp>
#include <ol/p2p/host.hpp>

namespace ol::p2p {

/// A Host on TCP sockets: accepts, connects, moves bytes and tells the time. The thread in `run`
/// owns everything; only `stop` and `post` may be called from others.
class TcpHost {
 public:
  /// @param key  Borrowed; must outlive the host.
  TcpHost(HostConfig config, const IdentityKey& key);
  ~TcpHost();
  TcpHost(const TcpHost&) = delete;
  TcpHost& operator=(const TcpHost&) = delete;

  [[nodiscard]] Host& host();

  /// Listens on a literal `/ip4|ip6/tcp` address; port 0 takes a free one. Connections of dials use
  /// other ports, so that two sides that dial each other never meet in one TCP connection.
  /// @return The address with its port, or a sentence that says what failed.
  [[nodiscard]] Result<Multiaddr, std::string> listen(const Multiaddr& address);

  /// Names that are not looked up, as in a file of hosts: each with its literal addresses, in the
  /// order in which they are tried. Before `run`.
  void set_names(std::map<std::string, std::vector<std::string>> names);

  /// Accepts nothing more. On the thread in `run`, or before it.
  void stop_listening();

  /// Runs until `stop`.
  void run();
  void stop();
  /// Runs `task` on the thread in `run`, and sends what it caused.
  void post(std::function<void()> task);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ol::p2p
