#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <ol/primitives/genesis.hpp>

#include "config.hpp"

namespace ol::app {

/// A new chain whose validators are all made here.
struct NetworkPlan {
  std::uint32_t validators = 4;
  std::uint64_t chain_id = 7777;
  std::string chain_name = "openliquid-devnet";
  primitives::Profile profile = primitives::Profile::OpenLiquid;
  primitives::SchemeKind scheme = primitives::SchemeKind::BlsThreshold;
  /// Of each validator, where the profile weighs them.
  std::uint64_t weight = 1;
  /// For profile timecoin.
  std::uint64_t slot_ms = 2000;
  /// "validator0", "validator1", .. where empty.
  std::vector<std::string> names;
  primitives::LeaderKind leaders = primitives::LeaderKind::RoundRobin;
  /// Absent: from seven validators on.
  std::optional<bool> leader_reputation;
  std::uint64_t block_interval_ms = 80;
  /// One per validator; its nodes listen on these ports.
  std::vector<std::string> hosts;
  std::vector<std::uint16_t> p2p_ports;
  std::vector<std::uint16_t> rpc_ports;
  std::vector<std::string> rpc_cors_origins;
  /// Beside the ten development accounts, each with as much.
  std::vector<Address> funded;
  bool outbox_log = false;
  /// Whether profile openliquid begins with the markets of devnet_markets.hpp.
  bool exchange = false;
  /// What the exchange begins with instead: a file of `with_exchange`. Empty: nothing.
  std::filesystem::path exchange_file;
};

/// The genesis with the exchange that the file describes: the object that a genesis file has under
/// "exchange" (docs/protocol/genesis.md). Throws CommandError, with the field that is wrong, also
/// where the exchange would refuse a token, a market or a balance. @pre `genesis` is sound.
[[nodiscard]] primitives::Genesis with_exchange(const primitives::Genesis& genesis,
                                                const std::filesystem::path& file);

/// Writes one complete home per validator, `out`/node0 .., funded with the ten development
/// accounts. The group key is made by the key ceremony run in this process, which therefore has
/// seen every share: genesis says `devnet`, and `crash_only` where the set tolerates no liar.
void create_network(const NetworkPlan& plan, const std::filesystem::path& out);

}  // namespace ol::app
