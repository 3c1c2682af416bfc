#include "program_cache.hpp"

namespace ol::evm {

std::shared_ptr<Program> ProgramCache::get(const Hash256& hash, const state::Code& code,
                                           const Schedule& rules, Program::Looks looks) {
  const auto found = programs_.find(hash);
  if (found != programs_.end()) return found->second;
  // Starting over is rare and cheap beside what filled the cache; programs in use are shared.
  if (code_bytes_ + code->size() > kCodeBytesMax) clear();
  code_bytes_ += code->size();
  return programs_.emplace(hash, std::make_shared<Program>(code, rules, looks)).first->second;
}

}  // namespace ol::evm
