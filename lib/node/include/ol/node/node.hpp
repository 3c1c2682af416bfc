#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ol/base/result.hpp>
#include <ol/crypto/bls.hpp>
#include <ol/crypto/ed25519.hpp>
#include <ol/node/exchange_access.hpp>
#include <ol/p2p/identity.hpp>
#include <ol/primitives/genesis.hpp>

namespace ol::node {

/// A sentence for the operator that says what is wrong and what to do.
struct NodeError {
  std::string message;
};

/// The keys that sign for a validator.
struct ValidatorKeys {
  /// Proposals and timeouts.
  crypto::Ed25519SecretKey key;
  /// Votes: the share of the group key (bls-threshold) or the validator's own BLS key.
  crypto::BlsSecretKey vote_key;
  /// Others to vote with in later epochs: each epoch takes the one that its set names.
  std::vector<crypto::BlsSecretKey> more_vote_keys = {};
};

/// A peer as the configuration names it.
struct PeerConfig {
  std::string id;  // peer id text, 12D3Koo...
  std::string host;
  std::uint16_t port = 0;
};

/// How much of the node's running may be chosen. Every field has a key in openliquid.toml.
struct NodeConfig {
  /// Holds db/, safety.record, pending blocks and, if enabled, outbox.log.
  std::filesystem::path data_dir;
  std::string p2p_host = "0.0.0.0";
  std::uint16_t p2p_port = 9000;
  std::vector<PeerConfig> peers;
  /// Multiaddrs where others reach this node; empty: what it listens on.
  std::vector<std::string> p2p_announce;
  /// Peers that are neither validators nor in `peers`; 0 lets nobody else in.
  std::uint32_t p2p_unknown_peers_max = 32;
  /// Whether addresses of private networks may be learnt from others. Always so on a devnet.
  bool p2p_private_addresses = false;
  /// Serves what tests of interoperability need: docs/protocol/p2p.md.
  bool p2p_test_protocols = false;

  std::string rpc_host = "127.0.0.1";
  std::uint16_t rpc_port = 8545;
  std::uint32_t rpc_threads = 2;
  std::uint32_t rpc_connections_max = 1024;
  /// For everything one request runs: eth_call, estimates. 0: no limit.
  std::uint32_t rpc_call_timeout_ms = 5'000;
  std::vector<std::string> rpc_cors_origins;
  std::vector<std::string> rpc_vhosts{"localhost"};

  std::size_t mempool_txns_max = 50'000;
  std::size_t mempool_txns_per_sender_max = 1'024;
  std::size_t block_cache_bytes = std::size_t{128} << 20;
  /// Waits for the device on each block too; the safety record always does.
  bool sync_blocks = false;
  /// Appends every signed consensus message to outbox.log before it is sent.
  bool outbox_log = false;
  /// Where a validator takes the prices it submits from: "walk", "none", "file:PATH" or
  /// "http://HOST:PORT/PATH"; "auto" is "walk" on a development network and "none" elsewhere.
  std::string oracle_source = "auto";
  /// 0 means one less than the machine's cores, at least one.
  std::uint32_t verify_threads = 0;
};

/// Everything a node needs to run.
struct NodeParts {
  primitives::Genesis genesis;
  NodeConfig config;
  /// Signs for the peer id. Of Ed25519 on a validator: its set names such a key.
  p2p::IdentityKey network_key;
  /// Absent on a node that only follows the chain.
  std::optional<ValidatorKeys> validator;
};

enum class LogLevel : std::uint8_t { Debug, Info, Warn, Error };
/// Receives every log line with its structured fields. Called from any thread.
struct LogField {
  std::string key;
  std::string value;
};
using LogSink = std::function<void(LogLevel, std::string_view event, const std::vector<LogField>&)>;

/// A running node: storage, consensus, execution, network and RPC with their threads
/// (docs/architecture.md, "Threads"). Create, then `run` until `stop`.
class Node {
 public:
  /// Opens and verifies everything on disk and binds every port; nothing is damaged on failure.
  [[nodiscard]] static Result<std::unique_ptr<Node>, NodeError> open(NodeParts parts, LogSink log);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// Serves until `stop`. @return the reason if the node had to stop by itself.
  [[nodiscard]] std::optional<NodeError> run();
  /// Asks `run` to return. Safe from any thread and, through a flag, from signal handlers' threads.
  void stop();

  [[nodiscard]] std::uint16_t rpc_port() const;
  [[nodiscard]] std::uint16_t p2p_port() const;
  /// The exchange of this node; null where genesis lists none. Lives as long as the node.
  [[nodiscard]] ExchangeAccess* exchange() const;

  /// The wiring, for the sources of this library only.
  struct Impl;

 private:
  explicit Node(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Writes the first, empty safety record of a new validator into `data_dir`. Fails if there is one:
/// a record is never replaced by a fresh one.
[[nodiscard]] Result<void, NodeError> init_safety_record(const std::filesystem::path& data_dir,
                                                         const primitives::Genesis& genesis);
/// Copies the safety record out of and into a data directory, to move a validator between machines.
/// Import refuses to replace a record that is newer in any respect.
[[nodiscard]] Result<Bytes, NodeError> export_safety_record(const std::filesystem::path& data_dir);
[[nodiscard]] Result<void, NodeError> import_safety_record(const std::filesystem::path& data_dir,
                                                           ByteView record);

}  // namespace ol::node
