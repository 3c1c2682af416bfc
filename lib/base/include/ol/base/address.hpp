#pragma once

#include <ol/base/bytes.hpp>

namespace ol {

/// An account: the last 20 bytes of the Keccak-256 of a secp256k1 public key, or of what a contract
/// address is derived from. Source: Ethereum Yellow Paper, section 4.1 and appendix F.
using Address = FixedBytes<20, struct AddressTag>;

}  // namespace ol
