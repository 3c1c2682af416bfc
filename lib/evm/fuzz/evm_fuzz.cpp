// Both interpreters on programs that libFuzzer's bytes choose.
#include <cstdio>
#include <cstdlib>

#include "differential.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ol::evm::differential;
  static Comparison comparison;
  Choices choices(ol::ByteView{data, size});
  const Experiment experiment = make_experiment(choices);
  if (const auto difference = comparison.find_difference(experiment)) {
    std::fprintf(stderr, "%s: %s\n", difference->c_str(), describe(experiment).c_str());
    std::abort();
  }
  return 0;
}
