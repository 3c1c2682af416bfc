#include "order_json.hpp"

#include <array>

namespace ol::api {
namespace {

using exchange::Order;
using exchange::Tif;
using exchange::Trigger;

struct TifName {
  std::string_view name;
  Tif tif;
};
constexpr std::array<TifName, 4> kTifs{
    TifName{"Alo", Tif::Alo}, {"Gtc", Tif::Gtc}, {"Ioc", Tif::Ioc}, {"Fok", Tif::Fok}};

Tif read_tif(ObjectReader& limit) {
  const std::string_view name = limit.text("tif");
  for (const TifName& known : kTifs) {
    if (known.name == name) return known.tif;
  }
  limit.reading().refuse(NodeError::BadRequest,
                         limit.path_of("tif") + " must be Alo, Gtc, Ioc or Fok");
  return Tif::Gtc;
}

void read_trigger(ObjectReader& in, const MarketEntry& market, Order& order) {
  const bool is_market = in.boolean("isMarket");
  order.trigger_px = in.decimal("triggerPx", market.px_decimals, market.name + " price");
  const std::string_view kind = in.text("tpsl");
  if (kind != "tp" && kind != "sl") {
    in.reading().refuse(NodeError::BadRequest, in.path_of("tpsl") + " must be tp or sl");
  }
  if (kind == "tp") {
    order.trigger = is_market ? Trigger::TakeProfitMarket : Trigger::TakeProfitLimit;
  } else {
    order.trigger = is_market ? Trigger::StopMarket : Trigger::StopLimit;
  }
  // What it becomes when it fires (dex.md 4.1) is what is signed.
  order.tif = is_market ? Tif::Ioc : Tif::Gtc;
}

void read_kind(Reading& reading, const boost::json::value& json, const std::string& path,
               const MarketEntry& market, Order& order) {
  ObjectReader in(reading, json, path);
  const boost::json::value* limit = in.find("limit");
  const boost::json::value* trigger = in.find("trigger");
  in.finish();
  if ((limit == nullptr) == (trigger == nullptr)) {
    return reading.refuse(NodeError::BadRequest, path + " must have either limit or trigger");
  }
  if (limit != nullptr) {
    ObjectReader fields(reading, *limit, path + ".limit");
    order.tif = read_tif(fields);
    fields.finish();
    return;
  }
  ObjectReader fields(reading, *trigger, path + ".trigger");
  read_trigger(fields, market, order);
  fields.finish();
}

}  // namespace

std::string_view tif_name(Tif tif) {
  for (const TifName& known : kTifs) {
    if (known.tif == tif) return known.name;
  }
  return "Gtc";
}

const MarketEntry* read_market(ObjectReader& in, std::string_view key, const Catalog& catalog) {
  const exchange::AssetId asset(in.u32(key));
  if (in.reading().failed()) return nullptr;
  const MarketEntry* market = catalog.market(asset);
  if (market == nullptr) {
    in.reading().refuse(exchange::Error::BadAsset,
                        in.path_of(key) + " " + std::to_string(asset.value()) +
                            " is not listed; assets are " + catalog.market_list());
  }
  return market;
}

Order read_order(Reading& reading, const boost::json::value& json, std::string path,
                 const Catalog& catalog) {
  Order out;
  ObjectReader in(reading, json, path);
  const MarketEntry* market = read_market(in, "a", catalog);
  if (market == nullptr) return out;
  out.asset = market->asset;
  out.side = in.boolean("b") ? exchange::Side::Buy : exchange::Side::Sell;
  out.px = in.decimal("p", market->px_decimals, market->name + " price");
  out.sz = in.decimal("s", market->sz_decimals, market->name + " size");
  out.reduce_only = in.boolean("r");
  out.cloid = in.fixed_or_zero<exchange::Cloid>("c");
  out.stp = static_cast<exchange::Stp>(in.unsigned_number_or("stp", 3, 0));
  out.good_til = in.unsigned_number_or("goodTil", ~std::uint64_t{0}, 0);
  if (const boost::json::value* kind = in.need("t")) {
    read_kind(reading, *kind, in.path_of("t"), *market, out);
  }
  in.finish();
  return out;
}

}  // namespace ol::api
