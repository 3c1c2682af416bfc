#include "cluster.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <boost/json/parse.hpp>
#include <mutex>

#include <ol/base/hex.hpp>
#include <ol/crypto/threshold.hpp>
#include <ol/exchange/action_codec.hpp>
#include <ol/p2p/local_ports.hpp>
#include <ol/p2p/peer_id.hpp>
#include <ol/primitives/signing.hpp>

namespace ol::node::test {
namespace {

using SecretBytes32 = std::array<std::uint8_t, 32>;

SecretBytes32 seed_of(std::uint8_t kind, std::uint32_t index) {
  SecretBytes32 seed{};
  seed[0] = kind;
  seed[1] = static_cast<std::uint8_t>(index);
  seed[31] = 1;
  return seed;
}

crypto::Ed25519SecretKey ed25519(const Bytes& seed) {
  return *crypto::Ed25519SecretKey::from_bytes(seed);
}

}  // namespace

Cluster::Cluster(std::uint32_t validators, primitives::SchemeKind scheme) : nodes_(validators) {
  static std::atomic<int> counter{0};
  root_ = std::filesystem::temp_directory_path() /
          ("openliquid-test-" + std::to_string(::getpid()) + "-" + std::to_string(counter++));
  genesis_.domain.chain_id = primitives::ChainId(7777);
  genesis_.chain_name = "test";
  genesis_.scheme = scheme;
  genesis_.time = primitives::TimeMs(1'700'000'000'000);
  genesis_.pace.min_block_interval_ms = 20;
  genesis_.pace.empty_block_interval_ms = 200;
  genesis_.base_fee = U256(1'000'000'000);
  genesis_.devnet = true;

  crypto::SecretBytes<32> seed;
  seed.span()[31] = 7;
  const crypto::ThresholdParams params{
      .quorum = static_cast<std::uint16_t>(primitives::unit_quorum(validators)),
      .holders = static_cast<std::uint16_t>(validators)};
  auto dealt = *crypto::deal_key(params, seed);
  for (std::uint32_t i = 0; i < validators; ++i) {
    const auto bytes = [](const auto& array) { return Bytes(array.begin(), array.end()); };
    keys_.push_back(bytes(seed_of(1, i)));
    network_keys_.push_back(bytes(seed_of(2, i)));
    const auto bls = *crypto::BlsSecretKey::key_gen(bytes(seed_of(3, i)));
    const bool threshold = scheme == primitives::SchemeKind::BlsThreshold;
    vote_keys_.push_back(to_bytes((threshold ? dealt.shares[i] : bls).bytes().view()));
    genesis_.validators.push_back({.name = "v" + std::to_string(i),
                                   .weight = primitives::Weight(1),
                                   .key = ed25519(keys_[i]).public_key(),
                                   .bls_key = bls.public_key(),
                                   .network_key = ed25519(network_keys_[i]).public_key(),
                                   .fee_recipient = account(90 + i)});
    genesis_.possession_proofs.push_back(bls.prove_possession());
  }
  p2p_ports_ = p2p::free_local_ports(validators);
  if (scheme == primitives::SchemeKind::BlsThreshold) {
    genesis_.verification_vector.assign(dealt.vector.points().begin(), dealt.vector.points().end());
  }
  for (std::uint32_t i = 0; i < kAccounts; ++i)
    genesis_.balances[account(i)] = U256(1'000'000'000'000'000'000ULL);
}

Cluster::~Cluster() {
  for (std::uint32_t i = 0; i < nodes_.size(); ++i) {
    if (running(i)) stop(i);
  }
  std::error_code ec;
  std::filesystem::remove_all(root_, ec);
}

std::filesystem::path Cluster::home(std::uint32_t i) const {
  return root_ / ("node" + std::to_string(i));
}

NodeParts Cluster::parts(std::uint32_t i) const {
  NodeConfig config;
  config.data_dir = home(i);
  config.p2p_host = "127.0.0.1";
  config.p2p_port = p2p_ports_[i];
  config.rpc_port = 0;
  config.outbox_log = true;
  config.block_cache_bytes = std::size_t{8} << 20;
  config.verify_threads = 1;
  if (change_config) change_config(config);
  for (std::uint32_t peer = 0; peer < genesis_.validators.size(); ++peer) {
    if (peer == i) continue;
    config.peers.push_back(
        {p2p::PeerId(genesis_.validators[peer].network_key).text(), "127.0.0.1", p2p_ports_[peer]});
  }
  return {.genesis = genesis_,
          .config = std::move(config),
          .network_key = p2p::IdentityKey(ed25519(network_keys_[i])),
          .validator =
              ValidatorKeys{ed25519(keys_[i]), *crypto::BlsSecretKey::from_bytes(vote_keys_[i])}};
}

std::optional<NodeError> Cluster::start(std::uint32_t i) {
  return open(nodes_[i], parts(i));
}

std::uint32_t Cluster::add(NodeParts parts) {
  const auto error = open(nodes_.emplace_back(), std::move(parts));
  OL_CHECK(!error, "a node beside the validators opens");
  return static_cast<std::uint32_t>(nodes_.size() - 1);
}

std::optional<NodeError> Cluster::open(Running& running, NodeParts parts) {
  auto opened = Node::open(
      std::move(parts), [lines = running.lines, mutex = running.mutex, hear = on_log](
                            LogLevel, std::string_view event, const std::vector<LogField>& fields) {
        std::string line(event);
        for (const LogField& field : fields)
          line += " " + field.key + "=" + field.value;
        if (hear) hear(line);
        const std::lock_guard lock(*mutex);
        lines->push_back(std::move(line));
      });
  if (!opened) return opened.error();
  running.node = *std::move(opened);
  running.thread = std::thread([&running] { running.outcome = running.node->run(); });
  return std::nullopt;
}

std::optional<NodeError> Cluster::stop(std::uint32_t i) {
  Running& running = nodes_[i];
  running.node->stop();
  running.thread.join();
  running.node.reset();
  return running.outcome;
}

std::vector<std::string> Cluster::log(std::uint32_t i) const {
  const std::lock_guard lock(*nodes_[i].mutex);
  return *nodes_[i].lines;
}

std::string Cluster::request(std::uint32_t i, const std::string& http) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(nodes_[i].node->rpc_port());
  std::string answer;
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    std::size_t sent = 0;
    while (sent < http.size()) {
      const ssize_t n = ::send(fd, http.data() + sent, http.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) break;
      sent += static_cast<std::size_t>(n);
    }
    char buffer[65536];
    for (ssize_t n = ::recv(fd, buffer, sizeof buffer, 0); n > 0;
         n = ::recv(fd, buffer, sizeof buffer, 0)) {
      answer.append(buffer, static_cast<std::size_t>(n));
    }
  }
  ::close(fd);
  const std::size_t body = answer.find("\r\n\r\n");
  return body == std::string::npos ? "" : answer.substr(body + 4);
}

