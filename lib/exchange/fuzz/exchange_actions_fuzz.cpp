// Every decoder of what blocks carry for the exchange, and what is decoded put into blocks: nothing
// crashes, bytes come back as they were, and dollars stay the same.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <ol/base/check.hpp>
#include <ol/exchange/action_codec.hpp>
#include <ol/exchange/engine.hpp>
#include <ol/exchange/proof.hpp>

#include "invariants.hpp"

namespace {

using namespace ol;
using namespace ol::exchange;

constexpr TimeMs kStart = 1'700'000'000'000;

Address trader(std::uint8_t number) {
  Address out;
  out.bytes[0] = 0xaa;
  out.bytes[19] = number;
  return out;
}

/// An engine with markets, three accounts and some orders.
class Chain {
 public:
  Chain() : engine_(Params{}) {
    MarketConfig btc;
    btc.name = "BTC";
    btc.sz_decimals = 5;
    btc.tick_px = 10;
    btc.margin_tiers = {{0, 40}, {150'000'000 * kUsdPerDollar, 20}};
    MarketConfig pair;
    pair.asset = AssetId(kFirstSpotAsset);
    pair.name = "OPEN/USD";
    pair.sz_decimals = 2;
    pair.base = kOpenToken;
    pair.quote = kUsdToken;
    pair.base_wei_per_lot = 1'000'000;
    std::vector<SystemAction> system = {ListToken{kUsdToken, "USD", 2, 8},
                                        ListToken{kOpenToken, "OPEN", 2, 8}, ListMarket{btc},
                                        ListMarket{pair}, SetOracle{AssetId(0), 600'000}};
    for (std::uint8_t i = 0; i < 3; ++i) {
      system.emplace_back(CreditUsd{trader(i), 100'000 * kUsdPerDollar});
      system.emplace_back(CreditSpot{trader(i), kUsdToken, 1'000'000'000'000});
      system.emplace_back(CreditSpot{trader(i), kOpenToken, 1'000'000'000'000});
    }
    run(std::move(system), {});
    engine_.commit_block();
    PlaceOrders orders;
    for (std::uint64_t i = 1; i < 5; ++i) {
      Order order;
      order.px = 600'000 - 100 * i;
      order.sz = 10'000;
      orders.orders.push_back(order);
      order.side = Side::Sell;
      order.px = 600'000 + 100 * i;
      orders.orders.push_back(order);
    }
    run({}, {{Action{orders, {}, kStart, 0}, trader(0), {}}});
    engine_.commit_block();
  }

  /// On top of all that, and taken off again.
  void attempt(std::vector<SystemAction> system, std::vector<VerifiedAction> actions) {
    run(std::move(system), std::move(actions));
    run({SetOracle{AssetId(0), 480'000}}, {});
    engine_.undo_block();
    engine_.undo_block();
  }

 private:
  void run(std::vector<SystemAction> system, std::vector<VerifiedAction> actions) {
    BlockInput input;
    input.height = engine_.state().global().height + 1;
    input.time = kStart + 1'000 * input.height;
    input.stakes = {1};
    input.system = std::move(system);
    input.actions = std::move(actions);
    static_cast<void>(engine_.execute(input));
    OL_CHECK(test::broken_conservation(engine_.state()).empty(),
             "dollars and tokens are conserved");
  }

  Engine engine_;
};

bool same(ByteView a, const Bytes& b) {
  return std::ranges::equal(a, b);
}

void action(ByteView bytes, Chain& chain) {
  const auto decoded = decode_signed_action(bytes);
  if (!decoded) return;
  OL_CHECK(same(bytes, encode_signed_action(*decoded)), "one encoding");
  const std::uint8_t signer = bytes.empty() ? 0 : static_cast<std::uint8_t>(bytes.back() % 4);
  VerifiedAction verified{decoded->action, trader(signer), {}};
  verified.action.nonce = kStart + 5;
  verified.action.expires_after = 0;
  chain.attempt({}, {verified});
}

void prices(ByteView bytes, Chain& chain) {
  Reader in(bytes);
  const OracleSubmit decoded = decode_oracle_submit(in);
  if (!in.finish()) return;
  Writer out;
  encode_oracle_submit(out, decoded);
  OL_CHECK(same(bytes, out.bytes()), "one encoding");
  chain.attempt({decoded}, {});
}

void system_action(ByteView bytes, Chain& chain) {
  const auto decoded = decode_system_action(bytes);
  if (!decoded) return;
  OL_CHECK(same(bytes, encode_system_action(*decoded)), "one encoding");
  chain.attempt({*decoded}, {});
}

void proof(ByteView bytes) {
  const auto decoded = decode_range_proof(bytes);
  if (!decoded) return;
  OL_CHECK(same(bytes, encode_range_proof(*decoded)), "one encoding");
  static_cast<void>(verify_range(*decoded));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Chain chain;
  if (size == 0) return 0;
  const ByteView bytes(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      action(bytes, chain);
      break;
    case 1:
      prices(bytes, chain);
      break;
    case 2:
      system_action(bytes, chain);
      break;
    default:
      proof(bytes);
      break;
  }
  return 0;
}
