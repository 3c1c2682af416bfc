#pragma once

#include <ol/primitives/block.hpp>
#include <ol/primitives/genesis.hpp>
#include <ol/primitives/transaction.hpp>

namespace ol::primitives::samples {

inline constexpr ChainDomain kDomain{.chain_id = ChainId(7777),
                                     .hash = crypto::HashAlgorithm::Sha256};
inline constexpr ChainDomain kBlake3Domain{.chain_id = ChainId(7777),
                                           .hash = crypto::HashAlgorithm::Blake3};

/// `T::kSize` times the byte `b`.
template <typename T>
T filled(std::uint8_t b) {
  T out;
  out.bytes.fill(b);
  return out;
}

/// Every field different from its default and from its neighbours.
VoteSubject subject();
QuorumCertificate certificate();
TimeoutCertificate timeout_certificate();
Header header();

/// `count` validators with keys derived from their index, weight 1.
std::vector<Validator> validators(std::uint32_t count);
/// A genesis of four validators that passes every rule.
Genesis genesis();

/// The values as encoded bytes.
template <typename T>
Bytes encoded(const T& value) {
  Writer out;
  encode(out, value);
  return out.take();
}

}  // namespace ol::primitives::samples
