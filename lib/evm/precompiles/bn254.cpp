// The curve alt_bn128 (bn254): addition, multiplication, pairing. Source: EIP-196, EIP-197; gas
// since Istanbul EIP-1108.

#include <vector>

#include "bn254_pairing.hpp"
#include "call.hpp"

namespace ol::evm::precompiles {

PrecompileResult bn254_add(ByteView input, std::int64_t gas, Revision revision) {
  const auto left = pay(gas, revision >= Revision::Istanbul ? 150 : 500);
  if (!left) return failed();
  const auto data = padded<128>(input);
  const auto a = bn254::read_g1(ByteView(data).first(64));
  const auto b = bn254::read_g1(ByteView(data).last(64));
  if (!a || !b) return failed();
  return succeeded(*left, bn254::write_g1(*a + *b));
}

PrecompileResult bn254_mul(ByteView input, std::int64_t gas, Revision revision) {
  const auto left = pay(gas, revision >= Revision::Istanbul ? 6000 : 40000);
  if (!left) return failed();
  const auto data = padded<96>(input);
  const auto point = bn254::read_g1(ByteView(data).first(64));
  if (!point) return failed();
  const U256 scalar = U256::from_big_endian(ByteView(data).last(32)).value();
  return succeeded(*left, bn254::write_g1(bn254::multiply(*point, scalar)));
}

PrecompileResult bn254_pairing(ByteView input, std::int64_t gas, Revision revision) {
  constexpr std::size_t kPairBytes = 192;
  const std::uint64_t count = input.size() / kPairBytes;
  const auto left =
      pay(gas, revision >= Revision::Istanbul ? 45000 + 34000 * count : 100000 + 80000 * count);
  if (!left || input.size() % kPairBytes != 0) return failed();

  std::vector<bn254::Pair> pairs;
  pairs.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const ByteView bytes = input.subspan(i * kPairBytes, kPairBytes);
    const auto p = bn254::read_g1(bytes.first(64));
    const auto q = bn254::read_twist_point(bytes.subspan(64));
    if (!p || !q) return failed();
    pairs.push_back({*p, *q});
  }
  const auto one = bn254::is_product_one(pairs);
  if (!one) return failed();
  return succeeded(*left, word_of(*one));
}

}  // namespace ol::evm::precompiles
