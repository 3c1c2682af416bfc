#include <ol/crypto/hash.hpp>

#include <cstring>
#include <new>

#include <ol/base/check.hpp>

#include <blake3.h>
#include <blst.h>

#include "keccak_permutation.hpp"

namespace ol::crypto {
namespace {

// Lanes are little-endian, as this machine's words are.
void absorb(detail::KeccakState& state, const std::uint8_t* block, std::size_t lanes) {
  for (std::size_t i = 0; i < lanes; ++i) {
    std::uint64_t lane = 0;
    std::memcpy(&lane, block + 8 * i, 8);
    state[i] ^= lane;
  }
}

const blake3_hasher* as_hasher(const std::uint8_t* state) {
  return std::launder(reinterpret_cast<const blake3_hasher*>(state));
}

}  // namespace

Hash256 blake3(ByteView data) {
  Hash256 out;
  blake3_hasher hasher;
  blake3_hasher_init(&hasher);
  blake3_hasher_update(&hasher, data.data(), data.size());
  blake3_hasher_finalize(&hasher, out.bytes.data(), out.bytes.size());
  return out;
}

// blst's one-shot SHA-256 uses the SHA instructions and, unlike OpenSSL's, no allocated context:
// the benchmark beside this file has both.
Hash256 sha256(ByteView data) {
  static constexpr std::uint8_t kNothing = 0;
  Hash256 out;
  blst_sha256(out.bytes.data(), data.empty() ? &kNothing : data.data(), data.size());
  return out;
}

// Without the block of bytes that the incremental form keeps: most messages are shorter than one.
Hash256 keccak256(ByteView data) {
  constexpr std::size_t kRateBytes = 136;
  detail::KeccakState state{};
  while (data.size() >= kRateBytes) {
    absorb(state, data.data(), kRateBytes / 8);
    detail::keccak_permute(state);
    data = data.subspan(kRateBytes);
  }
  const std::size_t lanes = data.size() / 8;
  absorb(state, data.data(), lanes);
  std::uint64_t last = 0;
  const std::size_t rest = data.size() % 8;
  if (rest != 0) std::memcpy(&last, data.data() + 8 * lanes, rest);
  state[lanes] ^= last ^ std::uint64_t{0x01} << (8 * rest);
  state[kRateBytes / 8 - 1] ^= std::uint64_t{0x80} << 56;
  detail::keccak_permute(state);
  Hash256 out;
  std::memcpy(out.bytes.data(), state.data(), out.bytes.size());
  return out;
}

Hash256 hash(HashAlgorithm algorithm, ByteView data) {
  switch (algorithm) {
    case HashAlgorithm::Blake3:
      return blake3(data);
    case HashAlgorithm::Sha256:
      return sha256(data);
  }
  OL_CHECK(false, "hash algorithm was validated when genesis was read");
}

Blake3::Blake3() {
  static_assert(sizeof(blake3_hasher) == kStateBytes);
  static_assert(alignof(blake3_hasher) <= 8);
  blake3_hasher_init(new (state_.data()) blake3_hasher);
}

Blake3& Blake3::update(ByteView data) {
  blake3_hasher_update(std::launder(reinterpret_cast<blake3_hasher*>(state_.data())), data.data(),
                       data.size());
  return *this;
}

Hash256 Blake3::digest() const {
  Hash256 out;
  blake3_hasher_finalize(as_hasher(state_.data()), out.bytes.data(), out.bytes.size());
  return out;
}

Keccak256& Keccak256::update(ByteView data) {
  if (used_ > 0) {
    const std::size_t take = std::min(kRateBytes - used_, data.size());
    std::copy_n(data.begin(), take, block_.begin() + static_cast<std::ptrdiff_t>(used_));
    used_ += take;
    data = data.subspan(take);
    if (used_ < kRateBytes) return *this;
    absorb(state_, block_.data(), kRateBytes / 8);
    detail::keccak_permute(state_);
    used_ = 0;
  }
  while (data.size() >= kRateBytes) {
    absorb(state_, data.data(), kRateBytes / 8);
    detail::keccak_permute(state_);
    data = data.subspan(kRateBytes);
  }
  std::copy(data.begin(), data.end(), block_.begin());
  used_ = data.size();
  return *this;
}

Hash256 Keccak256::digest() const {
  auto state = state_;
  std::array<std::uint8_t, kRateBytes> last{};
  std::copy_n(block_.begin(), used_, last.begin());
  last[used_] = 0x01;
  last[kRateBytes - 1] |= 0x80;
  absorb(state, last.data(), kRateBytes / 8);
  detail::keccak_permute(state);
  Hash256 out;
  std::memcpy(out.bytes.data(), state.data(), out.bytes.size());
  return out;
}

}  // namespace ol::crypto
