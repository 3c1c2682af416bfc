#pragma once

#include <string>

#include <ol/exchange/actions.hpp>
#include <ol/exchange/block.hpp>
#include <ol/exchange/params.hpp>

namespace ol::api {

/// Who may do what the action asks for and with whom, beyond controlling the account; empty where
/// there is nothing to say (dex.md 13).
[[nodiscard]] std::string authority_rule(const exchange::ActionBody& body,
                                         const exchange::Params& params);

}  // namespace ol::api
