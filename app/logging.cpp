#include "logging.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace ol::app {
namespace {

spdlog::level::level_enum level_of(node::LogLevel level) {
  switch (level) {
    case node::LogLevel::Debug:
      return spdlog::level::debug;
    case node::LogLevel::Info:
      return spdlog::level::info;
    case node::LogLevel::Warn:
      return spdlog::level::warn;
    case node::LogLevel::Error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string as_text(std::string_view event, const std::vector<node::LogField>& fields) {
  std::string line(event);
  for (const node::LogField& field : fields) {
    const bool quote = field.value.find(' ') != std::string::npos || field.value.empty();
    line += "  " + field.key + "=" + (quote ? "\"" + field.value + "\"" : field.value);
  }
  return line;
}

std::string as_json(std::string_view event, const std::vector<node::LogField>& fields) {
  boost::json::object object;
  object["event"] = event;
  for (const node::LogField& field : fields)
    object[field.key] = field.value;
  // spdlog's pattern opens the object with time and level.
  return boost::json::serialize(object).substr(1);
}

}  // namespace

node::LogSink make_log(const std::string& format, const std::string& level) {
  auto logger = spdlog::stderr_color_mt("openliquid");
  const bool json = format == "json";
  logger->set_pattern(
      json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v)" : "%H:%M:%S.%e %^%-5l%$ %v",
      json ? spdlog::pattern_time_type::utc : spdlog::pattern_time_type::local);
  logger->set_level(level == "error" ? spdlog::level::err : spdlog::level::from_str(level));
  logger->flush_on(spdlog::level::info);
  return [logger, json](node::LogLevel at, std::string_view event,
                        const std::vector<node::LogField>& fields) {
    const auto severity = level_of(at);
    if (!logger->should_log(severity)) return;
    logger->log(severity, "{}", json ? as_json(event, fields) : as_text(event, fields));
  };
}

}  // namespace ol::app
