#include <ol/consensus/new_view_collector.hpp>

#include <set>

namespace ol::consensus {

bool NewViewCollector::add(primitives::ValidatorIndex sender, View view,
                           const primitives::TimeoutSignature& signature) {
  if (set_.find(sender) == nullptr) return false;
  const auto [it, fresh] = latest_.try_emplace(sender, Entry{view, signature});
  if (fresh) return true;
  if (view <= it->second.view) return false;
  it->second = Entry{view, signature};
  return true;
}

std::optional<TimeoutCertificate> NewViewCollector::certificate(
    View view, Epoch epoch, const primitives::SetHash& set_hash) const {
  TimeoutCertificate out{.epoch = epoch, .set_hash = set_hash, .view = view, .signatures = {}};
  std::uint64_t weight = 0;
  for (const auto& [sender, entry] : latest_) {
    if (entry.view != view) continue;
    weight += set_.find(sender)->weight.value();
    out.signatures.push_back(entry.signature);
    if (set_.is_quorum(weight)) return out;
  }
  return std::nullopt;
}

std::optional<View> NewViewCollector::join_view(View floor) const {
  std::set<View, std::greater<>> views;
  for (const auto& [sender, entry] : latest_) {
    if (entry.view >= floor) views.insert(entry.view);
  }
  for (const View view : views) {
    std::uint64_t weight = 0;
    for (const auto& [sender, entry] : latest_) {
      if (entry.view >= view) weight += set_.find(sender)->weight.value();
    }
    if (set_.is_join(weight)) return view;
  }
  return std::nullopt;
}

std::vector<primitives::ValidatorIndex> NewViewCollector::leavers(View view) const {
  std::vector<primitives::ValidatorIndex> out;
  for (const auto& [sender, entry] : latest_) {
    if (entry.view >= view) out.push_back(sender);
  }
  return out;
}

}  // namespace ol::consensus
