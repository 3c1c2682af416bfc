#include <ol/base/hex.hpp>
#include <ol/evm/precompiles.hpp>

#include "tracers_json.hpp"

namespace ol::evm {

void FourByteTracer::on_enter(const TraceEnter& enter) {
  if (enter.kind == TraceKind::Create || enter.input.size() < 4) return;
  // Those are instructions by another name.
  if (find_precompile(enter.code, revision_) != nullptr) return;
  const std::string id =
      to_hex_prefixed(enter.input.first(4)) + "-" + std::to_string(enter.input.size() - 4);
  if (counts_[id]++ == 0) grow(id.size() + 16);
}

std::string FourByteTracer::json() {
  std::string out = "{";
  for (const auto& [id, count] : counts_) {
    put_key(out, id);
    out += std::to_string(count);
  }
  return out + "}";
}

}  // namespace ol::evm
