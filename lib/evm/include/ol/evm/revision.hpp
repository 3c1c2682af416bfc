#pragma once

#include <cstddef>
#include <cstdint>

namespace ol::evm {

/// Ethereum's rules by the hard fork that brought them, oldest first: a later one compares greater.
/// Forks that changed nothing a transaction can see are left out. Source: the EIPs of each fork.
enum class Revision : std::uint8_t {
  Frontier,
  Homestead,
  TangerineWhistle,
  SpuriousDragon,
  Byzantium,
  Constantinople,
  Petersburg,
  Istanbul,
  Berlin,
  London,
  Paris,
  Shanghai,
  Cancun,
  Prague,
  Osaka,
};

inline constexpr std::size_t kRevisions = 15;

/// The fork's name as Ethereum's fixtures spell it.
[[nodiscard]] const char* describe(Revision revision);

}  // namespace ol::evm
