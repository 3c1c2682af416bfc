#include <ol/crypto/secret.hpp>

#include <ol/base/check.hpp>

#include <sodium.h>

namespace ol::crypto {

void wipe(std::span<std::uint8_t> bytes) {
  sodium_memzero(bytes.data(), bytes.size());
}

void fill_random(std::span<std::uint8_t> out) {
  static const bool ready = sodium_init() >= 0;
  OL_CHECK(ready, "libsodium could not open the system's random generator");
  randombytes_buf(out.data(), out.size());
}

bool equal_constant_time(ByteView a, ByteView b) {
  if (a.size() != b.size()) return false;
  return sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace ol::crypto
