// What leaves under this validator's key, and when it must not be used any more.
#include <ol/base/hex.hpp>
#include <ol/node/consensus_driver.hpp>
#include <ol/primitives/item.hpp>

namespace ol::node {

using consensus::NewViewMessage;
using consensus::VoteMessage;
using p2p::Channel;

namespace {

constexpr std::size_t kRecentVotesMax = 4;

}  // namespace

void ConsensusDriver::sign_and_send(const consensus::Outputs& outputs) {
  if (!signer_ || !signing_) return;
  auto made = signer_->sign(outputs);
  if (!made) {
    if (made.error().kind == consensus::SignError::Kind::NotDurable) {
      host_.fatal("the safety record cannot be written: " + made.error().message);
    }
    become_observer(made.error().message);
    return;
  }
  if (made->proposal) {
    ++counters_.proposals_sent;
    send_leader_item(*outputs.proposal->block);
    publish(encode_message(*made->proposal));
#ifdef OL_EQUIVOCATES
    publish(encode_message(signer_->rival_of(*made->proposal)));
#endif
  }
  if (made->reproposal) {
    ++counters_.proposals_sent;
    publish(encode_message(*made->reproposal));
#ifdef OL_EQUIVOCATES
    const consensus::BlockTree::Node* again =
        kernel_->tree().find(made->reproposal->certificate.block());
    publish(encode_message(signer_->rival_of(*made->reproposal, *again->block)));
#endif
  }
  if (made->vote) send_vote(*outputs.vote, *made->vote);
  if (made->new_view) send_new_view(*made->new_view);
}

void ConsensusDriver::send_leader_item(const primitives::Block& block) {
  if (block.payload.empty() || !primitives::is_leader_item(block.payload.back())) return;
  const ItemsResponse item{.block = block.hash, .items = {block.payload.back()}};
  host_.broadcast(Channel::Request, encode_sync_message(item));
}

void ConsensusDriver::publish(Bytes message) {
  host_.record_outgoing(message);
  host_.broadcast(Channel::Consensus, std::move(message));
}

void ConsensusDriver::send_vote(const consensus::VoteIntent& intent, const VoteMessage& vote) {
#ifdef OL_EQUIVOCATES
  // Where its vote is needed the block stays prepared, and it proposes it again.
  if (vote.subject.phase == primitives::Phase::Precommit) return;
#endif
  ++counters_.votes_sent;
  Bytes message = encode_message(vote);
  if (intent.audience == consensus::Audience::All) {
    if (recent_votes_.size() >= kRecentVotesMax) recent_votes_.pop_front();
    recent_votes_.push_back(message);
    publish(std::move(message));
#ifdef OL_EQUIVOCATES
    publish(encode_message(signer_->rival_of(vote)));
#endif
    collect(vote);
    return;
  }
  host_.record_outgoing(message);
  if (intent.destination == *self_) {
    collect(vote);
  } else if (const auto peer = peer_of(intent.destination)) {
    host_.send(*peer, Channel::Consensus, std::move(message));
#ifdef OL_EQUIVOCATES
    host_.send(*peer, Channel::Consensus, encode_message(signer_->rival_of(vote)));
#endif
  }
}

void ConsensusDriver::send_new_view(const NewViewMessage& message) {
  ++counters_.timeouts_sent;
  publish(encode_message(message));
  // Our own statement counts like any other.
  auto verified = verifier_->verify_new_view(message);
  OL_CHECK(verified.has_value(), "our own new-view message verifies");
  if (leads(message.view.next()) && message.last_vote) collect(*message.last_vote);
  step(consensus::NewViewReceived{*std::move(verified)});
}

// Either somebody else proposed it with our key, or a quorum certified it, which honest validators
// do only for what our key signed: a second process has the key, or this one an old record.
void ConsensusDriver::stop_if_foreign(const primitives::Header& header,
                                      const primitives::BlockHash& hash) {
  if (!signer_ || !signer_->is_foreign(header, hash)) return;
  become_observer("a proposal signed with this validator's key came from elsewhere (view " +
                  std::to_string(header.view.value()) + ", block " +
                  to_hex(hash.view()).substr(0, 16) + ")");
}

void ConsensusDriver::become_observer(const std::string& why) {
  if (!signing_) return;
  signing_ = false;
  foreign_ = true;
  self_.reset();
  build_.reset();
  kernel_->become_observer();
  host_.warn("this node stops signing and only follows: " + why +
             ". Run one process per validator key; restart this node once it is the only one.");
}

}  // namespace ol::node
