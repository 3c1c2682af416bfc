#include "bench/nodes.hpp"

#include <cstdlib>
#include <mutex>

#include <ol/p2p/local_ports.hpp>

#include "command.hpp"
#include "home.hpp"

namespace ol::app::bench {

struct RunningNodes::Log {
  std::mutex mutex;
  std::vector<std::string> complaints;

  void add(std::size_t node, std::string what) {
    const std::lock_guard lock(mutex);
    complaints.push_back("node " + std::to_string(node) + ": " + std::move(what));
  }
};

RunningNodes::RunningNodes(NetworkPlan plan, const std::filesystem::path& directory)
    : log_(std::make_shared<Log>()) {
  const std::size_t wanted = std::size_t{2} * plan.validators;
  const std::vector<std::uint16_t> ports = p2p::free_local_ports(wanted);
  if (ports.size() != wanted) throw CommandError("no free ports on 127.0.0.1");
  plan.hosts.assign(plan.validators, "127.0.0.1");
  plan.p2p_ports.assign(ports.begin(), ports.begin() + plan.validators);
  plan.rpc_ports.assign(ports.begin() + plan.validators, ports.end());
  create_network(plan, directory);
  PassphraseSource passphrase("");
  for (std::uint32_t i = 0; i < plan.validators; ++i) {
    const Home home{directory / ("node" + std::to_string(i))};
    node::NodeParts parts = load_home(home, load_config(home.config(), std::getenv), passphrase);
    genesis_ = parts.genesis;
    auto opened = node::Node::open(std::move(parts),
                                   [log = log_, i](node::LogLevel level, std::string_view event,
                                                   const std::vector<node::LogField>& fields) {
                                     if (level < node::LogLevel::Warn) return;
                                     std::string text(event);
                                     for (const node::LogField& field : fields)
                                       text += " " + field.key + "=" + field.value;
                                     log->add(i, std::move(text));
                                   });
    if (!opened) throw CommandError(opened.error().message);
    nodes_.push_back(*std::move(opened));
    urls_.push_back("http://127.0.0.1:" + std::to_string(nodes_.back()->rpc_port()));
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    threads_.emplace_back([this, i] {
      if (const auto failure = nodes_[i]->run()) log_->add(i, failure->message);
    });
  }
}

RunningNodes::~RunningNodes() {
  stop();
}

void RunningNodes::stop() {
  for (const auto& running : nodes_)
    running->stop();
  for (std::thread& thread : threads_)
    thread.join();
  threads_.clear();
}

std::vector<std::string> RunningNodes::complaints() const {
  const std::lock_guard lock(log_->mutex);
  return log_->complaints;
}

}  // namespace ol::app::bench
