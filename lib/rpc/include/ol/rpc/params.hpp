#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <ol/base/bytes.hpp>
#include <ol/rpc/error.hpp>

namespace ol::rpc {

/// The parsed arguments, known to the sources only (src/json_in.hpp).
struct JsonParams;

/// The positional arguments of one call. Borrows the request: valid during the call only. Errors
/// are InvalidParams that name the argument, as Ethereum clients word them.
class Params {
 public:
  explicit Params(const JsonParams& json) : json_(&json) {}

  [[nodiscard]] std::size_t size() const;
  /// Whether argument `i` was given and is not null.
  [[nodiscard]] bool has(std::size_t i) const;
  /// An error if more than `max` arguments were given.
  [[nodiscard]] Result<void, RpcError> at_most(std::size_t max) const;

  [[nodiscard]] Result<std::string_view, RpcError> string(std::size_t i) const;
  [[nodiscard]] Result<bool, RpcError> boolean(std::size_t i) const;
  /// A minimal hex quantity that fits 64 bits.
  [[nodiscard]] Result<std::uint64_t, RpcError> quantity(std::size_t i) const;
  /// Bytes in hex with prefix 0x.
  [[nodiscard]] Result<Bytes, RpcError> data(std::size_t i) const;
  /// Exactly as many bytes as `T` (a FixedBytes) has; `kind` names it in the error.
  template <typename T>
  [[nodiscard]] Result<T, RpcError> fixed(std::size_t i, std::string_view kind) const {
    OL_TRY(const Bytes bytes, fixed_bytes(i, T::kSize, kind));
    return *T::from(bytes);
  }
  /// The argument as JSON text, for methods that hand it on.
  [[nodiscard]] Result<std::string, RpcError> json(std::size_t i) const;

  [[nodiscard]] const JsonParams& parsed() const { return *json_; }

 private:
  [[nodiscard]] Result<Bytes, RpcError> fixed_bytes(std::size_t i, std::size_t bytes,
                                                    std::string_view kind) const;
  const JsonParams* json_;
};

}  // namespace ol::rpc
