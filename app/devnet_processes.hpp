#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace ol::app {

/// Whether a program could listen there now. `host` is an IPv4 address; what is none is left for
/// the node to refuse.
[[nodiscard]] bool port_is_free(const std::string& host, std::uint16_t port);

/// The node processes of a devnet. They end when this process does, however it ends.
class DevnetProcesses {
 public:
  enum class TestProtocols : std::uint8_t { Off, On };

  /// @param test  Whether the nodes run with --p2p-test-protocols.
  DevnetProcesses(std::filesystem::path home, TestProtocols test)
      : home_(std::move(home)), test_protocols_(test == TestProtocols::On) {}
  ~DevnetProcesses();
  DevnetProcesses(const DevnetProcesses&) = delete;
  DevnetProcesses& operator=(const DevnetProcesses&) = delete;

  /// Starts `openliquid start` on HOME/node<i>, its log in node.log there.
  /// @return its process id.
  pid_t start(std::uint32_t i);
  /// A node that ended, and how: "stopped with exit status 1".
  struct Ended {
    std::uint32_t index = 0;
    std::string how;
  };
  /// Nodes that ended since the last call; each is reported once.
  [[nodiscard]] std::vector<Ended> ended();
  /// Asks all to stop and waits for them.
  void stop();
  [[nodiscard]] std::size_t running() const;
  /// The last lines of a node's log.
  [[nodiscard]] std::string log_tail(std::uint32_t i, std::size_t lines) const;

 private:
  struct Process {
    std::uint32_t index;
    pid_t pid;
  };
  std::filesystem::path home_;
  bool test_protocols_;
  std::vector<Process> processes_;
};

}  // namespace ol::app
