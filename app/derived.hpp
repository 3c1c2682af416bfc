#pragma once

#include <cstdint>
#include <string_view>

#include <ol/crypto/secp256k1.hpp>

namespace ol::app {

/// A key that anyone can derive, for accounts of benchmarks and bots of development networks: it
/// must hold nothing elsewhere. The same for the same purpose, role and number.
[[nodiscard]] crypto::Secp256k1SecretKey derived_key(std::string_view purpose,
                                                     std::string_view role, std::uint32_t number);

/// The same numbers in every run: a multiplicative step, of which the upper bits are used.
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed = 1) : state_(seed) {}
  std::uint64_t below(std::uint64_t end) {
    state_ = state_ * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
    return (state_ >> 33U) % end;
  }

 private:
  std::uint64_t state_;
};

}  // namespace ol::app
