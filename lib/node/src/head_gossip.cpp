#include "head_gossip.hpp"

namespace ol::node {

using p2p::GossipVerdict;
using primitives::QuorumCertificate;

namespace {

bool has_block(const ConsensusDriver& driver, const primitives::BlockHash& block,
               primitives::Height height) {
  const consensus::BlockTree& tree = driver.kernel().tree();
  return height <= tree.root().header.height || tree.find(block) != nullptr;
}

}  // namespace

Result<QuorumCertificate, DecodeError> decode_certificate_gossip(ByteView bytes) {
  auto message = consensus::decode_message(bytes);
  if (!message) return fail(message.error());
  auto* const certificate = std::get_if<consensus::CertificateMessage>(&*message);
  if (certificate == nullptr) return fail(DecodeError::BadValue);
  return std::move(certificate->certificate);
}

// Signatures of what is known are not checked: whoever lacks it hears it from somebody else.
bool HeadGossip::is_known(const ConsensusDriver& driver,
                          const QuorumCertificate& certificate) const {
  const consensus::AnyKernel& kernel = driver.kernel();
  if (certificate.height() <= kernel.tree().root().header.height) return true;
  return !by_slots_ && certificate.view() <= kernel.high_qc().view();
}

void HeadGossip::take(ConsensusDriver& driver, Now now, const p2p::PeerId& from,
                      const std::string& id, const QuorumCertificate& certificate,
                      ByteView message) {
  if (is_known(driver, certificate)) {
    judge_(id, GossipVerdict::Ignore);
    return;
  }
  // The driver asks for what proves an epoch's end; the certificate may come again then.
  const bool later = certificate.subject.epoch != driver.set().epoch();
  const std::uint64_t refused = driver.counters().messages_refused;
  const std::uint64_t dropped = driver.counters().messages_dropped;
  driver.on_message(now, from, p2p::Channel::Consensus, message);
  // Not verified: another may bring it. Who goes on is cut off by its budget.
  if (driver.counters().messages_dropped > dropped) {
    judge_(id, GossipVerdict::Busy);
    return;
  }
  if (later || driver.counters().messages_refused > refused) {
    judge_(id, later ? GossipVerdict::TooEarly : GossipVerdict::Reject);
    return;
  }
  if (waiting_.size() >= kWaitingMax) {
    judge_(waiting_.front().id, GossipVerdict::Ignore);
    waiting_.pop_front();
  }
  waiting_.push_back({id, certificate.block(), certificate.height(), now.monotonic_ms + kWaitMs});
}

void HeadGossip::take_block(ConsensusDriver& driver, Now now, const p2p::PeerId& from,
                            const std::string& id, ByteView message) {
  const auto held =
      blocks_.take({driver.kernel().tree(), driver.set().epoch()}, now, from, id, message);
  if (held) driver.on_heard(now, *held);
}

// Whoever is passed a certificate and has not heard its block asks for it at once: the certificate
// is passed on with the block at hand, and behind it.
void HeadGossip::follow(const ConsensusDriver& driver, Now now) {
  blocks_.follow(driver.kernel().tree(), now);
  std::erase_if(waiting_, [&](const Waiting& one) {
    const bool here = has_block(driver, one.block, one.height);
    if (!here && now.monotonic_ms < one.until_ms) return false;
    judge_(one.id, here ? GossipVerdict::Accept : GossipVerdict::Ignore);
    return true;
  });
}

namespace {

const primitives::Block* block_of(const ConsensusDriver& driver,
                                  const primitives::BlockHash& hash) {
  const consensus::BlockTree& tree = driver.kernel().tree();
  if (hash == tree.root().hash) return &tree.root();
  const consensus::BlockTree::Node* const node = tree.find(hash);
  return node == nullptr ? nullptr : node->block.get();
}

}  // namespace

// A long block comes from its proposer and from nodes that follow: each validator's copy would cost
// its uplink as much as the proposal.
std::optional<Bytes> HeadGossip::block_to_tell(const ConsensusDriver& driver,
                                               const primitives::BlockHash& hash) const {
  const primitives::Block* const block = block_of(driver, hash);
  if (block == nullptr || blocks_.passed_on(hash)) return std::nullopt;
  const bool own = !driver.self() || *driver.self() == block->header.proposer;
  const std::size_t bytes_max = own ? kBlockGossipBytesMax : kEverybodyBytesMax;
  std::size_t payload_bytes = 0;
  for (const Bytes& item : block->payload)
    payload_bytes += item.size();
  if (payload_bytes > bytes_max) return std::nullopt;
  Writer out;
  primitives::encode(out, *block);
  Bytes encoded = out.take();
  if (encoded.size() > bytes_max) return std::nullopt;
  return encoded;
}

std::optional<HeadGossip::News> HeadGossip::news(const ConsensusDriver& driver, Now now) {
  const consensus::AnyKernel& kernel = driver.kernel();
  const std::uint64_t mark =
      by_slots_ ? kernel.tree().root().header.height.value() : kernel.high_qc().view().value();
  if (mark <= published_) return std::nullopt;
  const std::vector<QuorumCertificate> known = kernel.news();
  if (known.empty() || !has_block(driver, known.front().block(), known.front().height())) {
    return std::nullopt;
  }
  published_ = mark;
  const primitives::Block* const block = block_of(driver, known.front().block());
  if (block != nullptr && block->header.time.value() + kNewsMs < now.wall_ms) return std::nullopt;
  return News{
      .block = block_to_tell(driver, known.front().block()),
      .certificate = consensus::encode_message(consensus::CertificateMessage{known.front()})};
}

}  // namespace ol::node
