// What every precompiled contract needs: its price, its padded input, its result.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <ol/base/bytes.hpp>
#include <ol/evm/precompiles.hpp>
#include <ol/evm/revision.hpp>

namespace ol::evm::precompiles {

/// The outcome of every failure: all gas is gone, nothing is returned.
[[nodiscard]] inline PrecompileResult failed(Status why = Status::PrecompileFailure) {
  return {.output = {}, .failure = why};
}
/// As geth has it, that gas is missing is found before anything wrong with the input.
[[nodiscard]] inline PrecompileResult out_of_gas() {
  return failed(Status::OutOfGas);
}

[[nodiscard]] inline PrecompileResult succeeded(std::int64_t gas_left, ByteView output) {
  return {.success = true, .gas_left = gas_left, .output = to_bytes(output)};
}

/// What is left of `gas` after paying `price`; nothing if it is not enough.
[[nodiscard]] inline std::optional<std::int64_t> pay(std::int64_t gas, std::uint64_t price) {
  if (gas < 0 || static_cast<std::uint64_t>(gas) < price) return std::nullopt;
  return gas - static_cast<std::int64_t>(price);
}

/// Whole and begun words of 32 bytes.
[[nodiscard]] inline std::uint64_t words(std::size_t bytes) {
  return (static_cast<std::uint64_t>(bytes) + 31) / 32;
}

/// The first `N` bytes of `input`, as if zeros followed it for ever (Yellow Paper, appendix E).
template <std::size_t N>
[[nodiscard]] std::array<std::uint8_t, N> padded(ByteView input) {
  std::array<std::uint8_t, N> out{};
  std::copy_n(input.begin(), std::min(N, input.size()), out.begin());
  return out;
}

/// A 32-byte word that is 1 or 0.
[[nodiscard]] inline std::array<std::uint8_t, 32> word_of(bool truth) {
  std::array<std::uint8_t, 32> out{};
  out[31] = truth ? 1 : 0;
  return out;
}

// One function for each contract, of the type `Precompile`.
PrecompileResult ecrecover(ByteView input, std::int64_t gas, Revision revision);
PrecompileResult sha256(ByteView input, std::int64_t gas, Revision revision);
PrecompileResult ripemd160(ByteView input, std::int64_t gas, Revision revision);
PrecompileResult identity(ByteView input, std::int64_t gas, Revision revision);
PrecompileResult modexp(ByteView input, std::int64_t gas, Revision revision);
PrecompileResult bn254_add(ByteView input, std::int64_t gas, Revision revision);
PrecompileResult bn254_mul(ByteView input, std::int64_t gas, Revision revision);
PrecompileResult bn254_pairing(ByteView input, std::int64_t gas, Revision revision);
PrecompileResult blake2f(ByteView input, std::int64_t gas, Revision revision);
PrecompileResult point_evaluation(ByteView input, std::int64_t gas, Revision revision);
PrecompileResult bls12_g1_add(ByteView input, std::int64_t gas, Revision revision);
PrecompileResult bls12_g1_msm(ByteView input, std::int64_t gas, Revision revision);
PrecompileResult bls12_g2_add(ByteView input, std::int64_t gas, Revision revision);
PrecompileResult bls12_g2_msm(ByteView input, std::int64_t gas, Revision revision);
PrecompileResult bls12_pairing(ByteView input, std::int64_t gas, Revision revision);
PrecompileResult bls12_map_fp_to_g1(ByteView input, std::int64_t gas, Revision revision);
PrecompileResult bls12_map_fp2_to_g2(ByteView input, std::int64_t gas, Revision revision);
PrecompileResult p256_verify(ByteView input, std::int64_t gas, Revision revision);

}  // namespace ol::evm::precompiles
