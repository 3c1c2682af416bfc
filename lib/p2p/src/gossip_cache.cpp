#include <ol/p2p/gossip_cache.hpp>

#include <algorithm>

namespace ol::p2p {

SeenMessage* GossipCache::find_seen(const MessageId& id) {
  for (Seen* const generation : {&current_, &previous_}) {
    const auto at = generation->find(id);
    if (at != generation->end()) return &at->second;
  }
  return nullptr;
}

void GossipCache::rotate(TimePoint now) {
  previous_ = std::exchange(current_, {});
  current_since_ = now;
}

SeenMessage& GossipCache::add_seen(const MessageId& id, TimePoint now) {
  if (!current_since_) current_since_ = now;
  const bool old = now - *current_since_ >= limits_.seen_life;
  if (old || current_.size() >= limits_.seen_max / 2) rotate(now);
  return current_[id];
}

void GossipCache::forget(const MessageId& id) {
  current_.erase(id);
  previous_.erase(id);
}

void GossipCache::put(const GossipMessagePtr& message) {
  const std::size_t size = message->rpc_field.size();
  while (bytes_ + size > limits_.message_bytes_max && windows_.size() > 1)
    drop_window();
  if (bytes_ + size > limits_.message_bytes_max) return;
  if (!messages_.emplace(message->id, message).second) return;
  windows_.front().push_back(message->id);
  bytes_ += size;
}

GossipMessagePtr GossipCache::get(const MessageId& id) const {
  const auto at = messages_.find(id);
  return at == messages_.end() ? nullptr : at->second;
}

std::vector<MessageId> GossipCache::announced(const std::string& topic) const {
  std::vector<MessageId> out;
  const std::size_t count = std::min(limits_.gossip_windows, windows_.size());
  for (std::size_t i = 0; i < count; ++i) {
    for (const MessageId& id : windows_[i]) {
      if (messages_.at(id)->topic == topic) out.push_back(id);
    }
  }
  return out;
}

void GossipCache::drop_window() {
  for (const MessageId& id : windows_.back()) {
    const auto at = messages_.find(id);
    bytes_ -= at->second->rpc_field.size();
    messages_.erase(at);
  }
  windows_.pop_back();
}

void GossipCache::shift(TimePoint now) {
  windows_.emplace_front();
  while (windows_.size() > limits_.windows)
    drop_window();
  if (current_since_ && now - *current_since_ >= limits_.seen_life) rotate(now);
}

}  // namespace ol::p2p
