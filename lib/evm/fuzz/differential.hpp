#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ol/base/bytes.hpp>
#include <ol/evm/revision.hpp>

namespace ol::evm::differential {

/// Two contracts and a call of the first, for both interpreters to run.
struct Experiment {
  Revision revision = Revision::Prague;
  Bytes code;    // of the contract called
  Bytes callee;  // of another, which the first may call
  Bytes input;
  std::int64_t gas = 0;
  bool create = false;  // run `code` as init code instead
};

/// A source of choices: a generator's or a fuzzer's bytes. Zero once used up.
class Choices {
 public:
  explicit Choices(std::uint64_t seed) : state_(seed) {}
  explicit Choices(ByteView bytes) : bytes_(bytes), from_bytes_(true) {}

  [[nodiscard]] std::uint64_t next();
  /// Below `bound`, which is not zero.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  [[nodiscard]] bool exhausted() const { return from_bytes_ && bytes_.empty(); }

 private:
  std::uint64_t state_ = 0;
  ByteView bytes_;
  bool from_bytes_ = false;
};

/// Code that mostly does something: operands before operations, jumps to places that exist, small
/// memory offsets; now and then none of that.
[[nodiscard]] Experiment make_experiment(Choices& choices);

/// Runs both interpreters. What differs between them, or nothing.
class Comparison {
 public:
  Comparison();
  ~Comparison();
  Comparison(const Comparison&) = delete;
  Comparison& operator=(const Comparison&) = delete;

  [[nodiscard]] std::optional<std::string> find_difference(const Experiment& experiment);
  /// How often code ended well so far: a fuzzer whose programs all fail finds nothing.
  [[nodiscard]] std::uint64_t successes() const { return successes_; }

 private:
  struct Machines;
  std::vector<Machines> machines_;
  std::uint64_t successes_ = 0;
};

/// The experiment as text, to run it again by hand.
[[nodiscard]] std::string describe(const Experiment& experiment);

}  // namespace ol::evm::differential
