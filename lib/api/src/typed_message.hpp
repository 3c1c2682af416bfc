#pragma once

#include <string_view>

#include <boost/json/object.hpp>

#include <ol/exchange/actions.hpp>

namespace ol::api {

/// The `message` of an action's typed data: its fields and those of the tail, as they are signed.
[[nodiscard]] boost::json::object typed_message(const exchange::Action& action);
/// "PlaceOrders", ...
[[nodiscard]] std::string_view primary_type(const exchange::ActionBody& body);

}  // namespace ol::api
