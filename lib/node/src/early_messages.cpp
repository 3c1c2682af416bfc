#include <ol/node/early_messages.hpp>

#include <algorithm>
#include <map>

namespace ol::node {
namespace {

std::size_t cost_of(const EarlyMessages::Message& one) {
  return one.bytes.size() + EarlyMessages::kOverhead;
}

}  // namespace

std::size_t EarlyMessages::cost() const {
  std::size_t out = 0;
  for (const Message& one : messages_)
    out += cost_of(one);
  return out;
}

// The newcomer counts: a flooder pushes out its own.
void EarlyMessages::keep(const p2p::PeerId& peer, ByteView bytes) {
  if (bytes.size() > kMessageBytesMax) return;
  messages_.push_back({peer, to_bytes(bytes)});
  while (cost() > kCostMax)
    drop_one();
}

void EarlyMessages::drop_one() {
  std::map<p2p::PeerId, std::size_t> held;
  for (const Message& one : messages_)
    held[one.peer] += cost_of(one);
  const auto most =
      std::ranges::max_element(held, {}, [](const auto& entry) { return entry.second; });
  messages_.erase(std::ranges::find(messages_, most->first, &Message::peer));
}

}  // namespace ol::node
