// Compares both interpreters on random programs: `evm_differential [COUNT] [SEED]`. Prints the
// programs that differ; exits with 1 if there are any.
#include <cstdio>
#include <cstdlib>

#include "differential.hpp"

int main(int argc, char** argv) {
  using namespace ol::evm::differential;
  const std::uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 100'000;
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  Comparison comparison;
  std::uint64_t differences = 0;
  for (std::uint64_t i = 0; i < count && differences < 10; ++i) {
    Choices choices((seed << 40) + i);
    const Experiment experiment = make_experiment(choices);
    const auto difference = comparison.find_difference(experiment);
    if (!difference) continue;
    ++differences;
    std::printf("program %llu of seed %llu differs in %s: %s\n", static_cast<unsigned long long>(i),
                static_cast<unsigned long long>(seed), difference->c_str(),
                describe(experiment).c_str());
  }
  std::printf("%llu programs, %llu of them successful, %llu differences\n",
              static_cast<unsigned long long>(count),
              static_cast<unsigned long long>(comparison.successes()),
              static_cast<unsigned long long>(differences));
  return differences == 0 ? 0 : 1;
}
