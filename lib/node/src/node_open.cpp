#include <algorithm>
#include <random>
#include <thread>

#include <ol/base/hex.hpp>
#include <ol/execution/exchange_genesis.hpp>
#include <ol/execution/genesis_state.hpp>
#include <ol/node/safety_adapter.hpp>

#include "node_impl.hpp"

namespace ol::node {
namespace {

/// Transactions the cache holds beside those of a full pool: in blocks on their way, or committed a
/// moment ago and still coming in as gossip.
constexpr std::size_t kCacheTxnsMore = 16'384;
constexpr std::size_t kCacheBytesMore = std::size_t{16} << 20;
constexpr std::uint16_t kHelloVersion = 1;

static_assert(storage::kOutboxMessageMax >= p2p::message_bytes_max(p2p::Channel::Consensus),
              "whatever can be sent can be logged");

std::unexpected<NodeError> error(std::string message) {
  return fail(NodeError{std::move(message)});
}

std::unexpected<NodeError> error(storage::StorageError e) {
  return error(std::move(e.message));
}

std::filesystem::path safety_path(const std::filesystem::path& data_dir) {
  return data_dir / "safety.record";
}

Result<consensus::SafetyRecord, NodeError> first_record(const primitives::Genesis& genesis) {
  const auto state = execution::genesis_state(genesis);
  const auto root = execution::genesis_state_root(genesis, state.root);
  if (!root) return error(root.error());
  const auto block = primitives::genesis_block(genesis, *root);
  consensus::SafetyRecord record;
  record.epoch = block.header.epoch;
  record.lock = {block.header.view, block.hash};
  record.high_qc = primitives::genesis_certificate(genesis, block.hash);
  return record;
}

crypto::BlsSecretKey clone(const crypto::BlsSecretKey& key) {
  return *crypto::BlsSecretKey::from_bytes(key.bytes().view());
}

std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

}  // namespace

Node::Impl::Impl(NodeParts parts, LogSink sink)
    : parts_(std::move(parts)),
      log_(std::move(sink)),
      genesis_hash_(primitives::genesis_hash(parts_.genesis)),
      seed_(random_seed()) {}

Node::Impl::~Impl() {
  // Threads are joined by run(); what is left borrows downwards only.
  server_.reset();
  network_.reset();
}

Result<void, NodeError> Node::Impl::open() {
  OL_TRY_VOID(open_epochs());
  OL_TRY_VOID(open_database());
  OL_TRY(const primitives::Epoch epoch, epoch_of_root());
  epochs_->enter(epoch);
  OL_TRY_VOID(check_keys());
  OL_TRY_VOID(open_safety());
  OL_TRY_VOID(open_evidence());
  OL_TRY_VOID(open_halt());
  OL_TRY_VOID(open_exchange());
  OL_TRY_VOID(open_execution());
  OL_TRY_VOID(make_driver());
  OL_TRY_VOID(open_network());
  return open_rpc();
}

Result<void, NodeError> Node::Impl::open_epochs() {
  std::optional<crypto::Ed25519PublicKey> own;
  if (parts_.validator) own = parts_.validator->key.public_key();
  auto opened = EpochTable::open(parts_.config.data_dir / "epochs", parts_.genesis, own);
  if (!opened) return error(std::move(opened).error());
  epochs_ = *std::move(opened);
  return {};
}

// A validator's keys must be those its set names: signing with others would only be refused by
// everybody else. A key that no set names yet may be named by the next one.
Result<void, NodeError> Node::Impl::check_keys() {
  if (!parts_.validator) return {};
  may_sign_ = true;
  vote_keys_.push_back(std::move(parts_.validator->vote_key));
  for (crypto::BlsSecretKey& more : parts_.validator->more_vote_keys)
    vote_keys_.push_back(std::move(more));
  const auto self = epochs_->seat(set().epoch());
  if (!self) {
    log(LogLevel::Warn, "this validator key is in no set yet",
        {{"key", to_hex(parts_.validator->key.public_key().view())},
         {"epoch", std::to_string(set().epoch().value())},
         {"effect", "this node follows, and validates from the epoch that names its key"}});
    return {};
  }
  const primitives::Validator& own = *set().find(*self);
  if (p2p::PeerId(own.network_key) != p2p::PeerId(parts_.network_key.public_key())) {
    return error("the network key does not belong to validator " + std::to_string(self->value()) +
                 ": its set names the peer id " + p2p::PeerId(own.network_key).text() +
                 ", keys/network.key is " + p2p::PeerId(parts_.network_key.public_key()).text());
  }
  if (vote_key_of(epochs_->current(), *self)) return {};
  if (parts_.genesis.scheme == primitives::SchemeKind::BlsThreshold) {
    return error("keys/vote.key is not the threshold share of validator " +
                 std::to_string(self->value()) +
                 " under the group key of its set; use the share the key ceremony gave it");
  }
  return error("keys/vote.key is not the BLS key that its set names for validator " +
               std::to_string(self->value()));
}

Result<void, NodeError> Node::Impl::open_database() {
  std::error_code ec;
  std::filesystem::create_directories(parts_.config.data_dir, ec);
  if (ec)
    return error("cannot create the data directory " + parts_.config.data_dir.string() + ": " +
                 ec.message());
  storage::DatabaseOptions options;
  options.path = parts_.config.data_dir / "db";
  options.block_cache_bytes = parts_.config.block_cache_bytes;
  options.sync_commits = parts_.config.sync_blocks;
  auto opened = storage::Database::open(options, {parts_.genesis.domain, genesis_hash_});
  if (!opened) return error(std::move(opened).error());
  database_ = *std::move(opened);

  const auto state = execution::genesis_state(parts_.genesis);
  auto state_root = state.root;
  std::optional<execution::ExchangeStart> exchange;
  if (parts_.genesis.exchange) {
    auto start = execution::exchange_start(parts_.genesis);
    if (!start) return error(start.error());
    exchange = *std::move(start);
    state_root = execution::joint_state_root(parts_.genesis.domain, state.root, exchange->root);
  }
  auto genesis = primitives::genesis_block(parts_.genesis, state_root);
  genesis_certificate_ = primitives::genesis_certificate(parts_.genesis, genesis.hash);
  if (!database_->head()) {
    const auto evm = primitives::genesis_evm_header(parts_.genesis, state.root, genesis.hash);
    storage::ExchangeChanges changes;
    if (exchange) changes = changes_of(exchange->records, exchange->root);
    auto written = database_->commit({.block = genesis,
                                      .certificate = genesis_certificate_,
                                      .evm_header = evm,
                                      .receipts = {},
                                      .diff = state.diff,
                                      .exchange = exchange ? &changes : nullptr});
    if (!written) return error(std::move(written).error());
  }
  auto snapshot = database_->snapshot();
  if (!snapshot) return error(std::move(snapshot).error());
  const primitives::Height height = (*snapshot)->head()->height;
  auto block = (*snapshot)->block(height);
  auto certificate = (*snapshot)->certificate(height);
  auto evm = (*snapshot)->evm_header(height);
  if (!block || !*block || !certificate || !*certificate || !evm || !*evm) {
    return error("the head block cannot be read from " + options.path.string() +
                 "; move the directory away and let the node fetch the chain from its peers");
  }
  root_ = {std::make_shared<const primitives::Block>(**std::move(block)), **std::move(certificate)};
  root_evm_ = **std::move(evm);
  return {};
}

// The record decides what may be signed. Without one a validator with a chain only follows: it
// cannot know what it signed before. specs/consensus.md section 4.
Result<void, NodeError> Node::Impl::open_safety() {
  const auto durability =
      parts_.config.sync_blocks ? storage::Durability::Device : storage::Durability::Process;
  auto blocks = storage::BlockLog::open(parts_.config.data_dir, parts_.genesis.domain, durability);
  if (!blocks) return error(std::move(blocks).error());
  block_log_ = *std::move(blocks);
  if (!may_sign_) return {};

  auto file = storage::SafetyFile::open(safety_path(parts_.config.data_dir));
  if (!file && file.error().kind == storage::StorageErrorKind::Missing) {
    if (root_.block->header.height > primitives::Height(0)) {
      log(LogLevel::Error, "safety record is missing",
          {{"path", safety_path(parts_.config.data_dir).string()},
           {"effect", "this validator follows without signing"},
           {"recover",
            "restore the file, or import the record exported from its former machine "
            "with: openliquid safety import"}});
      may_sign_ = false;
      return {};
    }
    OL_TRY_VOID(init_safety_record(parts_.config.data_dir, parts_.genesis));
    file = storage::SafetyFile::open(safety_path(parts_.config.data_dir));
  }
  if (!file) return error(std::move(file).error());
  safety_file_ = *std::move(file);
  auto store = storage::SafetyStore::open(*safety_file_);
  if (!store) return error(std::move(store).error());
  safety_store_ = *std::move(store);
  auto record = consensus::decode_safety_record(safety_store_->record());
  if (!record) {
    return error("the safety record in " + safety_path(parts_.config.data_dir).string() +
                 " does not decode (" + describe(record.error()) +
                 "); restore it from its machine's backup of today");
  }
  safety_record_ = *std::move(record);
  safety_adapter_ = make_safety_adapter(*safety_store_);
  if (parts_.config.outbox_log) {
    auto outbox = storage::OutboxLog::open(parts_.config.data_dir / "outbox.log");
    if (!outbox) return error(std::move(outbox).error());
    outbox_ = *std::move(outbox);
  }
  return {};
}

Result<void, NodeError> Node::Impl::open_execution() {
  const std::uint32_t cores = std::max(2U, std::thread::hardware_concurrency());
  const std::uint32_t workers =
      parts_.config.verify_threads > 0 ? parts_.config.verify_threads : cores - 1;
  workers_ = std::make_unique<WorkerPool>(workers, kWorkerQueueMax);
  auto snapshot = database_->snapshot();
  if (!snapshot) return error(std::move(snapshot).error());
  if (exchange_) {
    exchange_->stored = std::make_unique<StoredChain>(
        StoredChain::Parts{parts_.genesis, exchange_->rules, *database_, *workers_});
  }
  mempool::Limits limits;
  limits.txns_max = parts_.config.mempool_txns_max;
  limits.sender_txns_max = parts_.config.mempool_txns_per_sender_max;
  cache_ = std::make_unique<TxnCache>(limits.txns_max + kCacheTxnsMore,
                                      limits.bytes_max + kCacheBytesMore);
  const auto terms = execution::next_block_terms(parts_.genesis, root_evm_);
  pool_ = std::make_unique<TxnPool>(limits, terms, *std::move(snapshot));
  records_ = std::make_unique<BlockRecords>(*database_, *cache_);
  if (auto loaded = records_->load_head(); !loaded) return error(std::move(loaded).error());
  ExecutorEvents events{
      .executed =
          [this](const primitives::BlockHash& hash, consensus::Execution verdict) {
            answer([hash, verdict](ConsensusDriver& d, Now t) { d.on_executed(t, hash, verdict); });
          },
      .built =
          [this](BuiltPayload payload) {
            auto shared = std::make_shared<BuiltPayload>(std::move(payload));
            answer([shared](ConsensusDriver& d, Now t) { d.on_built(t, std::move(*shared)); });
          },
      .finalised =
          [this](FinalBlock block) {
            if (exchange_) exchange_->view->push(block.executed->exchange);
            static_cast<void>(storage_queue_.push(std::move(block)));
          },
      .fatal = [this](std::string sentence) { fatal(std::move(sentence)); }};
  std::optional<ExecutorExchange> exchange;
  if (exchange_) {
    const auto priced = [this](PricedBlock block) { on_priced_block(std::move(block)); };
    const auto mine = [this](primitives::Height to) {
      mine_to_ = std::max(mine_to_.load(), to.value());
    };
    const auto dropped = [this](const std::vector<ActionPool::Dropped>& actions) {
      for (const ActionPool::Dropped& one : actions)
        exchange_->view->refuse(one.action, one.why);
    };
    exchange.emplace(ExecutorExchange{*exchange_->chain, exchange_->rules, exchange_->cache,
                                      exchange_->pool, exchange_->head_roots, priced, mine,
                                      dropped});
  }
  executor_ = std::make_unique<Executor>(Executor::Parts{.genesis = parts_.genesis,
                                                         .epochs = *epochs_,
                                                         .database = *database_,
                                                         .log = *block_log_,
                                                         .workers = *workers_,
                                                         .cache = *cache_,
                                                         .pool = *pool_,
                                                         .head = root_.block,
                                                         .head_evm = root_evm_,
                                                         .seed = seed_,
                                                         .exchange = std::move(exchange)},
                                         std::move(events));
  return {};
}

Result<void, NodeError> Node::Impl::open_evidence() {
  auto opened =
      EvidenceStore::open(parts_.config.data_dir / "evidence", parts_.genesis.domain, *epochs_);
  if (!opened) return error(std::move(opened).error());
  evidence_ = *std::move(opened);
  if (evidence_->ignored_files() > 0) {
    log(LogLevel::Warn, "files of the evidence directory prove nothing and are left alone",
        {{"files", std::to_string(evidence_->ignored_files())}});
  }
  return {};
}

Result<void, NodeError> Node::Impl::make_driver() {
  consensus::EpochSetting& setting = *epochs_->find(set().epoch());
  const auto opening = epochs_->opening(setting.set.epoch());
  const RuleChoice rule = choose_rule();
  OL_TRY(leaders_, leaders_of(setting, opening ? opening->view() : primitives::View(0)));
  const auto self = may_sign_ ? epochs_->seat(setting.set.epoch()) : std::nullopt;
  std::unique_ptr<consensus::Signer> signer;
  if (may_sign_) {
    // A seat in the set comes with the driver; without one the signer keeps the keys.
    signer = std::make_unique<consensus::Signer>(
        parts_.genesis.domain, setting.set_hash, self.value_or(primitives::ValidatorIndex(0)),
        std::move(parts_.validator->key), clone(vote_keys_.front()), *setting.scheme,
        *safety_adapter_, safety_record_);
  }
  std::optional<crypto::BlsSecretKey> vote_key;
  if (self) vote_key = vote_key_of(setting, *self);
  const consensus::CertificateScheme* before =
      opening ? epochs_->find(opening->subject.epoch)->scheme.get() : nullptr;
  std::vector<primitives::Block> stored = block_log_->take_recovered();
  std::erase_if(stored,
                [&](const auto& b) { return b.header.height <= root_.block->header.height; });
  driver_ = std::make_unique<ConsensusDriver>(
      DriverParts{.domain = parts_.genesis.domain,
                  .set = setting.set,
                  .rule = rule,
                  .leaders = *leaders_.schedule,
                  .scheme = *setting.scheme,
                  .pace = parts_.genesis.pace,
                  .genesis_certificate = opening.value_or(genesis_certificate_),
                  .root = root_,
                  .record = safety_record_,
                  .signer = std::move(signer),
                  .self = self,
                  .stored_blocks = std::move(stored),
                  .certificates_ahead = true,
                  .epochs = {.present = &setting, .before = before},
                  .vote_key = std::move(vote_key),
                  .halted = halted_},
      *this);
  const MutexLock lock(mutex_);
  view_.set = &setting.set;
  return {};
}

// Slots have as many ranks as the genesis set allows in every epoch, or views would not ascend.
RuleChoice Node::Impl::choose_rule() {
  const primitives::Genesis& genesis = parts_.genesis;
  if (genesis.slots) {
    return consensus::SlotClock(genesis.time, *genesis.slots,
                                epochs_->find(primitives::Epoch(0))->set.size());
  }
  voting_rule_ = consensus::make_voting_rule(genesis.commit_rule);
  return std::cref(*voting_rule_);
}

Result<void, NodeError> Node::Impl::open_network() {
  p2p::NetworkConfig config;
  config.listen_host = parts_.config.p2p_host;
  config.listen_port = parts_.config.p2p_port;
  Writer hello;
  hello.u16(kHelloVersion).strong(parts_.genesis.domain.chain_id).fixed(genesis_hash_);
  config.hello = hello.take();
  for (const PeerConfig& peer : parts_.config.peers) {
    auto id = p2p::PeerId::from_text(peer.id);
    if (!id)
      return error("peer id \"" + peer.id +
                   "\" in the configuration: " + p2p::describe(id.error()));
    if (*id == p2p::PeerId(parts_.network_key.public_key())) continue;
    config.peers.push_back({*id, peer.host, peer.port});
  }
  config.allowed = validator_peers();
  config.limits.unknown_peers_max = parts_.config.p2p_unknown_peers_max;
  topics_ = topics_of(parts_.genesis.domain.chain_id);
  config.topics = {{.name = topics_.txns, .join = true, .droppable = true},
                   {.name = topics_.evidence}};
  if (exchange_) config.topics.push_back({.name = topics_.items, .join = true, .droppable = true});
  // Validators hear certificates and blocks from each other before anybody and only publish them.
  const bool sits = may_sign_ && epochs_->seat(set().epoch()).has_value();
  config.topics.push_back({.name = topics_.certificates, .join = !sits});
  config.topics.push_back({.name = topics_.blocks, .join = !sits});
  heads_ = std::make_unique<HeadGossip>(
      parts_.genesis.domain, parts_.genesis.slots.has_value(),
      [this](const std::string& id, p2p::GossipVerdict verdict) { network_->judge(id, verdict); });
  config.direct = direct_among(config.allowed);
  const std::string chain = std::to_string(parts_.genesis.domain.chain_id.value());
  config.protocol_version = "/" + chain + "/1";
  config.agent_version = std::string("openliquid/") + kVersion;
  config.kad_protocol = "/" + chain + "/kad/1.0.0";
  config.test_protocols = parts_.config.p2p_test_protocols;
  config.peer_store = parts_.config.data_dir / "peers.list";
  // Test networks share one machine, and so does who checks that others understand this one.
  const bool private_allowed = parts_.genesis.devnet || parts_.config.p2p_private_addresses ||
                               parts_.config.p2p_test_protocols;
  if (private_allowed) {
    config.limits.unknown_peers_per_ip_max = config.limits.unknown_peers_max;
    config.limits.unknown_peers_per_prefix_max = config.limits.unknown_peers_max;
  }
  config.profile = private_allowed ? p2p::AddressProfile::Local : p2p::AddressProfile::Public;
  for (const std::string& text : parts_.config.p2p_announce) {
    auto address = p2p::Multiaddr::from_text(text);
    if (!address)
      return error("address \"" + text + "\" of p2p.announce: " + p2p::describe(address.error()));
    if (!address->is_dialable(config.profile)) {
      return error("address \"" + text +
                   "\" of p2p.announce is none that others dial; one of a private network needs "
                   "p2p.private_addresses = true on every node");
    }
    config.announced.push_back(*std::move(address));
  }
  network_ = p2p::make_stack_network(std::move(config), parts_.network_key, *this);
  if (auto started = network_->start(); !started) return error(started.error().text);
  return {};
}

Result<void, NodeError> Node::Impl::open_rpc() {
  backend_ = make_rpc_backend(*this);
  rpc::Registry registry;
  rpc::add_standard_methods(registry, *backend_);
  consensus_backend_ = make_consensus_backend(*this);
  rpc::add_consensus_methods(registry, *consensus_backend_);
  add_peer_methods(registry, *this);
  add_exchange_methods(registry, *this);
  add_finality_methods(registry, *this);
  rpc::ServerOptions options;
  options.endpoints = {{parts_.config.rpc_host, parts_.config.rpc_port}};
  options.limits.connections_max = parts_.config.rpc_connections_max;
  options.cors_origins = parts_.config.rpc_cors_origins;
  options.vhosts = parts_.config.rpc_vhosts;
  rpc::ServerHooks hooks{
      .metrics = [this] { return metrics_text(); },
      .unhealthy =
          [this] {
            const Reach now = reach();
            if (now.is_quorum || !consensus_view().self) return std::string();
            return "links to " + std::to_string(now.weight) + " of " + std::to_string(now.total) +
                   " of the validators' weight, which is no quorum";
          },
      .client_dropped =
          [this](const std::string& address, const std::string& reason) {
            log(LogLevel::Info, "rpc client dropped", {{"address", address}, {"reason", reason}});
          }};
  if (exchange_) {
    exchange_->history = std::make_unique<HistoryFile>(HistoryFile::Parts{
        .path = parts_.config.data_dir / "exchange-history",
        .genesis = parts_.genesis,
        .params = exchange_->params,
        .database = *database_,
        .chain = *exchange_->stored,
        .warn = [this](std::string sentence) { log(LogLevel::Warn, std::move(sentence)); }});
    endpoint_ = std::make_unique<ExchangeEndpoint>(*exchange_->view, exchange_->history.get());
    hooks.extension = endpoint_.get();
  }
  server_ = std::make_unique<rpc::Server>(std::move(options), std::move(registry), *backend_,
                                          std::move(hooks));
  if (auto listening = server_->listen(); !listening) return error(std::move(listening).error());
  return {};
}

Result<void, NodeError> init_safety_record(const std::filesystem::path& data_dir,
                                           const primitives::Genesis& genesis) {
  std::error_code ec;
  std::filesystem::create_directories(data_dir, ec);
  if (ec)
    return error("cannot create the data directory " + data_dir.string() + ": " + ec.message());
  OL_TRY(const auto record, first_record(genesis));
  auto created =
      storage::SafetyFile::create(safety_path(data_dir), consensus::encode_safety_record(record));
  if (!created) return error(std::move(created).error());
  return {};
}

Result<Bytes, NodeError> export_safety_record(const std::filesystem::path& data_dir) {
  auto file = storage::SafetyFile::open(safety_path(data_dir));
  if (!file) return error(std::move(file).error());
  auto store = storage::SafetyStore::open(**file);
  if (!store) return error(std::move(store).error());
  return (*store)->record();
}

Result<void, NodeError> import_safety_record(const std::filesystem::path& data_dir,
                                             ByteView record) {
  auto incoming = consensus::decode_safety_record(record);
  if (!incoming)
    return error(std::string("the file is not a safety record: ") + describe(incoming.error()));
  auto file = storage::SafetyFile::open(safety_path(data_dir));
  if (!file && file.error().kind == storage::StorageErrorKind::Missing) {
    std::error_code ec;
    std::filesystem::create_directories(data_dir, ec);
    auto created = storage::SafetyFile::create(safety_path(data_dir), record);
    if (!created) return error(std::move(created).error());
    return {};
  }
  if (!file) return error(std::move(file).error());
  auto store = storage::SafetyStore::open(**file);
  if (!store) return error(std::move(store).error());
  auto present = consensus::decode_safety_record((*store)->record());
  if (!present)
    return error("the record in " + data_dir.string() + " does not decode; move it away first");
  // Views begin again with each epoch.
  const bool same_epoch = present->epoch == incoming->epoch;
  const bool newer_in_epoch = present->last_vote.view > incoming->last_vote.view ||
                              present->last_timeout_view > incoming->last_timeout_view ||
                              present->last_proposal.view > incoming->last_proposal.view ||
                              present->lock.view > incoming->lock.view ||
                              present->high_qc.view() > incoming->high_qc.view();
  const bool newer = present->epoch > incoming->epoch || (same_epoch && newer_in_epoch);
  if (newer)
    return error("the record in " + data_dir.string() +
                 " is newer than the one to import; nothing was changed");
  if (auto written = (*store)->write(record); !written) return error(std::move(written).error());
  return {};
}

}  // namespace ol::node
