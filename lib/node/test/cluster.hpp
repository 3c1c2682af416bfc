#pragma once

#include <chrono>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <boost/json/value.hpp>

#include <ol/crypto/secp256k1.hpp>
#include <ol/node/node.hpp>

namespace ol::node::test {

/// Real nodes in one process: real files, sockets and threads, on free loopback ports.
class Cluster {
 public:
  explicit Cluster(std::uint32_t validators,
                   primitives::SchemeKind scheme = primitives::SchemeKind::BlsThreshold);
  ~Cluster();

  /// Opens node `i` and runs it. The error, if it does not open.
  std::optional<NodeError> start(std::uint32_t i);
  /// Opens a node beside the validators and runs it. Its number for all that takes one but `start`.
  std::uint32_t add(NodeParts parts);
  /// Stops node `i` and waits for it. What `run` returned.
  std::optional<NodeError> stop(std::uint32_t i);
  [[nodiscard]] bool running(std::uint32_t i) const { return nodes_[i].node != nullptr; }

  /// The `result` of a JSON-RPC call to node `i`, or its `error` object under the key "error".
  [[nodiscard]] boost::json::value call(std::uint32_t i, std::string_view method,
                                        std::string_view params = "[]");
  [[nodiscard]] std::uint64_t height(std::uint32_t i);
  /// Where node `i` listens for others.
  [[nodiscard]] std::uint16_t p2p_port(std::uint32_t i) const { return nodes_[i].node->p2p_port(); }
  [[nodiscard]] std::string get(std::uint32_t i, std::string_view path);
  /// The answer's body to a JSON body.
  [[nodiscard]] std::string post(std::uint32_t i, std::string_view path, const std::string& body);
  /// A metric without labels of node `i`; 0 if it has none of that name.
  [[nodiscard]] std::uint64_t metric(std::uint32_t i, const std::string& name);
  /// Polls until `done` or the deadline. Whether it was done.
  static bool eventually(const std::function<bool()>& done,
                         std::chrono::seconds limit = std::chrono::seconds(60));

  /// A signed transfer of `value` wei from funded account `from`, with so many zeros as its data.
  [[nodiscard]] std::string transfer(std::uint32_t from, std::uint64_t nonce, std::uint64_t value,
                                     const Address& to, std::size_t zeros = 0) const;
  [[nodiscard]] Address account(std::uint32_t i) const;
  [[nodiscard]] const primitives::Genesis& genesis() const { return genesis_; }
  [[nodiscard]] std::filesystem::path home(std::uint32_t i) const;
  [[nodiscard]] std::vector<std::string> log(std::uint32_t i) const;
  /// Everything needed to open node `i`, for tests that change something.
  [[nodiscard]] NodeParts parts(std::uint32_t i) const;

  /// Gives the chain an exchange, before anything is started: BTC at 65,000 dollars, a token, and a
  /// million dollars for each of the first ten accounts. Genesis is now.
  void add_exchange();
  /// Announces an upgrade of the exchange, before anything is started.
  void upgrade_exchange_at(std::uint64_t height) {
    genesis_.exchange->upgrade_heights.push_back(height);
  }
  /// Lets actions stand by hash in blocks, before anything is started.
  void order_by_hash() { genesis_.exchange->hash_order = true; }
  /// Makes it a chain of two_phase, before anything is started. Genesis is now.
  void use_slots(primitives::SlotParams slots);
  /// Lets the validators' proofs draw the leaders, before anything is started.
  void draw_leaders() { genesis_.leaders = primitives::LeaderKind::Vrf; }
  /// How long leaders wait with a block that has nothing to do, before anything is started.
  void pace_empty_blocks(std::uint64_t interval_ms) {
    genesis_.pace.empty_block_interval_ms = interval_ms;
  }
  /// An action of account `from`, encoded for ol_exchangeSubmit.
  [[nodiscard]] std::string action(std::uint32_t from, exchange::ActionBody body,
                                   std::uint64_t nonce) const;
  /// Of a node that runs.
  [[nodiscard]] ExchangeAccess& exchange(std::uint32_t i) { return *nodes_[i].node->exchange(); }
  /// Stops node `i` if it runs and deletes all it has but its safety record: it must follow the
  /// chain from genesis.
  void wipe(std::uint32_t i);
  /// What tests want otherwise than `parts` has it; for nodes opened from then on.
  std::function<void(NodeConfig&)> change_config;
  /// Hears each line of any node's log, on the thread that writes it; it may keep that waiting. Set
  /// before a node is opened.
  std::function<void(const std::string&)> on_log;

  static constexpr std::uint32_t kAccounts = 100;

 private:
  struct Running {
    std::unique_ptr<Node> node;
    std::thread thread;
    std::optional<NodeError> outcome;
    std::shared_ptr<std::vector<std::string>> lines = std::make_shared<std::vector<std::string>>();
    std::shared_ptr<std::mutex> mutex = std::make_shared<std::mutex>();
  };

  std::optional<NodeError> open(Running& running, NodeParts parts);
  [[nodiscard]] std::string request(std::uint32_t i, const std::string& http);

  std::filesystem::path root_;
  primitives::Genesis genesis_;
  std::vector<Bytes> keys_;
  std::vector<Bytes> vote_keys_;
  std::vector<Bytes> network_keys_;
  std::vector<std::uint16_t> p2p_ports_;
  std::deque<Running> nodes_;
};

}  // namespace ol::node::test
