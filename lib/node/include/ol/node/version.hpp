#pragma once

namespace ol::node {

/// The program's version, as `version`, web3_clientVersion and logs show it.
inline constexpr const char* kVersion = "0.1.0";

}  // namespace ol::node
