#pragma once

#include <memory>
#include <string>

namespace ol::app {

/// Market makers and takers that keep the books of a development network alive: each round the
/// makers quote anew around every perp's mark price and each taker takes from one market. They fund
/// themselves from the faucet. On a thread of their own, until destroyed; a node that does not
/// answer is asked again later.
class Bots {
 public:
  /// @param url  The node they trade at.
  explicit Bots(std::string url);
  Bots(const Bots&) = delete;
  Bots& operator=(const Bots&) = delete;
  ~Bots();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ol::app
