#include <ol/sim/scenario.hpp>

namespace ol::sim {
namespace {

using primitives::View;

constexpr std::uint32_t kVillain = 0;
constexpr std::uint32_t kWitness = 1;
constexpr std::uint64_t kTurnView = 10;
constexpr std::uint64_t kShowView = 12;
constexpr std::uint64_t kForkFrom = 8;
constexpr std::uint64_t kStaleView = 16;
constexpr std::uint64_t kLastView = 32;
constexpr std::uint64_t kAlways = 1000;

}  // namespace

LockedFork::LockedFork(World& world) : world_(world) {}

std::uint64_t LockedFork::view_of(std::uint32_t node) const {
  const node::ConsensusDriver* driver = world_.node(node).driver();
  return driver == nullptr ? 0 : driver->kernel().view().value();
}

void LockedFork::start() {
  auto byzantine = std::make_unique<Byzantine>(world_, world_.node(kVillain), Misbehaviour{},
                                               world_.random.fork());
  villain_ = byzantine.get();
  world_.node(kVillain).become_byzantine(std::move(byzantine));
  for (std::uint32_t id = 0; id < world_.node_count(); ++id)
    world_.node(id).start();
}

void LockedFork::isolate_witness() {
  for (std::uint32_t id = 0; id < world_.node_count(); ++id) {
    if (id == kWitness) continue;
    world_.network.cut(id, kWitness, Cut::Drop);
    world_.network.cut(kWitness, id, Cut::Drop);
  }
}

void LockedFork::step() {
  if (stage_ == 0 && view_of(kVillain) >= kTurnView) {
    stage_ = 1;
    villain_->audience = {kWitness};
    villain_->how.withhold_proposal = kAlways;
    villain_->how.withhold_vote = kAlways;
    villain_->how.withhold_new_view = kAlways;
    villain_->how.withhold_certificate = kAlways;
  }
  if (stage_ == 1 &&
      world_.node(kVillain).driver()->kernel().high_qc().view() == View(kShowView - 1)) {
    // The proposal that shows the certificate is on its way; nothing comes back.
    stage_ = 2;
  }
  if (stage_ == 2 && view_of(kWitness) > kShowView) {
    stage_ = 3;
    isolate_witness();
    world_.say("script", "validator 1 has seen the certificate and is cut off");
  }
  if (stage_ == 3 && villain_->leavers(View(kStaleView - 1)) + 1 >= world_.chain.quorum()) {
    stage_ = 4;
    villain_->audience = {2, 3};
    villain_->how = Misbehaviour{};
    villain_->how.vote_everything = kAlways;
    villain_->how.stale_new_view = kAlways;
    villain_->how.withhold_certificate = kAlways;
    const auto justify = villain_->certificate(View(kForkFrom));
    const bool sent = justify && villain_->propose_on(*justify, View(kStaleView), {2, 3});
    if (!sent) world_.checker.report("the script locked_fork could not be played");
  }
}

bool LockedFork::done() const {
  return stage_ == 4 && world_.highest_view() >= kLastView;
}

void LockedFork::stop() {
  if (stage_ != 4) world_.checker.report("the script locked_fork did not reach its end");
  world_.network.heal();
}

}  // namespace ol::sim
