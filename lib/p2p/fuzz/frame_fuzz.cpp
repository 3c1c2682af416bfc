// The frame decoder: the same result however the bytes arrive, bounded memory, and what it decodes
// encodes to the bytes it came from when the channels are not interleaved.
#include <ol/base/check.hpp>
#include <ol/p2p/frame.hpp>

namespace {

using namespace ol;
using namespace ol::p2p;

std::vector<InboundMessage> run(FrameDecoder& decoder, std::optional<FrameError>& error) {
  std::vector<InboundMessage> out;
  for (;;) {
    auto next = decoder.next();
    if (!next) error = next.error();
    if (!next || !*next) return out;
    OL_CHECK((*next)->payload.size() <= message_bytes_max((*next)->channel), "within the limit");
    out.push_back(**std::move(next));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  FrameDecoder whole;
  std::optional<FrameError> whole_error;
  whole.feed(input);
  const auto messages = run(whole, whole_error);

  FrameDecoder split;
  std::optional<FrameError> split_error;
  std::size_t count = 0;
  const std::size_t step = size == 0 ? 1 : 1 + data[0] % 16;
  for (std::size_t at = 0; at < size; at += step) {
    split.feed(input.subspan(at, std::min(step, size - at)));
    for (const InboundMessage& message : run(split, split_error)) {
      OL_CHECK(count < messages.size(), "segments do not matter");
      OL_CHECK(message.payload == messages[count].payload, "segments do not matter");
      count += 1;
    }
  }
  OL_CHECK(count == messages.size() && split_error == whole_error, "segments do not matter");

  for (const InboundMessage& message : messages) {
    SendQueue queue(std::size_t{64} << 20);
    OL_CHECK(queue.push(message.channel, share(message.payload)) == PushOutcome::Queued, "room");
    Bytes wire;
    while (!queue.empty()) {
      Bytes batch;
      queue.fill(batch, 65519);
      append(wire, batch);
    }
    FrameDecoder again;
    std::optional<FrameError> error;
    again.feed(wire);
    const auto back = run(again, error);
    OL_CHECK(back.size() == 1 && back[0].payload == message.payload, "what is sent arrives");
  }
  return 0;
}