std::string Cluster::get(std::uint32_t i, std::string_view path) {
  return request(
      i, "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
}

std::string Cluster::post(std::uint32_t i, std::string_view path, const std::string& body) {
  return request(i, "POST " + std::string(path) +
                        " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                        "Content-Type: application/json\r\nContent-Length: " +
                        std::to_string(body.size()) + "\r\n\r\n" + body);
}

boost::json::value Cluster::call(std::uint32_t i, std::string_view method,
                                 std::string_view params) {
  const std::string body = R"({"jsonrpc":"2.0","id":1,"method":")" + std::string(method) +
                           R"(","params":)" + std::string(params) + "}";
  const std::string answer = post(i, "/", body);
  if (answer.empty()) return boost::json::object{{"error", "no answer"}};
  const boost::json::value parsed = boost::json::parse(answer);
  if (parsed.as_object().contains("error"))
    return boost::json::object{{"error", parsed.at("error")}};
  return parsed.at("result");
}

std::uint64_t Cluster::height(std::uint32_t i) {
  const boost::json::value answer = call(i, "eth_blockNumber");
  return answer.is_string() ? std::stoull(std::string(answer.as_string()), nullptr, 16) : 0;
}

std::uint64_t Cluster::metric(std::uint32_t i, const std::string& name) {
  const std::string text = get(i, "/metrics");
  const std::size_t at = text.find("\n" + name + " ");
  return at == std::string::npos ? 0 : std::stoull(text.substr(at + name.size() + 2));
}

bool Cluster::eventually(const std::function<bool()>& done, std::chrono::seconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

namespace {

crypto::Secp256k1SecretKey account_key(std::uint32_t i) {
  const SecretBytes32 seed = seed_of(4, i);
  return *crypto::Secp256k1SecretKey::from_bytes(Bytes(seed.begin(), seed.end()));
}

}  // namespace

void Cluster::use_slots(primitives::SlotParams slots) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  genesis_.time = primitives::TimeMs(static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now).count()));
  genesis_.profile = primitives::Profile::Timecoin;
  genesis_.commit_rule = primitives::CommitRule::TwoPhase;
  genesis_.slots = slots;
}

void Cluster::add_exchange() {
  using namespace std::chrono;
  const auto wall = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  genesis_.time = primitives::TimeMs(static_cast<std::uint64_t>(wall));
  primitives::ExchangeGenesis exchange;
  exchange.tokens = {{0, "USD", 2, 8}, {1, "OPEN", 2, 8}};
  primitives::ExchangeMarket btc;
  btc.name = "BTC";
  btc.sz_decimals = 5;
  btc.tick_px = 10;
  btc.margin_tiers = {{0, 40}};
  btc.px = 650'000;
  exchange.markets = {btc};
  for (std::uint32_t i = 0; i < 10; ++i)
    exchange.usd[account(i)] = 1'000'000'000'000;
  genesis_.exchange = std::move(exchange);
}

std::string Cluster::action(std::uint32_t from, exchange::ActionBody body,
                            std::uint64_t nonce) const {
  const exchange::Action action{std::move(body), {}, nonce, 0};
  const Hash256 domain = exchange::domain_separator(7777);
  return to_hex_prefixed(exchange::encode_signed_action(
      {action, exchange::sign_action(account_key(from), domain, action)}));
}

void Cluster::wipe(std::uint32_t i) {
  if (running(i)) stop(i);
  for (const char* name : {"db", "blocks.a.log", "blocks.b.log"})
    std::filesystem::remove_all(home(i) / name);
}

Address Cluster::account(std::uint32_t i) const {
  return crypto::ethereum_address(account_key(i).public_key());
}

std::string Cluster::transfer(std::uint32_t from, std::uint64_t nonce, std::uint64_t value,
                              const Address& to, std::size_t zeros) const {
  primitives::Transaction txn;
  txn.type = primitives::TxnType::DynamicFee;
  txn.chain_id = 7777;
  txn.nonce = nonce;
  txn.max_priority_fee_per_gas = U256(1'000'000'000);
  txn.max_fee_per_gas = U256(20'000'000'000);
  txn.gas_limit = 21'000 + 10 * zeros;  // EIP-7623
  txn.to = to;
  txn.value = U256(value);
  txn.data = Bytes(zeros);
  return to_hex_prefixed(primitives::sign_transaction(txn, account_key(from)));
}

}  // namespace ol::node::test
