#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ol/base/result.hpp>
#include <ol/exchange/block.hpp>
#include <ol/primitives/genesis.hpp>

namespace ol::node {

/// A market that needs a price: a perp of genesis.
struct PricedMarket {
  exchange::AssetId asset;
  std::string name;
  std::uint8_t sz_decimals = 0;
  std::uint64_t first_px = 0;
};
[[nodiscard]] std::vector<PricedMarket> priced_markets(const primitives::Genesis& genesis);

/// Where a validator takes prices from (dex.md 10.1). One thread.
class PriceSource {
 public:
  virtual ~PriceSource() = default;
  /// Prices of as many markets as it knows, ascending by asset, at a moment of the chain's clock; a
  /// sentence if it has none at all.
  [[nodiscard]] virtual Result<std::vector<exchange::OracleSubmit::Px>, std::string> prices(
      std::uint64_t wall_ms) = 0;
};

/// `text` of the configuration: "walk", "none", "file:PATH" or "http://HOST[:PORT]/PATH"; empty is
/// "walk" on a development network and "none" elsewhere. Null for "none". Files and HTTP answers
/// are an object of market name to decimal string: docs/oracle.md. A sentence if `text` is none of
/// these.
[[nodiscard]] Result<std::unique_ptr<PriceSource>, std::string> make_price_source(
    const std::string& text, const primitives::Genesis& genesis);

/// Reads such an object. Names that are no market are ignored, prices out of range refused.
[[nodiscard]] Result<std::vector<exchange::OracleSubmit::Px>, std::string> read_prices(
    std::string_view json, const std::vector<PricedMarket>& markets);

}  // namespace ol::node
