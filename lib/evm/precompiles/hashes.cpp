// SHA-256, RIPEMD-160 and the identity: a price per word of input (Yellow Paper, appendix E).

#include <ol/crypto/hash.hpp>

#include "call.hpp"
#include "ripemd160.hpp"

namespace ol::evm::precompiles {

PrecompileResult sha256(ByteView input, std::int64_t gas, Revision) {
  const auto left = pay(gas, 60 + 12 * words(input.size()));
  if (!left) return out_of_gas();
  return succeeded(*left, crypto::sha256(input).view());
}

PrecompileResult ripemd160(ByteView input, std::int64_t gas, Revision) {
  const auto left = pay(gas, 600 + 120 * words(input.size()));
  if (!left) return out_of_gas();
  const auto digest = ripemd160_digest(input);
  std::array<std::uint8_t, 32> word{};
  std::copy(digest.begin(), digest.end(), word.begin() + 12);
  return succeeded(*left, word);
}

PrecompileResult identity(ByteView input, std::int64_t gas, Revision) {
  const auto left = pay(gas, 15 + 3 * words(input.size()));
  if (!left) return out_of_gas();
  return succeeded(*left, input);
}

}  // namespace ol::evm::precompiles
