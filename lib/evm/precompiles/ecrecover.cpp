// ecrecover: the account that signed a digest (Yellow Paper, appendix E.1).

#include <algorithm>

#include <ol/crypto/secp256k1.hpp>

#include "call.hpp"

namespace ol::evm::precompiles {

PrecompileResult ecrecover(ByteView input, std::int64_t gas, Revision) {
  const auto left = pay(gas, 3000);
  if (!left) return out_of_gas();
  const auto data = padded<128>(input);
  const ByteView view(data);

  // v is a whole word that must be 27 or 28; a bad signature is an empty answer, not a failure.
  const auto v = view.subspan(32, 32);
  const bool high_zero = std::all_of(v.begin(), v.end() - 1, [](std::uint8_t b) { return b == 0; });
  if (!high_zero || (v[31] != 27 && v[31] != 28)) return succeeded(*left, {});

  crypto::RecoverableSignature signature;
  std::copy_n(data.begin() + 64, 32, signature.r.begin());
  std::copy_n(data.begin() + 96, 32, signature.s.begin());
  signature.recovery_id = static_cast<std::uint8_t>(v[31] - 27);
  const auto digest = *Hash256::from(view.first(32));
  // EIP-2 bounds s in transactions only.
  const auto key = crypto::recover(digest, signature, crypto::HighS::Allow);
  if (!key) return succeeded(*left, {});

  const Address address = crypto::ethereum_address(*key);
  std::array<std::uint8_t, 32> word{};
  std::copy(address.bytes.begin(), address.bytes.end(), word.begin() + 12);
  return succeeded(*left, word);
}

}  // namespace ol::evm::precompiles
