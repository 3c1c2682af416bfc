#pragma once

#include <array>
#include <cstdint>

#include <ol/base/bytes.hpp>

namespace ol::evm::precompiles {

/// RIPEMD-160. Source: Dobbertin, Bosselaers, Preneel, "RIPEMD-160: a strengthened version of
/// RIPEMD" (1996), appendix A. Ours because OpenSSL keeps it in a provider that may be absent.
[[nodiscard]] std::array<std::uint8_t, 20> ripemd160_digest(ByteView data);

}  // namespace ol::evm::precompiles
