#include "inlet.hpp"

namespace ol::p2p {

Result<std::optional<ByteView>, DelimitedError> Inlet::next(ByteView& in) {
  auto message = reader_.next(in);
  if (message && *message) age_ = Duration{0};
  return message;
}

void Inlet::pass(Duration time) {
  age_ = unfinished_bytes() == 0 ? Duration{0} : age_ + time;
}

// Progress buys time, but not more than it is worth.
bool Inlet::is_late(Duration grace) const {
  const auto seconds = static_cast<std::int64_t>(unfinished_bytes() / kMessageBytesPerSecond);
  return age_ > grace + std::chrono::seconds{seconds};
}

}  // namespace ol::p2p
