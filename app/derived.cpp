#include "derived.hpp"

#include <ol/base/codec.hpp>
#include <ol/crypto/hash.hpp>

#include "command.hpp"

namespace ol::app {

crypto::Secp256k1SecretKey derived_key(std::string_view purpose, std::string_view role,
                                       std::uint32_t number) {
  Writer seed;
  seed.blob(as_bytes(purpose)).blob(as_bytes(role)).u32(number);
  auto key = crypto::Secp256k1SecretKey::from_bytes(crypto::blake3(seed.bytes()).view());
  if (!key) throw CommandError("a derived account has no key");
  return *std::move(key);
}

}  // namespace ol::app
