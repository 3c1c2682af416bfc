#include <ol/p2p/frame.hpp>

#include <ol/base/codec.hpp>

namespace ol::p2p {
namespace {

// Channels that take turns once control and consensus have nothing to send.
constexpr std::array<Channel, 3> kSharing{Channel::Request, Channel::Gossip, Channel::Bulk};
// What is given up first when a peer is slow: gossip reaches the peer by other ways, a bulk
// transfer is asked for again, a request has somebody waiting.
constexpr std::array<Channel, 3> kDropOrder{Channel::Gossip, Channel::Bulk, Channel::Request};

// Parsed input is cut off once it is this long, so that cutting costs little per byte.
constexpr std::size_t kCompactBytes = std::size_t{64} << 10;

std::size_t cost_of(const SharedBytes& message) {
  return message->size() + kQueuedMessageOverhead;
}

}  // namespace

const char* describe(FrameError error) {
  switch (error) {
    case FrameError::UnknownChannel:
      return "frame for an unknown channel";
    case FrameError::ChunkOverLimit:
      return "frame longer than a chunk may be";
    case FrameError::ShortChunk:
      return "continued frame that is not full";
    case FrameError::MessageOverLimit:
      return "message longer than its channel allows";
  }
  OL_CHECK(false, "unknown FrameError");
}

void FrameDecoder::feed(ByteView plaintext) {
  if (input_start_ == input_.size()) {
    input_.clear();
    input_start_ = 0;
  } else if (input_start_ > kCompactBytes) {
    input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(input_start_));
    input_start_ = 0;
  }
  append(input_, plaintext);
}

Result<std::optional<InboundMessage>, FrameError> FrameDecoder::next() {
  if (error_) return fail(*error_);
  for (;;) {
    const ByteView rest = ByteView(input_).subspan(input_start_);
    if (rest.size() < kFrameHeaderBytes) return std::nullopt;
    Reader header(rest.first(kFrameHeaderBytes));
    const std::uint32_t length = header.u32();
    const std::uint8_t head = header.u8();
    const bool continues = (head & kFrameContinues) != 0;
    const std::size_t number = head & ~kFrameContinues;
    if (number >= kChannelCount) return fail_with(FrameError::UnknownChannel);
    if (length > kChunkBytesMax) return fail_with(FrameError::ChunkOverLimit);
    if (continues && length != kChunkBytesMax) return fail_with(FrameError::ShortChunk);
    const auto channel = static_cast<Channel>(number);
    Bytes& partial = partial_[number];
    // A continued message has at least one more byte to come.
    const std::size_t announced = partial.size() + length + (continues ? 1 : 0);
    if (announced > message_bytes_max(channel)) return fail_with(FrameError::MessageOverLimit);

    if (rest.size() < kFrameHeaderBytes + length) return std::nullopt;
    append(partial, rest.subspan(kFrameHeaderBytes, length));
    input_start_ += kFrameHeaderBytes + length;
    if (continues) continue;
    return InboundMessage{channel, std::exchange(partial, Bytes{})};
  }
}

std::size_t FrameDecoder::buffered_bytes() const {
  std::size_t sum = input_.size() - input_start_;
  for (const Bytes& partial : partial_)
    sum += partial.size();
  return sum;
}

Result<std::optional<InboundMessage>, FrameError> FrameDecoder::fail_with(FrameError error) {
  error_ = error;
  return fail(error);
}

PushOutcome SendQueue::push(Channel channel, SharedBytes payload) {
  OL_CHECK(payload != nullptr, "a queued message has bytes");
  OL_CHECK(payload->size() <= message_bytes_max(channel), "the caller checked the limit");
  const std::size_t cost = cost_of(payload);
  Lane& target = lane(channel);
  if (!make_room(channel, cost)) {
    target.dropped += 1;
    const bool must_arrive = channel == Channel::Control || channel == Channel::Consensus;
    return must_arrive ? PushOutcome::Overflow : PushOutcome::Dropped;
  }
  target.messages.push_back(std::move(payload));
  target.bytes += cost;
  bytes_ += cost;
  messages_ += 1;
  return PushOutcome::Queued;
}

bool SendQueue::make_room(Channel channel, std::size_t bytes) {
  if (bytes > bytes_max_) return false;
  for (const Channel victim_channel : kDropOrder) {
    if (victim_channel == channel) break;
    Lane& victim = lane(victim_channel);
    // A message whose first chunk has left must be finished: the receiver holds the rest open.
    const std::size_t kept = victim.sent > 0 ? 1 : 0;
    while (bytes_ + bytes > bytes_max_ && victim.messages.size() > kept) {
      const std::size_t cost = cost_of(victim.messages.back());
      victim.messages.pop_back();
      victim.bytes -= cost;
      victim.dropped += 1;
      bytes_ -= cost;
      messages_ -= 1;
    }
  }
  return bytes_ + bytes <= bytes_max_;
}

SendQueue::Lane* SendQueue::next_lane() {
  for (const Channel channel : {Channel::Control, Channel::Consensus}) {
    if (!lane(channel).messages.empty()) return &lane(channel);
  }
  for (std::size_t i = 0; i < kSharing.size(); ++i) {
    const std::size_t candidate = (turn_ + i) % kSharing.size();
    if (lane(kSharing[candidate]).messages.empty()) continue;
    turn_ = (candidate + 1) % kSharing.size();
    return &lane(kSharing[candidate]);
  }
  return nullptr;
}

void SendQueue::fill(Bytes& out, std::size_t out_bytes_max) {
  OL_CHECK(out_bytes_max >= kFrameHeaderBytes + kChunkBytesMax, "room for one full frame");
  while (out.size() + kFrameHeaderBytes + kChunkBytesMax <= out_bytes_max) {
    Lane* const lane = next_lane();
    if (lane == nullptr) return;
    append_frame(*lane, out);
  }
}

void SendQueue::append_frame(Lane& lane, Bytes& out) {
  const SharedBytes& message = lane.messages.front();
  const ByteView rest = ByteView(*message).subspan(lane.sent);
  const ByteView chunk = rest.first(std::min(rest.size(), kChunkBytesMax));
  const bool continues = chunk.size() < rest.size();
  const auto length = static_cast<std::uint32_t>(chunk.size());
  const auto number = static_cast<std::uint8_t>(&lane - lanes_.data());
  const std::array<std::uint8_t, kFrameHeaderBytes> header{
      static_cast<std::uint8_t>(length >> 24), static_cast<std::uint8_t>(length >> 16),
      static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length),
      static_cast<std::uint8_t>(number | (continues ? kFrameContinues : 0))};
  append(out, header);
  append(out, chunk);
  if (continues) {
    lane.sent += chunk.size();
    return;
  }
  const std::size_t cost = cost_of(message);
  lane.messages.pop_front();
  lane.sent = 0;
  lane.bytes -= cost;
  bytes_ -= cost;
  messages_ -= 1;
}

std::size_t SendQueue::channel_bytes(Channel channel) const {
  return lanes_[channel_index(channel)].bytes;
}

std::uint64_t SendQueue::dropped(Channel channel) const {
  return lanes_[channel_index(channel)].dropped;
}

}  // namespace ol::p2p
