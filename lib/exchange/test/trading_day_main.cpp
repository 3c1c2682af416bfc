// Prints the report that trading_day_test.cpp compares with trading_day.txt.
#include <iostream>

#include "trading_day.hpp"

int main() {
  std::cout << ol::exchange::test::trading_day_report();
  return 0;
}
