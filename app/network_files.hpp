#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <ol/primitives/genesis.hpp>

#include "home.hpp"

namespace ol::app {

/// Ten accounts of the development mnemonic are funded with this much.
inline constexpr std::uint32_t kDevAccounts = 10;
inline constexpr std::uint64_t kDevAccountEther = 10'000;

/// A new network whose keys one process makes: genesis says so in `devnet`.
struct NetworkPlan {
  std::filesystem::path out;
  std::string chain_name = "openliquid-devnet";
  std::uint64_t chain_id = 7777;
  std::uint32_t validators = 4;
  primitives::SchemeKind scheme = primitives::SchemeKind::BlsThreshold;
  std::uint64_t block_interval_ms = 83;
  /// Of block 0.
  std::uint64_t time_ms = 0;
  /// One for each validator, or empty: all on 127.0.0.1, each with its own ports.
  std::vector<std::string> hosts;
  std::uint16_t rpc_port = 8545;
  std::uint16_t p2p_port = 9545;
  bool outbox_log = false;
};

/// "bls-threshold" or "bls-multisig". CommandError.
[[nodiscard]] primitives::SchemeKind parse_scheme(const std::string& text);

/// Home of validator `index` of a network in `out`.
[[nodiscard]] Home network_home(const std::filesystem::path& out, std::uint32_t index);

/// Makes genesis, keys and one home per validator: `out`/node0, ... CommandError; what is there
/// already is never replaced.
primitives::Genesis make_network(const NetworkPlan& plan);

}  // namespace ol::app
