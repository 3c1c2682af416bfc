#pragma once

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <ol/node/node.hpp>

#include "network_files.hpp"

namespace ol::app::bench {

/// Every node of a new chain, each on threads of this process as `start` would run it.
class RunningNodes {
 public:
  /// Makes homes under `directory` on free ports and starts the nodes. Throws CommandError.
  RunningNodes(NetworkPlan plan, const std::filesystem::path& directory);
  RunningNodes(const RunningNodes&) = delete;
  RunningNodes& operator=(const RunningNodes&) = delete;
  ~RunningNodes();

  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  [[nodiscard]] const std::string& url(std::size_t node) const { return urls_[node]; }
  [[nodiscard]] const primitives::Genesis& genesis() const { return genesis_; }
  /// Of a chain that has an exchange.
  [[nodiscard]] exchange::Access& exchange(std::size_t node) { return *nodes_[node]->exchange(); }
  void stop();
  /// Warnings and errors that nodes logged and reasons why they ended.
  [[nodiscard]] std::vector<std::string> complaints() const;

 private:
  struct Log;

  std::shared_ptr<Log> log_;
  primitives::Genesis genesis_;
  std::vector<std::unique_ptr<node::Node>> nodes_;
  std::vector<std::string> urls_;
  std::vector<std::thread> threads_;
};

}  // namespace ol::app::bench
