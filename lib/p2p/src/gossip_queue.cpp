#include <ol/p2p/gossip_queue.hpp>

#include <algorithm>

#include <ol/p2p/protobuf.hpp>

namespace ol::p2p {
namespace {

// Ids announced or asked for that may wait for one peer.
constexpr std::size_t kGossipIdsMax = 10000;
// Ids in one RPC, below the 5000 everyone reads.
constexpr std::size_t kRpcIdsMax = 1000;
// What goes before an id, and before a list of ids but its topic.
constexpr std::size_t kIdOverhead = 3;
constexpr std::size_t kListOverhead = 16;

std::vector<ByteView> views(const std::vector<MessageId>& ids) {
  std::vector<ByteView> out;
  out.reserve(ids.size());
  for (const MessageId& id : ids)
    out.push_back(as_bytes(id));
  return out;
}

/// The buffer lives as long as the message it is part of.
SharedBytes field_of(const GossipMessagePtr& message) {
  return {message, &message->rpc_field};
}

/// What one RPC may still hold of ids.
struct Room {
  std::size_t ids = kRpcIdsMax;
  std::size_t bytes = 0;
};

/// Takes as many ids from the end as there is room for.
std::vector<MessageId> take_ids(std::vector<MessageId>& ids, Room& room) {
  std::vector<MessageId> out;
  while (!ids.empty() && room.ids > 0 && ids.back().size() + kIdOverhead <= room.bytes) {
    room.ids -= 1;
    room.bytes -= ids.back().size() + kIdOverhead;
    out.push_back(std::move(ids.back()));
    ids.pop_back();
  }
  return out;
}

}  // namespace

void GossipQueue::graft(const std::string& topic) {
  std::erase_if(prunes_, [&](const auto& prune) { return prune.first == topic; });
  grafts_.insert(topic);
}

void GossipQueue::prune(const std::string& topic, std::uint64_t backoff_s) {
  grafts_.erase(topic);
  std::erase_if(prunes_, [&](const auto& prune) { return prune.first == topic; });
  prunes_.emplace_back(topic, backoff_s);
}

void GossipQueue::ihave(const std::string& topic, std::vector<MessageId> ids) {
  if (is_full() || gossip_ids_ + ids.size() > kGossipIdsMax) return;
  gossip_ids_ += ids.size();
  ihaves_.emplace_back(topic, std::move(ids));
}

void GossipQueue::iwant(std::vector<MessageId> ids) {
  if (gossip_ids_ + ids.size() > kGossipIdsMax) return;
  gossip_ids_ += ids.size();
  std::move(ids.begin(), ids.end(), std::back_inserter(iwants_));
}

void GossipQueue::idontwant(const MessageId& id) {
  if (idontwants_.size() < kRpcIdsMax) idontwants_.push_back(id);
}

bool GossipQueue::fits(std::size_t bytes) const {
  return messages_.size() < limits_.messages && bytes <= limits_.bytes - bytes_;
}

/// Drops the oldest message of the lowest class under `below`.
bool GossipQueue::drop_one(GossipClass below) {
  for (const GossipClass victim : {GossipClass::Droppable, GossipClass::Forwarded}) {
    if (victim >= below) return false;
    const auto at = std::find_if(messages_.begin(), messages_.end(),
                                 [&](const Queued& q) { return q.priority == victim; });
    if (at == messages_.end()) continue;
    bytes_ -= at->message->rpc_field.size();
    messages_.erase(at);
    return true;
  }
  return false;
}

bool GossipQueue::push(GossipMessagePtr message, GossipClass priority, TimePoint expires) {
  const std::size_t size = message->rpc_field.size();
  if (size > limits_.bytes) return false;
  while (!fits(size)) {
    // What was gossiped about goes before what was asked for.
    gossip_ids_ = iwants_.size();
    ihaves_.clear();
    if (!drop_one(priority)) return false;
  }
  bytes_ += size;
  messages_.push_back({std::move(message), priority, expires});
  return true;
}

void GossipQueue::remove(const std::set<MessageId>& ids) {
  std::erase_if(messages_, [&](const Queued& q) {
    const bool gone = q.priority != GossipClass::Own && ids.contains(q.message->id);
    if (gone) bytes_ -= q.message->rpc_field.size();
    return gone;
  });
}

bool GossipQueue::empty() const {
  return messages_.empty() && subscriptions_.empty() && grafts_.empty() && prunes_.empty() &&
         ihaves_.empty() && iwants_.empty() && idontwants_.empty();
}

void GossipQueue::drop_expired(TimePoint now) {
  while (!messages_.empty() && messages_.front().expires < now)
    drop_late();
}

void GossipQueue::drop_late() {
  const Queued& late = messages_.front();
  expired_own_ += late.priority == GossipClass::Own ? 1 : 0;
  bytes_ -= late.message->rpc_field.size();
  messages_.pop_front();
}

std::size_t GossipQueue::own_count() const {
  return static_cast<std::size_t>(
      std::ranges::count(messages_, GossipClass::Own, &Queued::priority));
}

/// Everything but messages, as fields of an RPC. What has no room waits for the next.
Bytes GossipQueue::take_control() {
  Bytes out;
  for (const auto& [on, topic] : std::exchange(subscriptions_, {}))
    append_subscription(out, on, topic);
  ControlBuilder control;
  for (const std::string& topic : std::exchange(grafts_, {}))
    control.graft(topic);
  for (const auto& [topic, backoff_s] : std::exchange(prunes_, {}))
    control.prune(topic, backoff_s);
  // Of all lists but those of announcements.
  const std::size_t used = out.size() + control.size() + 3 * kListOverhead;
  Room room{.bytes = limits_.rpc_bytes - std::min(limits_.rpc_bytes, used)};
  const auto unwanted = take_ids(idontwants_, room);
  if (!unwanted.empty()) control.idontwant(views(unwanted));
  while (!ihaves_.empty()) {
    auto& [topic, ids] = ihaves_.back();
    const std::size_t head = topic.size() + kListOverhead;
    if (room.bytes < head) break;
    room.bytes -= head;
    const auto taken = take_ids(ids, room);
    if (!taken.empty()) control.ihave(topic, views(taken));
    gossip_ids_ -= taken.size();
    if (!ids.empty()) break;
    ihaves_.pop_back();
  }
  asked_ = take_ids(iwants_, room);
  if (!asked_.empty()) control.iwant(views(asked_));
  gossip_ids_ -= asked_.size();
  control.append_to(out);
  return out;
}

std::vector<SharedBytes> GossipQueue::take_rpc(TimePoint now) {
  drop_expired(now);
  if (empty()) return {};
  const Bytes control = take_control();
  std::size_t total = control.size();
  std::vector<SharedBytes> out(1);
  while (!messages_.empty()) {
    const Queued& next = messages_.front();
    const std::size_t size = next.message->rpc_field.size();
    if (next.expires < now) {
      drop_late();
      continue;
    }
    if (total > 0 && total + size > limits_.rpc_bytes) break;
    out.push_back(field_of(next.message));
    total += size;
    bytes_ -= size;
    messages_.pop_front();
  }
  if (total == 0) return {};
  Bytes head;
  append_varint(head, total);
  append(head, control);
  out[0] = share(std::move(head));
  return out;
}

}  // namespace ol::p2p
