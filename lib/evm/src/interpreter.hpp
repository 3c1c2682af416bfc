#pragma once

#include <ol/evm/transition.hpp>

#include "frame.hpp"

namespace ol::evm {

class Program;
class Tracer;

/// Runs the frame's code to its end: `frame.status`, `frame.gas` (of no meaning after a failure)
/// and the output say how it went. Both interpreters do the same.
void run_reference(Frame& frame);
/// The reference, watched.
void run_traced(Frame& frame, Tracer& tracer);
void run_fast(Frame& frame, Program& program);

}  // namespace ol::evm
