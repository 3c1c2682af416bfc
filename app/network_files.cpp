#include "network_files.hpp"

#include <ol/crypto/threshold.hpp>
#include <ol/p2p/peer_id.hpp>

#include "command.hpp"
#include "files.hpp"
#include "mnemonic.hpp"

namespace ol::app {
namespace {

constexpr std::uint64_t kWeiPerGwei = 1'000'000'000;
constexpr std::uint64_t kWeiPerEther = 1'000'000'000'000'000'000;
constexpr std::uint64_t kEmptyBlockIntervalMs = 1000;

primitives::Validator describe_validator(std::uint32_t index, const ValidatorSecrets& secrets) {
  // Fees go to the development accounts in turn, so that no ether is out of reach.
  return {.name = "validator" + std::to_string(index),
          .weight = primitives::Weight(1),
          .key = secrets.validator.public_key(),
          .bls_key = secrets.bls.public_key(),
          .network_key = secrets.network.public_key(),
          .fee_recipient = account_from_mnemonic(kDevMnemonic, index % kDevAccounts).address()};
}

primitives::Genesis make_genesis(const NetworkPlan& plan,
                                 const std::vector<ValidatorSecrets>& secrets) {
  primitives::Genesis genesis;
  genesis.domain.chain_id = primitives::ChainId(plan.chain_id);
  genesis.chain_name = plan.chain_name;
  genesis.scheme = plan.scheme;
  genesis.time = primitives::TimeMs(plan.time_ms);
  genesis.pace.min_block_interval_ms = plan.block_interval_ms;
  genesis.pace.empty_block_interval_ms = std::max(plan.block_interval_ms, kEmptyBlockIntervalMs);
  genesis.base_fee = U256(kWeiPerGwei);
  genesis.devnet = true;
  for (std::uint32_t i = 0; i < secrets.size(); ++i) {
    genesis.validators.push_back(describe_validator(i, secrets[i]));
    genesis.possession_proofs.push_back(secrets[i].bls.prove_possession());
  }
  for (std::uint32_t i = 0; i < kDevAccounts; ++i) {
    genesis.balances[account_from_mnemonic(kDevMnemonic, i).address()] =
        U256(kDevAccountEther) * U256(kWeiPerEther);
  }
  return genesis;
}

AppConfig home_config(const NetworkPlan& plan, const primitives::Genesis& genesis,
                      std::uint32_t self) {
  AppConfig config;
  const bool local = plan.hosts.empty();
  const auto p2p_port = [&](std::uint32_t i) {
    return static_cast<std::uint16_t>(plan.p2p_port + (local ? i : 0));
  };
  config.node.p2p_host = local ? "127.0.0.1" : "0.0.0.0";
  config.node.p2p_port = p2p_port(self);
  config.node.rpc_port = static_cast<std::uint16_t>(plan.rpc_port + (local ? self : 0));
  config.node.outbox_log = plan.outbox_log;
  for (std::uint32_t i = 0; i < genesis.validators.size(); ++i) {
    if (i == self) continue;
    config.node.peers.push_back({.id = p2p::PeerId(genesis.validators[i].network_key).text(),
                                 .host = local ? "127.0.0.1" : plan.hosts[i],
                                 .port = p2p_port(i)});
  }
  return config;
}

void check(const NetworkPlan& plan) {
  if (plan.validators < 1 || plan.validators > 100) {
    throw CommandError("--validators must be from 1 to 100");
  }
  if (!plan.hosts.empty() && plan.hosts.size() != plan.validators) {
    throw CommandError("--hosts must name " + std::to_string(plan.validators) +
                       " hosts, one for each validator");
  }
  if (plan.rpc_port + plan.validators > 65536 || plan.p2p_port + plan.validators > 65536) {
    throw CommandError("the ports would go past 65535; choose a smaller --base-port");
  }
  if (std::filesystem::exists(network_home(plan.out, 0).root)) {
    throw CommandError(network_home(plan.out, 0).root.string() +
                       " exists already; name another directory or remove it");
  }
}

}  // namespace

primitives::SchemeKind parse_scheme(const std::string& text) {
  if (text == "bls-threshold") return primitives::SchemeKind::BlsThreshold;
  if (text == "bls-multisig") return primitives::SchemeKind::BlsMultisig;
  throw CommandError("--scheme must be bls-threshold or bls-multisig");
}

Home network_home(const std::filesystem::path& out, std::uint32_t index) {
  return {out / ("node" + std::to_string(index))};
}

primitives::Genesis make_network(const NetworkPlan& plan) {
  check(plan);
  std::vector<ValidatorSecrets> secrets(plan.validators);
  primitives::Genesis genesis = make_genesis(plan, secrets);
  std::vector<std::optional<crypto::BlsSecretKey>> shares(plan.validators);
  if (plan.scheme == primitives::SchemeKind::BlsThreshold) {
    auto dealt = crypto::deal_key(
        {.quorum = static_cast<std::uint16_t>(primitives::unit_quorum(plan.validators)),
         .holders = static_cast<std::uint16_t>(plan.validators)},
        crypto::SecretBytes<32>::random());
    if (!dealt) throw CommandError(std::string("group key: ") + describe(dealt.error()));
    const auto points = dealt->vector.points();
    genesis.verification_vector.assign(points.begin(), points.end());
    for (std::uint32_t i = 0; i < plan.validators; ++i)
      shares[i] = std::move(dealt->shares[i]);
  }
  const std::string json = primitives::genesis_to_json(genesis);
  if (const auto sound = primitives::genesis_from_json(json); !sound) {
    throw CommandError("genesis: " + sound.error().message);
  }
  for (std::uint32_t i = 0; i < plan.validators; ++i) {
    const Home home = network_home(plan.out, i);
    make_home(home);
    write_text(home.config(), render_config(home_config(plan, genesis, i)));
    write_text(home.genesis(), json);
    save_validator_keys(home, secrets[i], shares[i], std::nullopt);
  }
  return genesis;
}

}  // namespace ol::app
