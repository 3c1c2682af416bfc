#pragma once

#include <ol/base/bytes.hpp>

namespace ol::evm {

/// Code made ready for the fast interpreter.
class Program {
 public:
  explicit Program(ByteView code) : code_(code) {}
  [[nodiscard]] ByteView code() const { return code_; }

 private:
  ByteView code_;
};

}  // namespace ol::evm
