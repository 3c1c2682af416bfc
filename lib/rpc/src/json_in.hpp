#pragma once

#include <optional>
#include <vector>

#include <simdjson.h>

#include <ol/base/u256.hpp>

#include <ol/rpc/params.hpp>

namespace ol::rpc {

/// The arguments of one call as simdjson sees them. Borrows the parser's document.
struct JsonParams {
  std::vector<simdjson::dom::element> arguments;
};

/// "invalid argument 1: why" with the code of InvalidParams.
[[nodiscard]] inline std::unexpected<RpcError> bad_argument(std::size_t i, std::string_view why) {
  return fail(
      RpcError{kInvalidParams, "invalid argument " + std::to_string(i) + ": " + std::string(why)});
}
[[nodiscard]] inline std::unexpected<RpcError> missing_argument(std::size_t i) {
  return fail(RpcError{kInvalidParams, "missing value for required argument " + std::to_string(i)});
}

/// Argument `i`, or nothing if it was not given or is null.
[[nodiscard]] std::optional<simdjson::dom::element> find_argument(const Params& params,
                                                                  std::size_t i);
/// Argument `i`, or the error for a missing one.
[[nodiscard]] Result<simdjson::dom::element, RpcError> argument(const Params& params,
                                                                std::size_t i);

// Readers of Ethereum's hex formats. The error is a phrase for "invalid argument N: ..." or for the
// name of a field in front of it.
using PhraseError = std::string;

[[nodiscard]] Result<std::uint64_t, PhraseError> read_quantity(std::string_view text);
[[nodiscard]] Result<U256, PhraseError> read_quantity256(std::string_view text);
[[nodiscard]] Result<Bytes, PhraseError> read_data(std::string_view text);
[[nodiscard]] Result<Bytes, PhraseError> read_fixed(std::string_view text, std::size_t bytes,
                                                    std::string_view kind);
/// The string in `json`, or a phrase that says what was found instead.
[[nodiscard]] Result<std::string_view, PhraseError> read_string(simdjson::dom::element json,
                                                                std::string_view kind);

}  // namespace ol::rpc
