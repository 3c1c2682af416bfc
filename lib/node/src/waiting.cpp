#include "waiting.hpp"

#include <algorithm>

#include "node_impl.hpp"

namespace ol::node {

using primitives::ValidatorIndex;
using primitives::ValidatorSet;
using primitives::View;

namespace {

/// Further behind its peers than this, a node has to fetch before it can vote.
constexpr std::uint64_t kBehind = 8;

std::string names(const ValidatorSet& set, const std::vector<ValidatorIndex>& who) {
  std::string out;
  for (const ValidatorIndex index : who)
    out += (out.empty() ? "" : ", ") + set.find(index)->name;
  return out;
}

std::vector<ValidatorIndex> all_but(const ValidatorSet& set,
                                    const std::vector<ValidatorIndex>& those) {
  std::vector<ValidatorIndex> out;
  for (std::uint32_t i = 0; i < set.size(); ++i) {
    if (std::find(those.begin(), those.end(), ValidatorIndex(i)) == those.end())
      out.push_back(ValidatorIndex(i));
  }
  return out;
}

bool contains(const std::vector<ValidatorIndex>& list, ValidatorIndex one) {
  return std::find(list.begin(), list.end(), one) != list.end();
}

}  // namespace

const char* name(Waiting::For what) {
  switch (what) {
    case Waiting::For::Sync:
      return "sync";
    case Waiting::For::Votes:
      return "votes";
    case Waiting::For::OwnBlock:
      return "ownBlock";
    case Waiting::For::Block:
      return "block";
    case Waiting::For::Timeouts:
      return "timeouts";
    case Waiting::For::Nothing:
      return "nothing";
  }
  OL_CHECK(false, "unknown Waiting::For");
}

Waiting waiting_for(const ConsensusView& view, const ValidatorSet& set,
                    std::optional<ValidatorIndex> self) {
  const consensus::KernelStatus& kernel = view.kernel;
  const std::string number = std::to_string(kernel.view.value());
  Waiting out{.what = Waiting::For::Block, .view = kernel.view, .from = {}, .sentence = {}};
  if (kernel.halted) {
    out.what = Waiting::For::Nothing;
    out.sentence = "nothing: conflicting certificates stopped finality";
    return out;
  }
  const std::uint64_t behind = view.best_peer_height > kernel.committed_height
                                   ? view.best_peer_height.value() - kernel.committed_height.value()
                                   : 0;
  if (behind > kBehind) {
    out.what = Waiting::For::Sync;
    out.sentence = "sync: " + std::to_string(behind) + " blocks behind";
    return out;
  }
  const bool left = self && contains(kernel.leavers, *self);
  if (left) {
    out.what = Waiting::For::Timeouts;
    out.from = all_but(set, kernel.leavers);
    out.sentence = "others to leave view " + number + ": " + names(set, out.from);
    return out;
  }
  const bool leads = self == kernel.leader && view.signing;
  if (leads && kernel.high_qc_view.next() < kernel.view && !view.voters.empty()) {
    out.what = Waiting::For::Votes;
    out.view = View(kernel.view.value() - 1);
    out.from = all_but(set, view.voters);
    out.sentence =
        "votes of view " + std::to_string(out.view.value()) + " from " + names(set, out.from);
    return out;
  }
  if (leads) {
    out.what = Waiting::For::OwnBlock;
    out.from = {*self};
    out.sentence = "its own block of view " + number;
    return out;
  }
  out.from = {kernel.leader};
  out.sentence = "a block of view " + number + " from " + names(set, out.from);
  return out;
}

}  // namespace ol::node
