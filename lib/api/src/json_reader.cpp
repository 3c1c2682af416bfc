#include "json_reader.hpp"

#include <algorithm>

#include <boost/json/parse.hpp>

#include <ol/exchange/decimal.hpp>

namespace ol::api {
namespace {

constexpr std::size_t kDepthMax = 16;
constexpr std::size_t kQuotedMax = 40;

// What came, short enough for a sentence.
std::string shown(std::string_view text) {
  const bool plain = std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7f; });
  if (!plain) return "text with unusual characters";
  if (text.size() > kQuotedMax) return '"' + std::string(text.substr(0, kQuotedMax)) + "...\"";
  return '"' + std::string(text) + '"';
}

}  // namespace

Result<boost::json::value, ApiError> parse_json(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = kDepthMax;
  boost::json::error_code error;
  boost::json::value out = boost::json::parse({text.data(), text.size()}, error, {}, options);
  if (!error) return out;
  return fail(refusal(NodeError::BadRequest, "the body is not JSON: " + error.message()));
}

ObjectReader::ObjectReader(Reading& reading, const boost::json::value& value, std::string path)
    : reading_(reading), object_(value.if_object()), path_(std::move(path)) {
  if (object_ != nullptr) return;
  reading_.refuse(NodeError::BadRequest,
                  (path_.empty() ? "the request" : path_) + " must be an object");
}

std::string ObjectReader::path_of(std::string_view key) const {
  return (path_.empty() ? "" : path_ + ".") + std::string(key);
}

const boost::json::value* ObjectReader::find(std::string_view key) {
  if (object_ == nullptr) return nullptr;
  seen_.push_back(key);
  const boost::json::value* value = object_->if_contains({key.data(), key.size()});
  return value == nullptr || value->is_null() ? nullptr : value;
}

const boost::json::value* ObjectReader::need(std::string_view key) {
  const boost::json::value* value = find(key);
  if (value == nullptr) reading_.refuse(NodeError::BadRequest, path_of(key) + " is missing");
  return value;
}

void ObjectReader::refuse_kind(std::string_view key, std::string_view wanted) {
  reading_.refuse(NodeError::BadRequest, path_of(key) + " must be " + std::string(wanted));
}

std::uint64_t ObjectReader::unsigned_number(std::string_view key, std::uint64_t max) {
  static_cast<void>(need(key));
  return unsigned_number_or(key, max, 0);
}

std::uint64_t ObjectReader::unsigned_number_or(std::string_view key, std::uint64_t max,
                                               std::uint64_t otherwise) {
  const boost::json::value* value = find(key);
  if (value == nullptr) return otherwise;
  std::optional<std::uint64_t> out;
  if (value->is_uint64()) out = value->get_uint64();
  if (value->is_int64() && value->get_int64() >= 0) {
    out = static_cast<std::uint64_t>(value->get_int64());
  }
  if (out && *out <= max) return *out;
  reading_.refuse(exchange::Error::BadNumber,
                  path_of(key) + " must be a whole number from 0 to " + std::to_string(max));
  return otherwise;
}

std::int64_t ObjectReader::signed_number(std::string_view key) {
  const boost::json::value* value = need(key);
  if (value == nullptr) return 0;
  if (value->is_int64()) return value->get_int64();
  reading_.refuse(exchange::Error::BadNumber, path_of(key) + " must be a whole number of 64 bits");
  return 0;
}

bool ObjectReader::boolean(std::string_view key) {
  static_cast<void>(need(key));
  return boolean_or(key, false);
}

bool ObjectReader::boolean_or(std::string_view key, bool otherwise) {
  const boost::json::value* value = find(key);
  if (value == nullptr) return otherwise;
  if (value->is_bool()) return value->get_bool();
  refuse_kind(key, "true or false");
  return otherwise;
}

std::string_view ObjectReader::text(std::string_view key) {
  static_cast<void>(need(key));
  return text_or(key, "");
}

std::string_view ObjectReader::text_or(std::string_view key, std::string_view otherwise) {
  const boost::json::value* value = find(key);
  if (value == nullptr) return otherwise;
  if (value->is_string()) return value->get_string();
  refuse_kind(key, "a string");
  return otherwise;
}

Address ObjectReader::address(std::string_view key) {
  return fixed<Address>(key);
}

Address ObjectReader::address_or_zero(std::string_view key) {
  return fixed_or_zero<Address>(key);
}

std::uint64_t ObjectReader::decimal(std::string_view key, unsigned decimals,
                                    std::string_view noun) {
  const std::string_view written = text(key);
  return scaled(key, written, written, decimals, noun);
}

std::uint64_t ObjectReader::padded_decimal(std::string_view key, unsigned decimals,
                                           std::string_view noun) {
  const std::string_view written = text(key);
  const std::size_t point = written.find('.');
  std::string_view canonical = written;
  // Not of a point with nothing behind it, nor of more zeros than there are decimals.
  const bool padded = point != std::string_view::npos && written.ends_with('0') &&
                      written.size() - point - 1 <= decimals;
  if (padded) {
    canonical = canonical.substr(0, canonical.find_last_not_of('0') + 1);
    if (canonical.size() == point + 1) canonical.remove_suffix(1);
  }
  return scaled(key, canonical, written, decimals, noun);
}

std::uint64_t ObjectReader::scaled(std::string_view key, std::string_view canonical,
                                   std::string_view written, unsigned decimals,
                                   std::string_view noun) {
  if (reading_.failed()) return 0;
  const auto value = exchange::parse_decimal(canonical, decimals);
  if (value && *value >= 0) return static_cast<std::uint64_t>(*value);
  const std::string what = path_of(key) + " " + shown(written);
  if (!value && value.error() == exchange::Error::Overflow) {
    reading_.refuse(value.error(), what + " is too large");
    return 0;
  }
  const std::size_t point = written.find('.');
  const bool long_tail = point != std::string_view::npos && written.size() - point - 1 > decimals;
  const std::string allowed =
      " " + std::string(noun) + " has at most " + std::to_string(decimals) + " decimals";
  reading_.refuse(exchange::Error::BadNumber,
                  long_tail ? what + " has too many decimals:" + allowed
                            : what + " is not a plain decimal such as \"12.5\":" + allowed +
                                  ", no sign, exponent or trailing zeros");
  return 0;
}

std::vector<const boost::json::value*> ObjectReader::list(std::string_view key, std::size_t max) {
  const boost::json::value* value = need(key);
  if (value == nullptr) return {};
  if (!value->is_array()) {
    refuse_kind(key, "a list");
    return {};
  }
  const boost::json::array& items = value->get_array();
  if (items.empty() || items.size() > max) {
    reading_.refuse(exchange::Error::BatchTooLarge,
                    path_of(key) + " has " + std::to_string(items.size()) + " elements; 1 to " +
                        std::to_string(max) + " are allowed");
    return {};
  }
  std::vector<const boost::json::value*> out;
  for (const boost::json::value& item : items)
    out.push_back(&item);
  return out;
}

void ObjectReader::finish() {
  if (object_ == nullptr || reading_.failed()) return;
  for (const auto& field : *object_) {
    const std::string_view key(field.key().data(), field.key().size());
    if (std::ranges::find(seen_, key) != seen_.end()) continue;
    reading_.refuse(NodeError::BadRequest, (path_.empty() ? "the request" : path_) +
                                               " has an unknown field " + shown(key));
    return;
  }
}

}  // namespace ol::api
