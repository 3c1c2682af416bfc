#include <ol/execution/exchange_genesis.hpp>

#include <variant>

#include <ol/base/hex.hpp>
#include <ol/exchange/archive.hpp>
#include <ol/exchange/commitment.hpp>
#include <ol/exchange/engine.hpp>
#include <ol/execution/exchange_chain.hpp>

namespace ol::execution {
namespace {

using namespace exchange;

std::int64_t as_amount(std::uint64_t value) {
  return static_cast<std::int64_t>(value);  // check_genesis bounds amounts by 2^63 - 1
}

MarketConfig config_of(const primitives::ExchangeMarket& market,
                       const primitives::ExchangeGenesis& exchange) {
  MarketConfig out;
  out.asset = AssetId(market.asset);
  out.name = market.name;
  out.sz_decimals = market.sz_decimals;
  out.tick_px = market.tick_px;
  out.lot_sz = market.lot_sz;
  out.min_ntl = as_amount(market.min_ntl);
  for (const auto& [from, leverage] : market.margin_tiers)
    out.margin_tiers.emplace_back(as_amount(from), leverage);
  out.isolated_only = market.isolated_only;
  out.oi_cap_ntl = as_amount(market.oi_cap_ntl);
  out.impact_ntl = as_amount(market.impact_ntl);
  out.exec_band_ppb = as_amount(market.exec_band_ppb);
  out.mark_band_ppb = as_amount(market.mark_band_ppb);
  if (!is_spot(out.asset)) return out;
  out.base = TokenId(market.base);
  out.quote = TokenId(market.quote);
  out.base_wei_per_lot = 1;
  for (const primitives::ExchangeToken& token : exchange.tokens) {
    if (token.id != market.base) continue;
    for (unsigned i = market.sz_decimals; i < token.wei_decimals; ++i)
      out.base_wei_per_lot *= 10;  // dex.md 1.3; the listing refuses decimals above 8
  }
  return out;
}

/// A step and how a refusal names it.
struct NamedStep {
  SystemAction action;
  std::string name;
};

std::vector<NamedStep> steps_of(const primitives::ExchangeGenesis& exchange) {
  std::vector<NamedStep> out;
  for (const auto& token : exchange.tokens) {
    out.push_back({ListToken{TokenId(token.id), token.name, token.sz_decimals, token.wei_decimals},
                   "token " + std::to_string(token.id)});
  }
  for (const auto& market : exchange.markets) {
    const std::string name = "market " + std::to_string(market.asset);
    out.push_back({ListMarket{config_of(market, exchange)}, name});
    if (market.px > 0)
      out.push_back({SetOracle{AssetId(market.asset), market.px}, "the px of " + name});
  }
  for (const auto& [account, usd] : exchange.usd) {
    out.push_back({CreditUsd{account, as_amount(std::min(usd, std::uint64_t{kRawUsdMax} + 1))},
                   "usd of " + to_hex_prefixed(account.view())});
  }
  for (const auto& one : exchange.spot) {
    out.push_back({CreditSpot{one.account, TokenId(one.token), one.wei},
                   "spot of " + to_hex_prefixed(one.account.view())});
  }
  return out;
}

// Listing takes a block; the state of genesis is what that leaves, at height 0.
StateRecords at_height_zero(StateRecords records) {
  for (auto& [key, value] : records) {
    if (as_text(key) != "glob/") continue;
    auto globals = decode_fields<Globals>(value);
    OL_CHECK(globals.has_value(), "the engine writes records that it can read");
    globals->height = 0;
    value = encode_fields(*globals);
  }
  return records;
}

}  // namespace

Params exchange_params(const primitives::Genesis& genesis) {
  Params out;
  if (genesis.exchange) out.upgrade_heights = genesis.exchange->upgrade_heights;
  return out;
}

Result<ExchangeStart, std::string> exchange_start(const primitives::Genesis& genesis) {
  const std::vector<NamedStep> steps = steps_of(*genesis.exchange);
  Engine engine(exchange_params(genesis));
  BlockInput block;
  block.height = 1;
  block.time = std::max<TimeMs>(genesis.time.value(), 1);
  block.stakes.assign(genesis.validators.size(), 1);
  for (const NamedStep& step : steps)
    block.system.push_back(step.action);
  const BlockResult result = engine.execute(block);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (!result.system_ok[i])
      return fail("genesis: exchange: " + steps[i].name + " makes no sense to the exchange");
  }
  ExchangeStart out;
  out.records = at_height_zero(engine.records());
  out.root = exchange::state_root(out.records);
  return out;
}

Result<Hash256, std::string> genesis_state_root(const primitives::Genesis& genesis,
                                                const Hash256& evm_state_root) {
  if (!genesis.exchange) return evm_state_root;
  OL_TRY(const ExchangeStart start, exchange_start(genesis));
  return joint_state_root(genesis.domain, evm_state_root, start.root);
}

}  // namespace ol::execution
