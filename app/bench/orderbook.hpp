#pragma once

#include <cstdint>
#include <string>

#include "bench/report.hpp"

namespace ol::app::bench {

struct OrderbookOptions {
  std::string workload = "W1";
  std::uint32_t ops = 1'000'000;
  std::uint32_t rounds = 5;
};

/// The reference benchmark of dex.md 22 on our book and, beside it, on a sorted map of lists. A
/// round whose fills are not those of the generator fails the report.
[[nodiscard]] Report bench_orderbook(const OrderbookOptions& options);

}  // namespace ol::app::bench
