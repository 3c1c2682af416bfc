#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

namespace ol::app {

/// Asks a node over HTTP, blocking. `url` is http://HOST:PORT. Throws CommandError with the node's
/// own words when it answers with an error, and what to check when it does not answer.
[[nodiscard]] boost::json::value rpc_call(const std::string& url, std::string_view method,
                                          std::string_view params = "[]");

}  // namespace ol::app
