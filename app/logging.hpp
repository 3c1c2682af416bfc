#pragma once

#include <string>

#include <ol/node/node.hpp>

namespace ol::app {

/// A sink that writes to standard error: text lines for people or one JSON object per line.
[[nodiscard]] node::LogSink make_log(const std::string& format, const std::string& level);

}  // namespace ol::app
