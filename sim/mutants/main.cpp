#include <iostream>
#include <string>
#include <vector>

#include <ol/sim/sim.hpp>

// The simulator as a program of its own: what `openliquid sim` does, with whatever was left out of
// the consensus code it is linked with.
int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  return ol::sim::run_sim(args, std::cout);
}
