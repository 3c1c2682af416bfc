#include <ol/evm/block_env.hpp>

#include <ol/base/check.hpp>

namespace ol::evm {

U256 blob_base_fee(std::uint64_t excess_blob_gas, std::uint64_t fraction) {
  OL_CHECK(fraction != 0, "a blob schedule has an update fraction");
  // Terms of the Taylor series, each fraction^-1 * excess / i times the one before; the sum is kept
  // times `fraction`.
  U256 sum;
  U256 term = fraction;
  for (std::uint64_t i = 1; !term.is_zero(); ++i) {
    const auto more = checked_add(sum, term);
    const auto product = checked_mul(term, excess_blob_gas);
    if (!more || !product) return U256::max();
    sum = *more;
    term = *product / (U256{fraction} * U256{i});
  }
  return sum / U256{fraction};
}

}  // namespace ol::evm
