#include <ol/base/u256.hpp>

#include <array>

#include <benchmark/benchmark.h>

namespace ol {
namespace {

/// Operands differ from round to round so that branches are not learned by heart.
std::array<U256, 64> operands(std::uint64_t seed, unsigned bits) {
  std::array<U256, 64> out;
  for (U256& v : out) {
    std::array<std::uint64_t, 4> limbs{};
    for (std::uint64_t& limb : limbs) {
      seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
      limb = seed ^ (seed >> 29);
    }
    v = (U256(limbs[0], limbs[1], limbs[2], limbs[3]) >> (256 - bits)) | U256{1};
  }
  return out;
}

template <typename Operation>
void run(benchmark::State& state, Operation operation) {
  const auto a = operands(1, static_cast<unsigned>(state.range(0)));
  const auto b = operands(2, static_cast<unsigned>(state.range(1)));
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(operation(a[i % 64], b[i % 64]));
    ++i;
  }
}

#define OL_U256_BENCH(name, expression)                                  \
  void name(benchmark::State& state) {                                   \
    run(state, [](const U256& a, const U256& b) { return expression; }); \
  }                                                                      \
  BENCHMARK(name)

OL_U256_BENCH(Add, a + b)->Args({256, 256});
OL_U256_BENCH(Multiply, a* b)->Args({256, 256});
OL_U256_BENCH(MultiplyChecked, mul_overflow(a, b).overflow)->Args({128, 128});
OL_U256_BENCH(Less, a < b)->Args({256, 256});
OL_U256_BENCH(ShiftLeft, shl(a, b& U256{255}))->Args({256, 256});
OL_U256_BENCH(Divide, div(a, b))
    ->Args({256, 64})
    ->Args({256, 128})
    ->Args({256, 192})
    ->Args({256, 250});
OL_U256_BENCH(SignedModulo, smod(a, b))->Args({256, 128});
OL_U256_BENCH(MulMod, mulmod(a, a, b))->Args({256, 64})->Args({256, 256});
OL_U256_BENCH(AddMod, addmod(a, a, b))->Args({256, 256});
OL_U256_BENCH(Exp, exp(a, b))->Args({256, 16})->Args({256, 256});
OL_U256_BENCH(ToBigEndian, (a ^ b).to_big_endian())->Args({256, 256});

}  // namespace
}  // namespace ol
