#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <ol/api/error.hpp>
#include <ol/base/address.hpp>
#include <ol/base/bytes.hpp>
#include <ol/base/hex.hpp>
#include <ol/base/result.hpp>

namespace ol::api {

/// Reads text as JSON: at most 16 deep, nothing after it. NodeError::BadRequest otherwise.
[[nodiscard]] Result<boost::json::value, ApiError> parse_json(std::string_view text);

/// One reading of a request: keeps the first thing that is wrong with it.
class Reading {
 public:
  void refuse(ApiError error) {
    if (!error_) error_ = std::move(error);
  }
  void refuse(NodeError code, std::string msg) { refuse(refusal(code, std::move(msg))); }
  void refuse(exchange::Error code, std::string msg) { refuse(refusal(code, std::move(msg))); }
  [[nodiscard]] bool failed() const { return error_.has_value(); }
  [[nodiscard]] const ApiError& error() const { return *error_; }

 private:
  std::optional<ApiError> error_;
};

/// An object of a request. Fields are read once each; what is missing or of another kind is
/// refused by name, and so is a field that nobody asked for: it may be part of what its sender
/// meant. Borrows the value. A reader that has failed goes on and gives empty values.
class ObjectReader {
 public:
  ObjectReader(Reading& reading, const boost::json::value& value, std::string path);

  [[nodiscard]] Reading& reading() const { return reading_; }
  [[nodiscard]] std::string path_of(std::string_view key) const;

  /// The field, or null if it is absent or JSON null.
  [[nodiscard]] const boost::json::value* find(std::string_view key);
  /// The field; refused if absent.
  [[nodiscard]] const boost::json::value* need(std::string_view key);
  /// Lets the field be there without reading it.
  void ignore(std::string_view key) { static_cast<void>(find(key)); }

  [[nodiscard]] std::uint64_t unsigned_number(std::string_view key, std::uint64_t max);
  [[nodiscard]] std::uint64_t unsigned_number_or(std::string_view key, std::uint64_t max,
                                                 std::uint64_t otherwise);
  [[nodiscard]] std::uint32_t u32(std::string_view key) {
    return static_cast<std::uint32_t>(unsigned_number(key, 0xffff'ffff));
  }
  [[nodiscard]] std::int64_t signed_number(std::string_view key);
  [[nodiscard]] bool boolean(std::string_view key);
  [[nodiscard]] bool boolean_or(std::string_view key, bool otherwise);
  [[nodiscard]] std::string_view text(std::string_view key);
  [[nodiscard]] std::string_view text_or(std::string_view key, std::string_view otherwise);
  [[nodiscard]] Address address(std::string_view key);
  [[nodiscard]] Address address_or_zero(std::string_view key);
  template <typename Fixed>
  [[nodiscard]] Fixed fixed(std::string_view key) {
    return read_fixed<Fixed>(key, need(key));
  }
  template <typename Fixed>
  [[nodiscard]] Fixed fixed_or_zero(std::string_view key) {
    return read_fixed<Fixed>(key, find(key));
  }
  /// A decimal string scaled by 10^decimals (dex.md 1.8); `noun` names it in sentences.
  [[nodiscard]] std::uint64_t decimal(std::string_view key, unsigned decimals,
                                      std::string_view noun);
  /// The same where zeros at the end are let through, as far as there are decimals: amounts that
  /// existing clients write as "1.0" (ADR 39).
  [[nodiscard]] std::uint64_t padded_decimal(std::string_view key, unsigned decimals,
                                             std::string_view noun);
  /// Every element of an array with at most `max`.
  [[nodiscard]] std::vector<const boost::json::value*> list(std::string_view key, std::size_t max);

  /// Refuses fields that were not read.
  void finish();

 private:
  [[nodiscard]] std::uint64_t scaled(std::string_view key, std::string_view canonical,
                                     std::string_view written, unsigned decimals,
                                     std::string_view noun);
  template <typename Fixed>
  Fixed read_fixed(std::string_view key, const boost::json::value* value) {
    if (value == nullptr) return {};
    const auto parsed =
        value->is_string() && std::string_view(value->get_string()).starts_with("0x")
            ? fixed_from_hex<Fixed>(value->get_string())
            : std::nullopt;
    if (parsed) return *parsed;
    refuse_kind(key, "0x and " + std::to_string(2 * Fixed::kSize) + " hex digits");
    return {};
  }
  void refuse_kind(std::string_view key, std::string_view wanted);

  Reading& reading_;
  const boost::json::object* object_ = nullptr;
  std::string path_;
  std::vector<std::string_view> seen_;
};

}  // namespace ol::api
