#pragma once

#include <cstdint>

#include <ol/evm/transition.hpp>
#include <ol/primitives/genesis.hpp>

namespace ol::execution {

/// What executing keeps from one block or call to the next: the rules, the virtual machine with the
/// code it has translated, and the seed of its hash tables. No result depends on anything of it but
/// the rules. One thread at a time; several engines may run side by side.
class Engine {
 public:
  /// @param seed  Random and secret, so that nobody can choose keys that collide.
  /// @param kind  Blocks run on evm::Engine::Fast; what only one client asked may be stopped.
  Engine(primitives::Revision revision, std::uint64_t seed, evm::Engine kind = evm::Engine::Fast);

  [[nodiscard]] evm::Evm& evm() { return evm_; }
  [[nodiscard]] std::uint64_t seed() const { return seed_; }

 private:
  evm::Evm evm_;
  std::uint64_t seed_;
};

/// The virtual machine's name for a genesis' rules.
[[nodiscard]] evm::Revision evm_revision(primitives::Revision revision);

}  // namespace ol::execution
