#include "interpreter.hpp"

namespace ol::evm {
void run_fast(Frame& frame, Program&) {
  run_reference(frame);
}
}  // namespace ol::evm
