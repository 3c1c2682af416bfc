// Key files: refused or understood, never more work than the bounds allow. Costs in the input are
// cut down so that the fuzzer spends its time on the format and not on Argon2id.

#include <ol/base/check.hpp>
#include <ol/crypto/key_file.hpp>

using namespace ol;
using namespace ol::crypto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

/// The input with small costs, where a sealed key begins at `sealed_at`: magic and version come
/// first.
Bytes with_small_costs(const std::uint8_t* data, std::size_t size, std::size_t sealed_at) {
  Bytes out(data, data + size);
  const std::size_t passes_at = sealed_at + 5;
  for (const std::size_t at : {passes_at, passes_at + 4}) {
    if (out.size() < at + 4) break;
    out[at] = out[at + 1] = out[at + 2] = 0;
    out[at + 3] &= 0x0f;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kKeyFileHead = 7;
  const Bytes in = with_small_costs(data, size, kKeyFileHead);
  const auto plain = decode_key_file(in, KeyKind::Bls, std::nullopt);
  if (plain) {
    const auto again = encode_key_file(KeyKind::Bls, *plain, std::nullopt);
    OL_CHECK(again && *again == in, "one encoding per key");
  }
  static_cast<void>(decode_key_file(in, KeyKind::Bls, "passphrase"));
  static_cast<void>(open_sealed_key(with_small_costs(data, size, 0), "passphrase", {}));
  return 0;
}
