#include "program_cache.hpp"

namespace ol::evm {
namespace {

/// What a program counts for beside its code: a thirtieth of the 6 KiB that the shortest takes.
/// With code alone, contracts of a few bytes would fill gigabytes before the cache starts over.
constexpr std::size_t kProgramBytes = 200;

}  // namespace

std::shared_ptr<Program> ProgramCache::get(const Hash256& hash, const state::Code& code,
                                           const Schedule& rules, Program::Looks looks) {
  const auto found = programs_.find(hash);
  if (found != programs_.end()) return found->second;
  // Starting over is rare and cheap beside what filled the cache; programs in use are shared.
  const std::size_t bytes = code->size() + kProgramBytes;
  if (code_bytes_ + bytes > kCodeBytesMax) clear();
  code_bytes_ += bytes;
  return programs_.emplace(hash, std::make_shared<Program>(code, rules, looks)).first->second;
}

}  // namespace ol::evm
