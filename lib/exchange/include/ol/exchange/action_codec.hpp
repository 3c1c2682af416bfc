#pragma once

#include <ol/base/codec.hpp>
#include <ol/exchange/access.hpp>
#include <ol/exchange/block.hpp>

namespace ol::exchange {

// Actions as bytes, the form they travel and stand in blocks in. Format:
// docs/protocol/exchange-block.md.

/// An action with its tail and signature.
[[nodiscard]] Bytes encode_signed_action(const SignedAction& action);
/// Strict: at most kBatchMax elements, kStringBytesMax per text, and enumerations with a meaning;
/// DecodeError::BadValue otherwise.
[[nodiscard]] Result<SignedAction, DecodeError> decode_signed_action(ByteView bytes);

/// Writes what a validator says of prices; the signature is the caller's.
void encode_oracle_submit(Writer& out, const OracleSubmit& submit);
/// At most kOraclePricesMax prices, ascending by asset; what is wrong stays in the reader.
[[nodiscard]] OracleSubmit decode_oracle_submit(Reader& in);
constexpr std::size_t kOraclePricesMax = 1'000;

/// A step without a user behind it: of genesis, or of a development network.
[[nodiscard]] Bytes encode_system_action(const SystemAction& action);
/// Strict, as decode_signed_action.
[[nodiscard]] Result<SystemAction, DecodeError> decode_system_action(ByteView bytes);

}  // namespace ol::exchange
