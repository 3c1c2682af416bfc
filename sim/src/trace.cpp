#include <ol/sim/trace.hpp>

#include <cstring>

#include <fmt/format.h>
#include <ol/base/hex.hpp>

namespace ol::sim {

void Trace::mix(ByteView bytes) {
  mix(bytes.size());
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, 8);
    mix(word);
  }
  std::uint64_t rest = 0;
  for (; at < bytes.size(); ++at)
    rest = rest << 8U | bytes[at];
  mix(rest);
}

void Trace::line(std::uint64_t now_us, std::string_view who, std::string_view what) {
  if (out_ == nullptr) return;
  *out_ << fmt::format("{:>6}.{:03} s  {:<8}  {}\n", now_us / 1'000'000, now_us / 1000 % 1000, who,
                       what);
}

std::string brief(const primitives::BlockHash& hash) {
  return to_hex(hash.view()).substr(0, 8);
}

}  // namespace ol::sim
