#include <iostream>
#include <string>
#include <vector>

#include <ol/sim/cluster/command.hpp>

// The kernel level of the simulator as a program of its own: what `openliquid sim --kernel` does,
// with whatever was left out of the consensus code it is linked with.
int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  return ol::sim::cluster::run_cluster_command(args, std::cout);
}
