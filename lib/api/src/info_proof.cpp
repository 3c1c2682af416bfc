#include "info_proof.hpp"

#include <boost/json/array.hpp>

#include <ol/base/codec.hpp>
#include <ol/base/hex.hpp>

namespace ol::api {
namespace {

namespace json = boost::json;
using namespace exchange;

constexpr std::size_t kLevelsMax = 500;

Writer key(std::string_view prefix) {
  Writer out;
  out.raw(as_bytes(prefix));
  return out;
}

// The best levels of a side: the range from the worst of them to the end of the side, or from its
// beginning.
ProofRange levels(const State& state, AssetId asset, Side side) {
  const Bytes below = key("lvl/").strong(asset).u8(static_cast<std::uint8_t>(side)).take();
  ProofRange out = records_below(below);
  const MarketIndex market = state.find_market(asset);
  const Book& book = state.orders.book(market);
  std::optional<std::uint64_t> worst;
  std::size_t count = 0;
  for (auto tick = book.best_tick(side); tick && count < kLevelsMax;
       tick = book.next_tick(side, *tick), ++count)
    worst = *tick;
  if (!worst || count < kLevelsMax) return out;
  Writer edge;
  edge.raw(below).u64(*worst * state.info(market).config.tick_px);
  (side == Side::Buy ? out.first : out.last) = tree_key(edge.bytes());
  return out;
}

}  // namespace

bool is_provable(std::string_view type) {
  return type == "clearinghouseState" || type == "spotClearinghouseState" || type == "l2Book" ||
         type == "orderStatus";
}

std::vector<ProofRange> proof_ranges(const InfoCall& call, std::string_view type,
                                     const State& state) {
  if (type == "clearinghouseState") {
    const Address user = call.in.address("user");
    return {one_record(key("acct/").fixed(user).bytes()),
            records_below(key("pos/").fixed(user).bytes())};
  }
  if (type == "spotClearinghouseState") {
    return {records_below(key("spot/").fixed(call.in.address("user")).bytes())};
  }
  if (type == "l2Book") {
    const MarketEntry* market = read_coin(call);
    if (market == nullptr) return {};
    return {levels(state, market->asset, Side::Buy), levels(state, market->asset, Side::Sell)};
  }
  if (type == "orderStatus") {
    const json::value* oid = call.in.need("oid");
    if (oid != nullptr && (oid->is_int64() || oid->is_uint64())) {
      const OrderId id(call.in.unsigned_number("oid", ~std::uint64_t{0}));
      return {one_record(key("ord/").strong(id).bytes())};
    }
    call.in.reading().refuse(NodeError::BadRequest, "orders are proved by oid, not by cloid");
    return {};
  }
  refuse_proof(call.in);
  return {};
}

void refuse_proof(ObjectReader& in) {
  in.reading().refuse(NodeError::BadRequest,
                      "proof is there for clearinghouseState, spotClearinghouseState, l2Book "
                      "and orderStatus; type proof proves any record");
}

json::object proof_json(const Prover::Proved& proved) {
  json::array ranges;
  for (const RangeProof& proof : proved.proofs)
    ranges.emplace_back(to_hex_prefixed(encode_range_proof(proof)));
  return {{"height", proved.height}, {"ranges", std::move(ranges)}};
}

}  // namespace ol::api
