#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <ol/base/address.hpp>

namespace ol::primitives {

// What the exchange of a chain starts with, in the raw units of dex.md 1. Whether a market makes
// sense is for the exchange to say when a node opens (execution::exchange_genesis).

struct ExchangeToken {
  std::uint32_t id = 0;
  std::string name;
  std::uint8_t sz_decimals = 2;
  std::uint8_t wei_decimals = 8;
  friend bool operator==(const ExchangeToken&, const ExchangeToken&) = default;
};

/// A market (dex.md 3). `base` and `quote` are a spot pair's, `margin_tiers` a perp's: from which
/// notional on, which leverage at most.
struct ExchangeMarket {
  std::uint32_t asset = 0;
  std::string name;
  std::uint8_t sz_decimals = 0;
  std::uint64_t tick_px = 1;
  std::uint64_t lot_sz = 1;
  std::uint64_t min_ntl = 10'000'000;
  std::vector<std::pair<std::uint64_t, std::uint32_t>> margin_tiers;
  bool isolated_only = false;
  std::uint64_t oi_cap_ntl = 0;  // 0: none
  std::uint64_t impact_ntl = 6'000'000'000;
  std::uint64_t exec_band_ppb = 250'000'000;
  std::uint64_t mark_band_ppb = 100'000'000;
  std::uint32_t base = 0;
  std::uint32_t quote = 0;
  /// Of a perp: the oracle price before the first of the validators. 0: none.
  std::uint64_t px = 0;
  friend bool operator==(const ExchangeMarket&, const ExchangeMarket&) = default;
};

struct ExchangeBalance {
  Address account;
  std::uint32_t token = 0;
  std::uint64_t wei = 0;
  friend bool operator==(const ExchangeBalance&, const ExchangeBalance&) = default;
};

/// Text format: "exchange" in genesis.json, docs/protocol/genesis.md.
struct ExchangeGenesis {
  std::vector<ExchangeToken> tokens;
  std::vector<ExchangeMarket> markets;
  /// Perp cash, micro-dollars.
  std::map<Address, std::uint64_t> usd;
  std::vector<ExchangeBalance> spot;
  /// Heights of the first blocks by the rules of another version, ascending (dex.md 7.3).
  std::vector<std::uint64_t> upgrade_heights;
  /// Whether actions of a step stand by hash in a block; else as their proposer lists them
  /// (dex.md 5.2).
  bool hash_order = false;
  friend bool operator==(const ExchangeGenesis&, const ExchangeGenesis&) = default;
};

}  // namespace ol::primitives
