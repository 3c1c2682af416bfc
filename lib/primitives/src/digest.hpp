#pragma once

#include <string_view>

#include <ol/base/codec.hpp>
#include <ol/primitives/types.hpp>

namespace ol::primitives {

/// A digest under construction: the tag first, so that no two kinds of digest share a preimage (no
/// tag is a prefix of another), then big-endian fields.
class Digest {
 public:
  Digest(const ChainDomain& domain, std::string_view tag) : hash_(domain.hash) {
    fields_.raw(as_bytes(tag));
  }

  [[nodiscard]] Writer& fields() { return fields_; }
  [[nodiscard]] Hash256 finish() const { return crypto::hash(hash_, fields_.bytes()); }

 private:
  crypto::HashAlgorithm hash_;
  Writer fields_;
};

}  // namespace ol::primitives
