// BLS12-381: addition, pairing and maps to the curve; the arithmetic is blst's. Source: EIP-2537.

#include "bls12_381_encoding.hpp"
#include "call.hpp"

namespace ol::evm::precompiles {
namespace {

using namespace bls12;

PrecompileResult answer(std::int64_t gas_left, Bytes output) {
  return {.success = true, .gas_left = gas_left, .output = std::move(output)};
}

}  // namespace

// Addition asks only for points on the curve, not in the subgroup.
PrecompileResult bls12_g1_add(ByteView input, std::int64_t gas, Revision) {
  const auto left = pay(gas, 375);
  if (!left) return out_of_gas();
  if (input.size() != 2 * kG1Bytes) return failed(Status::InputLength);
  const auto a = read_g1(input.first(kG1Bytes));
  const auto b = read_g1(input.subspan(kG1Bytes));
  if (!a || !b) return failed(fault_of(input));
  blst_p1 sum;
  blst_p1_from_affine(&sum, &*a);
  blst_p1_add_or_double_affine(&sum, &sum, &*b);
  return answer(*left, write_g1(sum));
}

PrecompileResult bls12_g2_add(ByteView input, std::int64_t gas, Revision) {
  const auto left = pay(gas, 600);
  if (!left) return out_of_gas();
  if (input.size() != 2 * kG2Bytes) return failed(Status::InputLength);
  const auto a = read_g2(input.first(kG2Bytes));
  const auto b = read_g2(input.subspan(kG2Bytes));
  if (!a || !b) return failed(fault_of(input));
  blst_p2 sum;
  blst_p2_from_affine(&sum, &*a);
  blst_p2_add_or_double_affine(&sum, &sum, &*b);
  return answer(*left, write_g2(sum));
}

PrecompileResult bls12_pairing(ByteView input, std::int64_t gas, Revision) {
  constexpr std::size_t kPairBytes = kG1Bytes + kG2Bytes;
  const std::size_t pairs = input.size() / kPairBytes;
  const auto left = pay(gas, 37700 + 32600 * pairs);
  if (!left) return out_of_gas();
  if (pairs == 0 || input.size() % kPairBytes != 0) return failed(Status::InputLength);

  blst_fp12 product = *blst_fp12_one();
  for (std::size_t i = 0; i < pairs; ++i) {
    const ByteView pair = input.subspan(i * kPairBytes, kPairBytes);
    const auto p = read_g1(pair.first(kG1Bytes));
    const auto q = read_g2(pair.subspan(kG1Bytes));
    if (!p || !q) return failed(fault_of(pair));
    if (!blst_p1_affine_in_g1(&*p)) return failed(Status::Bls12G1Subgroup);
    if (!blst_p2_affine_in_g2(&*q)) return failed(Status::Bls12G2Subgroup);
    if (blst_p1_affine_is_inf(&*p) || blst_p2_affine_is_inf(&*q)) continue;
    blst_fp12 line;
    blst_miller_loop(&line, &*q, &*p);
    blst_fp12_mul(&product, &product, &line);
  }
  blst_final_exp(&product, &product);
  return succeeded(*left, word_of(blst_fp12_is_one(&product)));
}

PrecompileResult bls12_map_fp_to_g1(ByteView input, std::int64_t gas, Revision) {
  const auto left = pay(gas, 5500);
  if (!left) return out_of_gas();
  if (input.size() != kFpBytes) return failed(Status::InputLength);
  const auto element = read_fp(input);
  if (!element) return failed(fault_of(input));
  blst_p1 point;
  blst_map_to_g1(&point, &*element, nullptr);
  return answer(*left, write_g1(point));
}

PrecompileResult bls12_map_fp2_to_g2(ByteView input, std::int64_t gas, Revision) {
  const auto left = pay(gas, 23800);
  if (!left) return out_of_gas();
  if (input.size() != 2 * kFpBytes) return failed(Status::InputLength);
  const auto element = read_fp2(input);
  if (!element) return failed(fault_of(input));
  blst_p2 point;
  blst_map_to_g2(&point, &*element, nullptr);
  return answer(*left, write_g2(point));
}

}  // namespace ol::evm::precompiles
