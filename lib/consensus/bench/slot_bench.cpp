// A slot of two_phase at every validator: TC-PF-2 allows 20 ms of checks and 10 ms to finalise.
#include "reference.hpp"
#include "slot_cluster.hpp"

namespace ol::consensus::bench {
namespace {

// Each validator checks a proposal, signs two votes, collects two
// quorums of them and makes a block final; its share is a part in `validators` of the time.
void slot_of_each_validator(benchmark::State& state) {
  const auto validators = static_cast<std::uint32_t>(state.range(0));
  test::SlotCluster cluster(validators);
  std::uint64_t slot = 0;
  const double bound = reference().pairing + reference().bls_sign;
  run_against(state, "x_bound", bound * 2 * validators, [&] {
    ++slot;
    for (std::uint32_t rank = 0; rank < cluster.v.clock.ranks(); ++rank)
      cluster.round(View((slot - 1) * cluster.v.clock.ranks() + rank + 1));
  });
  if (cluster.committed(validators - 1) != Height(slot)) state.SkipWithError("a slot was lost");
}

BENCHMARK(slot_of_each_validator)->Arg(3)->Arg(7)->Arg(31)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ol::consensus::bench
