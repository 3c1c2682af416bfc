// Key files: refused or understood, never more work than the bounds allow. Costs in the input are
// cut down so that the fuzzer spends its time on the format and not on Argon2id.

#include <ol/base/check.hpp>
#include <ol/crypto/key_file.hpp>

using namespace ol;
using namespace ol::crypto;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kPassesAt = 7 + 5;
  Bytes in(data, data + size);
  for (const std::size_t at : {kPassesAt, kPassesAt + 4}) {
    if (in.size() < at + 4) break;
    in[at] = in[at + 1] = in[at + 2] = 0;
    in[at + 3] &= 0x0f;
  }
  const auto plain = decode_key_file(in, KeyKind::Bls, std::nullopt);
  if (plain) {
    const auto again = encode_key_file(KeyKind::Bls, *plain, std::nullopt);
    OL_CHECK(again && *again == in, "one encoding per key");
  }
  static_cast<void>(decode_key_file(in, KeyKind::Bls, "passphrase"));
  static_cast<void>(open_sealed_key(in, "passphrase", {}));
  return 0;
}
