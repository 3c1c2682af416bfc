#pragma once

#include <cstddef>
#include <map>
#include <memory>

#include <ol/base/bytes.hpp>
#include <ol/evm/schedule.hpp>
#include <ol/state/state_view.hpp>

#include "program.hpp"

namespace ol::evm {

/// Programs by the hash of their code, for one revision and one way to look. One thread.
class ProgramCache {
 public:
  /// The program of `code`, whose Keccak-256 is `hash`.
  [[nodiscard]] std::shared_ptr<Program> get(const Hash256& hash, const state::Code& code,
                                             const Schedule& rules,
                                             Program::Looks looks = Program::Looks::Never);

  void clear() {
    programs_.clear();
    code_bytes_ = 0;
  }

 private:
  /// Translated code takes up to some twenty times the space.
  static constexpr std::size_t kCodeBytesMax = std::size_t{8} << 20;

  std::map<Hash256, std::shared_ptr<Program>> programs_;
  std::size_t code_bytes_ = 0;
};

}  // namespace ol::evm
