#include <ol/consensus/new_view_collector.hpp>

#include <functional>

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
  return left_by(&primitives::ValidatorSet::is_join, floor);
}

std::optional<View> NewViewCollector::quorum_view(View floor) const {
  return left_by(&primitives::ValidatorSet::is_quorum, floor);
}

// From the highest view down, until those who left it or a higher one weigh enough.
std::optional<View> NewViewCollector::left_by(Enough enough, View floor) const {
  std::map<View, std::uint64_t, std::greater<>> weights;
  for (const auto& [sender, entry] : latest_) {
    if (entry.view >= floor) weights[entry.view] += set_.find(sender)->weight.value();
  }
  std::uint64_t weight = 0;
  for (const auto& [view, more] : weights) {
    weight += more;
    if ((set_.*enough)(weight)) return view;
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
