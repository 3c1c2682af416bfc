#include "network_files.hpp"

#include <algorithm>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <ol/base/hex.hpp>
#include <ol/crypto/dkg.hpp>
#include <ol/execution/exchange_genesis.hpp>
#include <ol/execution/system_contracts.hpp>
#include <ol/p2p/peer_id.hpp>
#include <ol/primitives/fault_budget.hpp>

#include "command.hpp"
#include "devnet_markets.hpp"
#include "home.hpp"
#include "mnemonic.hpp"
#include "wall_clock.hpp"

namespace ol::app {
namespace {

constexpr std::uint32_t kFundedAccounts = 10;
/// From here on a chain passes over leaders that failed. With fewer validators one of them crashed
/// leaves too few others for three views in a row. specs/consensus.md section 8.
constexpr std::uint32_t kReputationValidators = 7;

struct MadeKeys {
  crypto::Ed25519SecretKey validator = crypto::Ed25519SecretKey::generate();
  crypto::Ed25519SecretKey network = crypto::Ed25519SecretKey::generate();
  crypto::BlsSecretKey bls = crypto::BlsSecretKey::generate();
};

struct SharedKey {
  crypto::VerificationVector vector;
  std::vector<crypto::SecretBytes<32>> shares;
};

// Every round of the ceremony that operators run with files, in memory.
SharedKey run_ceremony(const NetworkPlan& plan) {
  std::vector<crypto::DkgSecret> secrets;
  crypto::DkgCeremony ceremony;
  ceremony.name = plan.chain_name;
  ceremony.params = {.quorum = static_cast<std::uint16_t>(primitives::unit_quorum(plan.validators)),
                     .holders = static_cast<std::uint16_t>(plan.validators)};
  for (std::uint32_t i = 0; i < plan.validators; ++i) {
    secrets.push_back(crypto::DkgSecret::generate());
    ceremony.members.push_back(secrets.back().member());
  }
  if (auto checked = ceremony.check(); !checked)
    throw CommandError(std::string("key ceremony: ") + describe(checked.error()));
  crypto::DkgTranscript transcript(ceremony);
  using Round = crypto::DkgRound;
  for (const Round round : {Round::Deal, Round::Complaints, Round::Justifications, Round::Openings,
                            Round::OpeningComplaints, Round::Recovery}) {
    std::vector<Bytes> messages;
    for (const crypto::ShareIndex member : transcript.expected(round)) {
      auto message = transcript.message(round, secrets[member.value()]);
      if (message) messages.push_back(*std::move(message));
    }
    for (const Bytes& message : messages) {
      if (auto added = transcript.add(message); !added)
        throw CommandError(std::string("key ceremony: ") + describe(added.error()));
    }
  }
  auto result = transcript.result();
  if (!result) throw CommandError(std::string("key ceremony: ") + describe(result.error()));
  SharedKey out{std::move(result->vector), {}};
  for (const crypto::DkgSecret& secret : secrets) {
    auto share = transcript.share(secret);
    if (!share) throw CommandError(std::string("key ceremony: ") + describe(share.error()));
    out.shares.push_back(share->bytes().clone());
  }
  return out;
}

// architecture.md section 1: hash, rule and pace of each profile.
void set_profile(primitives::Genesis& genesis, const NetworkPlan& plan) {
  genesis.profile = plan.profile;
  genesis.commit_rule = primitives::default_rule(plan.profile);
  if (plan.profile == primitives::Profile::L1) {
    genesis.domain.hash = crypto::HashAlgorithm::Sha256;
    genesis.pace.timeout_base_ms = 1000;
    genesis.pace.timeout_max_ms = 10'000;
    genesis.pace.timeout_growth_percent = 150;
    // A leader waits less than the others wait for it.
    genesis.pace.min_block_interval_ms = std::min<std::uint64_t>(plan.block_interval_ms, 500);
    genesis.pace.empty_block_interval_ms = 500;
  }
  if (plan.profile == primitives::Profile::Timecoin) {
    genesis.slots = primitives::SlotParams{.slot_ms = plan.slot_ms, .phase_ms = 600};
    genesis.leader_reputation = false;
  }
}

primitives::Genesis make_genesis(const NetworkPlan& plan, const std::vector<MadeKeys>& keys,
                                 const SharedKey& shared) {
  primitives::Genesis genesis;
  genesis.domain.chain_id = primitives::ChainId(plan.chain_id);
  genesis.chain_name = plan.chain_name;
  genesis.scheme = plan.scheme;
  genesis.leaders = plan.leaders;
  genesis.leader_reputation = plan.leader_reputation.value_or(
      plan.validators >= kReputationValidators && plan.leaders != primitives::LeaderKind::Vrf);
  genesis.time = primitives::TimeMs(wall_ms());
  genesis.pace.min_block_interval_ms = plan.block_interval_ms;
  set_profile(genesis, plan);
  genesis.base_fee = U256(1'000'000'000);
  genesis.devnet = true;
  for (std::uint32_t i = 0; i < plan.validators; ++i) {
    genesis.validators.push_back(
        {.name = plan.names.empty() ? "validator" + std::to_string(i) : plan.names[i],
         .weight = primitives::Weight(plan.weight),
         .key = keys[i].validator.public_key(),
         .bls_key = keys[i].bls.public_key(),
         .network_key = keys[i].network.public_key(),
         .fee_recipient = account_from_mnemonic(kDevMnemonic, 100 + i).address()});
    genesis.possession_proofs.push_back(keys[i].bls.prove_possession());
  }
  const auto set = primitives::genesis_validator_set(genesis);
  genesis.crash_only = primitives::fault_budget(set).byzantine_validators == 0;
  if (plan.scheme == primitives::SchemeKind::BlsThreshold) {
    genesis.verification_vector.assign(shared.vector.points().begin(),
                                       shared.vector.points().end());
  }
  // 10,000 ether each, as Foundry's and Hardhat's chains give them.
  const U256 balance = U256(10'000) * U256(1'000'000'000'000'000'000ULL);
  for (std::uint32_t i = 0; i < kFundedAccounts; ++i) {
    genesis.balances[account_from_mnemonic(kDevMnemonic, i).address()] = balance;
  }
  for (const Address& address : plan.funded)
    genesis.balances[address] = balance;
  genesis.contracts = execution::system_contracts();
  if (plan.exchange && plan.profile == primitives::Profile::OpenLiquid) {
    std::vector<Address> accounts;
    for (std::uint32_t i = 0; i < kFundedAccounts; ++i)
      accounts.push_back(account_from_mnemonic(kDevMnemonic, i).address());
    accounts.insert(accounts.end(), plan.funded.begin(), plan.funded.end());
    genesis.exchange = devnet_markets(accounts);
  }
  return genesis;
}

AppConfig config_of(const NetworkPlan& plan, const std::vector<MadeKeys>& keys,
                    std::uint32_t self) {
  AppConfig config;
  config.node.p2p_host = plan.hosts[self] == "127.0.0.1" ? "127.0.0.1" : "0.0.0.0";
  config.node.p2p_port = plan.p2p_ports[self];
  config.node.rpc_port = plan.rpc_ports[self];
  config.node.rpc_cors_origins = plan.rpc_cors_origins;
  config.node.outbox_log = plan.outbox_log;
  for (std::uint32_t i = 0; i < plan.validators; ++i) {
    if (i == self) continue;
    config.node.peers.push_back(
        {p2p::PeerId(keys[i].network.public_key()).text(), plan.hosts[i], plan.p2p_ports[i]});
  }
  return config;
}

}  // namespace

primitives::Genesis with_exchange(const primitives::Genesis& genesis,
                                  const std::filesystem::path& file) {
  namespace json = boost::json;
  json::error_code ec;
  json::value exchange = json::parse(read_text(file), ec);
  if (ec) throw CommandError(file.string() + " is not JSON: " + ec.message());
  json::value whole = json::parse(primitives::genesis_to_json(genesis));
  whole.as_object()["exchange"] = std::move(exchange);
  auto out = primitives::genesis_from_json(json::serialize(whole));
  if (!out) throw CommandError(file.string() + ": " + out.error().message);
  const auto start = execution::exchange_start(*out);
  if (!start) throw CommandError(file.string() + ": " + start.error());
  return *std::move(out);
}

void create_network(const NetworkPlan& plan, const std::filesystem::path& out) {
  const std::vector<MadeKeys> keys(plan.validators);
  const SharedKey shared = run_ceremony(plan);
  primitives::Genesis genesis = make_genesis(plan, keys, shared);
  if (!plan.exchange_file.empty()) genesis = with_exchange(genesis, plan.exchange_file);
  const std::string json = primitives::genesis_to_json(genesis);
  if (auto sound = primitives::genesis_from_json(json); !sound)
    throw CommandError(sound.error().message);
  const bool threshold = plan.scheme == primitives::SchemeKind::BlsThreshold;
  for (std::uint32_t i = 0; i < plan.validators; ++i) {
    const Home home{out / ("node" + std::to_string(i))};
    write_new_text(home.genesis(), json);
    write_new_text(home.config(), render_config(config_of(plan, keys, i)));
    write_key(home.network_key(), crypto::KeyKind::Ed25519, keys[i].network.seed(), std::nullopt);
    write_key(home.validator_key(), crypto::KeyKind::Ed25519, keys[i].validator.seed(),
              std::nullopt);
    if (threshold) {
      write_key(home.vote_key(), crypto::KeyKind::BlsShare, shared.shares[i], std::nullopt);
      write_key(home.bls_key(), crypto::KeyKind::Bls, keys[i].bls.bytes(), std::nullopt);
    } else {
      write_key(home.vote_key(), crypto::KeyKind::Bls, keys[i].bls.bytes(), std::nullopt);
    }
    if (auto made = node::init_safety_record(home.data(), genesis); !made)
      throw CommandError(made.error().message);
  }
}

}  // namespace ol::app
