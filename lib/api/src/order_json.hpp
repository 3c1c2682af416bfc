#pragma once

#include <string>

#include <ol/api/catalog.hpp>
#include <ol/exchange/types.hpp>

#include "json_reader.hpp"

namespace ol::api {

/// The market that `key` names by number; refused with the list of those there are.
[[nodiscard]] const MarketEntry* read_market(ObjectReader& in, std::string_view key,
                                             const Catalog& catalog);

/// An order in the wire's short form {"a","b","p","s","r","t","c"}.
[[nodiscard]] exchange::Order read_order(Reading& reading, const boost::json::value& json,
                                         std::string path, const Catalog& catalog);

/// The name of a time in force: "Alo", "Gtc", "Ioc", "Fok".
[[nodiscard]] std::string_view tif_name(exchange::Tif tif);

}  // namespace ol::api
