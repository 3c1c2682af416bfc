// Every precompiled contract on any input: the first byte picks the contract, the second the
// revision. Checked: bounds on the answer, that gas is only spent, that the answer depends on
// nothing else, and laws between contracts.

#include <algorithm>

#include <ol/base/check.hpp>

#include "../test/vectors.hpp"

using namespace ol;
using namespace ol::evm;
using namespace ol::evm::precompiles;

namespace {

constexpr std::int64_t kGas = 2'000'000;

// The longest answer each contract has; of identity and modexp the input decides.
std::size_t output_max(unsigned address, ByteView input) {
  switch (address) {
    case 0x04:
      return input.size();
    case 0x05:
      return 1 << 20;
    case 0x0d:
    case 0x0e:
    case 0x11:
      return 256;
    default:
      return 128;
  }
}

bool same(const PrecompileResult& a, const PrecompileResult& b) {
  return a.success == b.success && a.gas_left == b.gas_left && a.output == b.output;
}

/// P + Q = Q + P, and 2P = P + P.
void check_addition(ByteView input, Revision revision) {
  if (input.size() < 128) return;
  const Bytes swapped = join(input.subspan(64, 64), input.first(64));
  const auto sum = run(0x06, input.first(128), revision, kGas);
  OL_CHECK(same(sum, run(0x06, swapped, revision, kGas)), "addition commutes");
  if (!sum.success) return;
  const auto twice = run(0x07, join(sum.output, word(2)), revision, kGas);
  const auto doubled = run(0x06, join(sum.output, sum.output), revision, kGas);
  OL_CHECK(twice.output == doubled.output, "doubling is multiplying by two");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  unsigned address = data[0] % 0x12U + 1;
  if (address == 0x12) address = 0x100;
  const auto revision = static_cast<Revision>(data[1] % kRevisions);
  const ByteView input(data + 2, size - 2);
  const Precompile contract = find_precompile(address_of(address), revision);
  if (contract == nullptr) return 0;

  const auto result = contract(input, kGas, revision);
  if (result.success) {
    OL_CHECK(result.gas_left >= 0 && result.gas_left <= kGas, "gas is only spent");
    OL_CHECK(result.output.size() <= output_max(address, input), "the answer is bounded");
    const std::int64_t spent = kGas - result.gas_left;
    const auto exact = contract(input, spent, revision);
    OL_CHECK(exact.success && exact.gas_left == 0 && exact.output == result.output,
             "the price is what is enough");
    if (spent > 0) OL_CHECK(!contract(input, spent - 1, revision).success, "and not less");
  } else {
    OL_CHECK(result.gas_left == 0 && result.output.empty(), "failure keeps nothing");
  }
  if (address == 0x06) check_addition(input, revision);
  return 0;
}
