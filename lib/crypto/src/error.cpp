#include <ol/crypto/error.hpp>

#include <ol/base/check.hpp>

namespace ol::crypto {

const char* describe(CryptoError error) {
  switch (error) {
    case CryptoError::BadLength:
      return "wrong length";
    case CryptoError::BadSecretKey:
      return "secret key is zero or above the group order";
    case CryptoError::BadPublicKey:
      return "public key is not a usable point";
    case CryptoError::BadSignature:
      return "signature matches no key";
    case CryptoError::BadRecoveryId:
      return "recovery id is not 0, 1, 2 or 3";
    case CryptoError::HighS:
      return "signature has s above half the group order";
    case CryptoError::ZeroShared:
      return "key exchange gave the zero secret";
  }
  OL_CHECK(false, "not an enumerator");
}

}  // namespace ol::crypto
