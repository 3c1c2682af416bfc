#pragma once

#include <cstdint>
#include <vector>

namespace ol::app::bench {

/// Whether every action takes effect once: blocks may hold an action again, but must refuse it then
/// (dex.md 14.3). One thread.
class FinalOnce {
 public:
  explicit FinalOnce(std::size_t actions) : seen_(actions, Seen::Never) {}

  enum class Verdict : std::uint8_t {
    First,
    Repeated,  // in a second block, without effect there
    Twice,     // took effect in two blocks
  };
  [[nodiscard]] Verdict count(std::size_t action, bool ok) {
    Seen& seen = seen_[action];
    if (seen == Seen::Never) {
      seen = ok ? Seen::Done : Seen::Refused;
      return Verdict::First;
    }
    if (!ok) return Verdict::Repeated;
    if (seen == Seen::Done) return Verdict::Twice;
    seen = Seen::Done;
    return Verdict::Repeated;
  }

 private:
  enum class Seen : std::uint8_t { Never, Refused, Done };
  std::vector<Seen> seen_;
};

}  // namespace ol::app::bench
