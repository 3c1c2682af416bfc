// The encodings of EIP-2537: field elements in 64 bytes of which the upper 16 are zero, points as
// affine coordinates, infinity as zeros.
#pragma once

#include <cstddef>
#include <optional>

#include <blst.h>

#include <ol/base/bytes.hpp>
#include <ol/evm/status.hpp>

namespace ol::evm::precompiles::bls12 {

inline constexpr std::size_t kFpBytes = 64;
inline constexpr std::size_t kG1Bytes = 2 * kFpBytes;
inline constexpr std::size_t kG2Bytes = 4 * kFpBytes;
inline constexpr std::size_t kScalarBytes = 32;

/// Nothing if the padding is not zero or the value is not below the field's prime.
[[nodiscard]] std::optional<blst_fp> read_fp(ByteView bytes);
/// The real part, then the imaginary part.
[[nodiscard]] std::optional<blst_fp2> read_fp2(ByteView bytes);

/// A point on the curve, of any order; nothing if a coordinate is bad or it is not on the curve.
[[nodiscard]] std::optional<blst_p1_affine> read_g1(ByteView bytes);
[[nodiscard]] std::optional<blst_p2_affine> read_g2(ByteView bytes);

/// Why what is read from these field elements failed.
[[nodiscard]] Status fault_of(ByteView elements);

[[nodiscard]] Bytes write_g1(const blst_p1& point);
[[nodiscard]] Bytes write_g2(const blst_p2& point);

}  // namespace ol::evm::precompiles::bls12
