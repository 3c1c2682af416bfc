#include <ol/sim/scenario.hpp>

namespace ol::sim {
namespace {

using primitives::QuorumCertificate;
using primitives::View;

constexpr std::uint32_t kWitness = 1;
// Leads none of the three views after kFewVotesView: a validator that is shown a block of its own
// which it never signed takes it for the work of a second process with its key.
constexpr std::uint32_t kVictim = 1;
constexpr std::uint64_t kForkFrom = 9;
constexpr std::uint64_t kCommitted = 10;
constexpr std::uint64_t kWitnessLeads = 13;
constexpr std::uint64_t kStaleView = 16;
constexpr std::uint64_t kLastView = 32;
constexpr std::uint64_t kFewVotesView = 9;
constexpr std::uint64_t kDeceptionUs = 100'000;
constexpr std::uint64_t kAlways = 1000;

}  // namespace

std::uint64_t Script::view_of(std::uint32_t node) const {
  const node::ConsensusDriver* driver = world_.node(node).driver();
  return driver == nullptr ? 0 : driver->kernel().view().value();
}

void Script::start() {
  auto byzantine = std::make_unique<Byzantine>(world_, world_.node(kVillain), Misbehaviour{},
                                               world_.random.fork());
  villain_ = byzantine.get();
  world_.node(kVillain).become_byzantine(std::move(byzantine));
  for (std::uint32_t id = 0; id < world_.node_count(); ++id)
    world_.node(id).start();
}

void LockedFork::cut_witness(bool incoming) {
  for (std::uint32_t id = 0; id < world_.node_count(); ++id) {
    if (id == kWitness) continue;
    world_.network.cut(kWitness, id, Cut::Drop);
    if (incoming) world_.network.cut(id, kWitness, Cut::Drop);
  }
}

void LockedFork::propose_stale() {
  villain_->deaf = false;
  villain_->how = Misbehaviour{};
  villain_->how.vote_everything = kAlways;
  const auto justify = villain_->certificate(View(kForkFrom));
  const bool sent = justify && villain_->propose_on(*justify, View(kStaleView), {2, 3});
  if (!sent) world_.checker.report("the script locked_fork could not be played");
  // Its driver's own proposal for this view must not reach anybody.
  villain_->how.withhold_proposal = kAlways;
}

void LockedFork::step() {
  if (stage_ == 0 && view_of(kWitness) >= kWitnessLeads) {
    stage_ = 1;
    cut_witness(false);
    // Last votes in new-view messages would let its own driver complete the certificate of view 12
    // and follow the committed branch.
    villain_->deaf = true;
    villain_->how.withhold_new_view = kAlways;
    villain_->how.withhold_proposal = kAlways;
    villain_->audience = {kWitness};
  }
  if (stage_ == 1 &&
      world_.node(kWitness).driver()->kernel().tree().root().header.view >= View(kCommitted)) {
    stage_ = 2;
    cut_witness(true);
    world_.say("script", "validator 1 has committed and is cut off");
    villain_->say_left(View(kStaleView - 1), {2, 3});
  }
  if (stage_ == 2 && villain_->leavers(View(kStaleView - 1)) + 1 >= world_.chain.quorum()) {
    stage_ = 3;
    propose_stale();
  }
  if (stage_ == 3 && view_of(kVillain) > kStaleView) {
    stage_ = 4;
    villain_->how.withhold_proposal = 0;
  }
}

bool LockedFork::done() const {
  return stage_ == 4 && world_.highest_view() >= kLastView;
}

void FewVotes::step() {
  const QuorumCertificate* newest = villain_->newest_certificate();
  if (played_ || newest == nullptr || newest->view() < View(kFewVotesView)) return;
  const auto cut_off = [this](std::uint32_t id) {
    world_.network.cut(kVictim, id, Cut::Drop);
    world_.network.cut(id, kVictim, Cut::Drop);
  };
  for (std::uint32_t id = 0; id < world_.node_count(); ++id) {
    if (id != kVictim && id != kVillain) cut_off(id);
  }
  played_ = villain_->certify_alone(*newest, {kVictim});
  // The villain's own driver, which plays along with the others, must not learn of the branch.
  world_.queue.after(kDeceptionUs, [cut_off] { cut_off(kVillain); });
}

bool FewVotes::done() const {
  return played_ && world_.highest_view() >= kLastView;
}

void Script::stop() {
  if (!done()) world_.checker.report("the script did not reach its end");
  world_.network.heal();
}

std::unique_ptr<Script> make_script(Scenario scenario, World& world) {
  switch (scenario) {
    case Scenario::Random:
      break;
    case Scenario::LockedFork:
      return std::make_unique<LockedFork>(world);
    case Scenario::FewVotes:
      return std::make_unique<FewVotes>(world);
  }
  OL_CHECK(false, "a scenario with a script");
}

}  // namespace ol::sim
