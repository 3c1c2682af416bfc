#include "bench/order_load.hpp"

#include <optional>

#include <ol/base/check.hpp>
#include <ol/base/hex.hpp>
#include <ol/exchange/access.hpp>
#include <ol/exchange/signing.hpp>
#include <ol/execution/exchange_items.hpp>

#include "derived.hpp"
#include "devnet_markets.hpp"

namespace ol::app::bench {
namespace {

using exchange::Action;
using exchange::Order;
using exchange::Side;

/// Offers lie this many ticks from the first price at the most, and takers reach beyond them.
constexpr std::uint64_t kDepthTicks = 10;
constexpr std::uint64_t kReachTicks = 100;
/// About fifty dollars an order, above every market's least notional.
constexpr std::uint64_t kOrderNtl = 50'000'000;

crypto::Secp256k1SecretKey key_of(std::string_view role, std::uint32_t account) {
  return derived_key("openliquid benchmark exchange", role, account);
}

struct Signed {
  Hash256 hash;
  std::string hex;
};

Signed sign(const crypto::Secp256k1SecretKey& key, const Hash256& domain, Action action) {
  const auto signature = exchange::sign_action(key, domain, action);
  Signed out{exchange::verify_action(domain, action, signature)->hash, {}};
  const Bytes item = execution::action_item({std::move(action), signature});
  // Without the byte that tells an item's kind in a block.
  out.hex = to_hex_prefixed(ByteView(item).subspan(1));
  return out;
}

Order make_order(const primitives::ExchangeMarket& market, bool maker, Numbers& numbers) {
  Order out;
  out.asset = exchange::AssetId(market.asset);
  out.side = numbers.below(2) == 0 ? Side::Buy : Side::Sell;
  const bool below = (out.side == Side::Buy) == maker;
  const std::uint64_t ticks = maker ? 1 + numbers.below(kDepthTicks) : kReachTicks;
  out.px = below ? market.px - ticks * market.tick_px : market.px + ticks * market.tick_px;
  out.sz = kOrderNtl / market.px;
  out.tif = maker ? exchange::Tif::Gtc : exchange::Tif::Ioc;
  return out;
}

}  // namespace

std::vector<Address> OrderLoad::addresses(std::uint32_t accounts) {
  std::vector<Address> out;
  for (std::uint32_t i = 0; i < accounts; ++i)
    out.push_back(key_of("account", i).address());
  return out;
}

OrderLoad::OrderLoad(std::uint64_t chain_id, std::uint32_t accounts, std::uint32_t actions,
                     std::uint32_t orders, std::uint64_t first_nonce)
    : orders_(orders), sent_(actions) {
  OL_CHECK(accounts > 0 && accounts % 2 == 0, "every maker has a taker");
  const Hash256 domain = exchange::domain_separator(chain_id);
  std::vector<primitives::ExchangeMarket> perps = devnet_markets({}).markets;
  std::erase_if(perps, [](const auto& market) { return market.px == 0; });
  std::vector<crypto::Secp256k1SecretKey> agents;
  const std::vector<Address> masters = addresses(accounts);
  for (std::uint32_t i = 0; i < accounts; ++i) {
    agents.push_back(key_of("agent", i));
    Action approval;
    approval.body = exchange::ApproveAgent{agents.back().address(), "bench", 0};
    approval.account = masters[i];
    approval.nonce = first_nonce;
    approvals_.push_back(sign(key_of("account", i), domain, std::move(approval)).hex);
  }
  Numbers numbers;
  for (std::uint32_t i = 0; i < actions; ++i) {
    const std::uint32_t account = i % accounts;
    exchange::PlaceOrders place;
    // Turns of all accounts go to one market after the other.
    const auto& market = perps[i / accounts % perps.size()];
    for (std::uint32_t k = 0; k < orders; ++k)
      place.orders.push_back(make_order(market, account % 2 == 0, numbers));
    Action action;
    action.body = std::move(place);
    action.account = masters[account];
    action.nonce = first_nonce + 1 + i / accounts;
    Signed envelope = sign(agents[account], domain, std::move(action));
    by_hash_.emplace(envelope.hash, i);
    envelopes_.push_back(std::move(envelope.hex));
  }
}

std::optional<std::uint32_t> OrderLoad::find(const Hash256& hash) const {
  const auto found = by_hash_.find(hash);
  if (found == by_hash_.end()) return std::nullopt;
  return found->second;
}

std::string OrderLoad::batch(const std::vector<std::string>& envelopes) {
  std::string out;
  for (const std::string& envelope : envelopes) {
    out += out.empty() ? "[" : ",";
    out +=
        R"({"jsonrpc":"2.0","id":1,"method":"ol_exchangeSubmit","params":[")" + envelope + "\"]}";
  }
  return out + "]";
}

std::string OrderLoad::batch(const std::vector<std::uint32_t>& actions) const {
  std::vector<std::string> envelopes;
  for (const std::uint32_t action : actions)
    envelopes.push_back(envelopes_[action]);
  return batch(envelopes);
}

}  // namespace ol::app::bench
