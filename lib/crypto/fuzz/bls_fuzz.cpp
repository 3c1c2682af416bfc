// Decoders of BLS points and verification vectors: whatever decodes must encode to the same bytes.

#include <algorithm>

#include <ol/base/check.hpp>
#include <ol/crypto/threshold.hpp>

using namespace ol;
using namespace ol::crypto;

namespace {

template <typename T>
void round_trip(ByteView in) {
  const auto decoded = T::from_bytes(in);
  if (!decoded) return;
  OL_CHECK(std::ranges::equal(decoded->to_bytes(), in), "one encoding per value");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView in(data, size);
  round_trip<BlsSignature>(in);
  round_trip<BlsPublicKey>(in);
  round_trip<BlsPossessionProof>(in);
  for (std::uint16_t quorum = 1; quorum <= 3; ++quorum) {
    const auto vector = VerificationVector::from_bytes(in, quorum);
    if (!vector) continue;
    OL_CHECK(std::ranges::equal(vector->to_bytes(), in), "one encoding per value");
    static_cast<void>(vector->share_keys(4));
  }
  return 0;
}
