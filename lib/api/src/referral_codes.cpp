#include "referral_codes.hpp"

#include <algorithm>

#include <ol/base/codec.hpp>

namespace ol::api {
namespace {

constexpr std::string_view kPrefix = "refcode/";
constexpr std::size_t kCodeBytesMax = 1024;

}  // namespace

void ReferralCodes::load(const exchange::State& state) {
  owners_.clear();
  codes_.clear();
  for (const auto& [code, owner] : state.referral_codes.items()) {
    owners_[code] = owner;
    codes_.emplace(owner, code);
  }
}

void ReferralCodes::apply(const exchange::StateDiff& diff) {
  const ByteView prefix = as_bytes(kPrefix);
  for (const auto& [key, value] : diff) {
    const bool ours =
        key.size() >= prefix.size() && std::ranges::equal(key.first(prefix.size()), prefix);
    if (!ours) continue;
    Reader in(key.subspan(prefix.size()));
    const std::string code(as_text(in.blob(kCodeBytesMax)));
    if (!in.finish()) continue;
    const auto before = owners_.find(code);
    if (before != owners_.end()) {
      codes_.erase({before->second, code});
      owners_.erase(before);
    }
    if (!value) continue;
    const auto owner = Reader(*value).fixed<Address>();
    owners_[code] = owner;
    codes_.emplace(owner, code);
  }
}

const std::string* ReferralCodes::of(const Address& owner) const {
  const std::string* out = nullptr;
  for (auto it = codes_.lower_bound({owner, {}}); it != codes_.end() && it->first == owner; ++it)
    out = &it->second;
  return out;
}

}  // namespace ol::api
