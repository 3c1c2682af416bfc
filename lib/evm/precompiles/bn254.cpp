// The curve alt_bn128 (bn254): addition, multiplication, pairing. Source: EIP-196, EIP-197; gas
// since Istanbul EIP-1108.

#include <vector>

#include "bn254_pairing.hpp"
#include "call.hpp"

namespace ol::evm::precompiles {
namespace {

/// What is wrong with the last point of `coordinates`, all before it being right.
PrecompileResult bad_point(ByteView coordinates) {
  constexpr std::size_t kCoordinateBytes = 32;
  for (std::size_t at = 0; at < coordinates.size(); at += kCoordinateBytes) {
    if (!bn254::read_fp(coordinates.subspan(at, kCoordinateBytes)))
      return failed(Status::Bn254Coordinate);
  }
  return failed(Status::Bn254Point);
}

}  // namespace

PrecompileResult bn254_add(ByteView input, std::int64_t gas, Revision revision) {
  const auto left = pay(gas, revision >= Revision::Istanbul ? 150 : 500);
  if (!left) return out_of_gas();
  const auto data = padded<128>(input);
  const auto a = bn254::read_g1(ByteView(data).first(64));
  const auto b = bn254::read_g1(ByteView(data).last(64));
  if (!a || !b) return bad_point(ByteView(data).first(a ? 128 : 64));
  return succeeded(*left, bn254::write_g1(*a + *b));
}

PrecompileResult bn254_mul(ByteView input, std::int64_t gas, Revision revision) {
  const auto left = pay(gas, revision >= Revision::Istanbul ? 6000 : 40000);
  if (!left) return out_of_gas();
  const auto data = padded<96>(input);
  const auto point = bn254::read_g1(ByteView(data).first(64));
  if (!point) return bad_point(ByteView(data).first(64));
  const U256 scalar = U256::from_big_endian(ByteView(data).last(32)).value();
  return succeeded(*left, bn254::write_g1(bn254::multiply(*point, scalar)));
}

PrecompileResult bn254_pairing(ByteView input, std::int64_t gas, Revision revision) {
  constexpr std::size_t kPairBytes = 192;
  const std::uint64_t count = input.size() / kPairBytes;
  const auto left =
      pay(gas, revision >= Revision::Istanbul ? 45000 + 34000 * count : 100000 + 80000 * count);
  if (!left) return out_of_gas();
  if (input.size() % kPairBytes != 0) return failed(Status::PairingSize);

  std::vector<bn254::Pair> pairs;
  pairs.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const ByteView bytes = input.subspan(i * kPairBytes, kPairBytes);
    const auto p = bn254::read_g1(bytes.first(64));
    const auto q = bn254::read_twist_point(bytes.subspan(64));
    if (!p || !q) return bad_point(bytes.first(p ? kPairBytes : 64));
    pairs.push_back({*p, *q});
  }
  const auto one = bn254::is_product_one(pairs);
  if (!one) return failed(Status::Bn254Point);
  return succeeded(*left, word_of(*one));
}

}  // namespace ol::evm::precompiles
