#include <ol/sim/cached_scheme.hpp>

#include <ol/base/codec.hpp>

namespace ol::sim {
namespace {

// What a verdict depends on, without ambiguity.
Bytes question_of(std::uint8_t kind, const Hash256& digest, ByteView a, ByteView b) {
  Writer out;
  out.u8(kind).fixed(digest).blob(a).blob(b);
  return out.take();
}

}  // namespace

bool CachedScheme::remembered(Bytes question, auto decide) const {
  if (const auto it = verdicts_.find(question); it != verdicts_.end()) return it->second;
  if (verdicts_.size() >= kVerdictsMax) verdicts_.clear();
  return verdicts_.emplace(std::move(question), decide()).first->second;
}

bool CachedScheme::verify_share(const Hash256& digest, const consensus::Share& share) const {
  Writer voter;
  voter.u32(share.voter.value());
  return remembered(question_of(0, digest, voter.bytes(), share.signature),
                    [&] { return inner_->verify_share(digest, share); });
}

bool CachedScheme::verify(const Hash256& digest, ByteView signers, ByteView signature) const {
  return remembered(question_of(1, digest, signers, signature),
                    [&] { return inner_->verify(digest, signers, signature); });
}

}  // namespace ol::sim
