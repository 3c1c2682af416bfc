#pragma once

#include <vector>

#include <gtest/gtest.h>

#include "exchange_fixture.hpp"
#include "invariants.hpp"

namespace ol::exchange::test {

inline const Address kA = user(1);
inline const Address kB = user(2);

/// Two accounts with money, and what blocks do by themselves.
class DexSteps : public testing::Test {
 protected:
  void SetUp() override {
    chain.deposit(kA, 100'000);
    chain.deposit(kB, 100'000);
  }
  void TearDown() override { EXPECT_EQ(broken_invariant(chain.state()), ""); }

  // A buys from B.
  void open(std::uint64_t sz, std::uint64_t px = 600'000) {
    chain.order(kB, order_of(kBtc, Side::Sell, px, sz, Tif::Alo));
    ASSERT_EQ(chain.order(kA, order_of(kBtc, Side::Buy, px, sz, Tif::Ioc)).kind,
              OrderResult::Kind::Filled);
  }
  Order trigger(Side side, Trigger kind, std::uint64_t at, std::uint64_t px, std::uint64_t sz) {
    Order out = order_of(kBtc, side, px, sz);
    out.trigger = kind;
    out.trigger_px = at;
    return out;
  }
  template <typename T>
  std::vector<T> events_in(const BlockResult& block) {
    std::vector<T> out;
    for (const Event& event : block.events) {
      if (const T* found = std::get_if<T>(&event)) out.push_back(*found);
    }
    return out;
  }

  Chain chain;
};

}  // namespace ol::exchange::test
