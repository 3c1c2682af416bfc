// Any sequence of verified inputs, including ones that no honest network produces in that order.
// The kernel must not abort, commits each height once and in a chain, never lets its lock, votes or
// timeouts go back, and stays within its bounds.
#include <ol/consensus/kernel.hpp>

namespace {

using namespace ol;
using namespace ol::consensus;
using primitives::Block;

const primitives::ChainDomain kDomain{.chain_id = primitives::ChainId(7)};

const crypto::Ed25519SecretKey& key(std::uint8_t i) {
  static const std::vector<crypto::Ed25519SecretKey> keys = [] {
    std::vector<crypto::Ed25519SecretKey> out;
    for (std::uint8_t n = 1; n <= 4; ++n)
      out.push_back(*crypto::Ed25519SecretKey::from_bytes(Bytes(32, n)));
    return out;
  }();
  return keys[i];
}

const primitives::ValidatorSet& validators() {
  static const primitives::ValidatorSet set = [] {
    std::vector<primitives::Validator> list;
    for (std::uint8_t i = 0; i < 4; ++i) {
      const Bytes seed(32, static_cast<std::uint8_t>(i + 1));
      list.push_back({.name = {},
                      .key = key(i).public_key(),
                      .bls_key = crypto::BlsSecretKey::key_gen(seed)->public_key(),
                      .network_key = key(i).public_key(),
                      .fee_recipient = {}});
    }
    return *primitives::ValidatorSet::make(Epoch(0), primitives::QuorumRule::Unit, std::move(list));
  }();
  return set;
}

/// Lets every certificate through: the fuzzer makes only those that a quorum could have made.
class NoScheme final : public CertificateScheme {
 public:
  Bytes sign(const VoterKeys&, const Hash256&) const override { return {}; }
  std::optional<Combined> combine(std::span<const Share>) override { return std::nullopt; }
  bool verify_share(const Hash256&, const Share&) const override { return false; }
  bool verify(const Hash256&, ByteView, ByteView) const override { return true; }
};

/// A kernel, a growing universe of blocks, and what must stay true.
class World {
 public:
  World() {
    Block genesis;
    genesis.header.chain_id = kDomain.chain_id;
    genesis = Block::propose(kDomain, genesis.header, {});
    blocks_.push_back(std::move(genesis));
    certified_[View(0)] = 0;
    verifier_.emplace(kDomain, validators(), scheme_, leaders_, certificate(0));
    const auto root = std::make_shared<const Block>(blocks_[0]);
    chain_.push_back(root->hash);
    kernel_.emplace(KernelConfig{kDomain, ValidatorIndex(0), {}}, validators(), rule_, leaders_,
                    CommittedBlock{root, certificate(0)}, std::nullopt);
    apply(kernel_->step(Started{}));
  }

  void play(std::uint8_t action, std::uint8_t a, std::uint8_t b) {
    switch (action % 8) {
      case 0:
        grow(a, b);
        break;
      case 1:
        apply(kernel_->step(ProposalReceived{verifier_->own_block(block(a))}));
        break;
      case 2:
        apply(kernel_->step(BlockFetched{verifier_->own_block(block(a))}));
        break;
      case 3:
        certify(a % blocks_.size());
        break;
      case 4:
        apply(kernel_->step(TimerFired{b % 2 == 0 ? kernel_->view() : View(a)}));
        break;
      case 5:
        apply(kernel_->step(
            BlockExecuted{block(a).hash, b % 4 == 0 ? Execution::Invalid : Execution::Valid}));
        break;
      case 6:
        if (build_) answer_build();
        break;
      default:
        left(a % 4, b);
    }
  }

 private:
  const Block& block(std::uint8_t i) const { return blocks_[i % blocks_.size()]; }

  QuorumCertificate certificate(std::size_t i) const {
    QuorumCertificate out;
    out.subject.set_hash = set_hash_;
    out.subject.height = blocks_[i].header.height;
    out.subject.view = blocks_[i].header.view;
    out.subject.block = blocks_[i].hash;
    return out;
  }
  // A block on a certified parent, some views later.
  void grow(std::uint8_t a, std::uint8_t b) {
    const std::size_t parent = a % blocks_.size();
    if (blocks_.size() >= 200 || !is_certified(parent)) return;
    primitives::Header header;
    header.chain_id = kDomain.chain_id;
    header.justify = certificate(parent);
    header.parent = blocks_[parent].hash;
    header.height = blocks_[parent].header.height.next();
    header.view = blocks_[parent].header.view + (1 + b % 3);
    header.proposer = leaders_.leader(header.view);
    header.time = primitives::TimeMs(header.height.value());
    if (b % 3 != 0) {
      const View skipped(header.view.value() - 1);
      header.timeout_certificate = TimeoutCertificate{
          .epoch = Epoch(0), .set_hash = set_hash_, .view = skipped, .signatures = {}};
    }
    blocks_.push_back(Block::propose(kDomain, header, {Bytes{b}}));
  }
  bool is_certified(std::size_t i) const {
    const auto found = certified_.find(blocks_[i].header.view);
    return found != certified_.end() && found->second == i;
  }
  // What n - f voters guarantee, whatever the kernel under test does: certificates arise in
  // ascending views, one a view, and none beside a block that is final. The kernel may learn of
  // them in any order.
  void certify(std::size_t i) {
    if (!is_certified(i)) {
      if (blocks_[i].header.view <= certified_.rbegin()->first || !extends_final(i)) return;
      certified_.emplace(blocks_[i].header.view, i);
      finalize(i);
    }
    apply(kernel_->step(CertificateReceived{verifier_->own_certificate(certificate(i))}));
  }
  std::size_t parent_of(std::size_t i) const {
    std::size_t p = 0;
    while (blocks_[p].hash != blocks_[i].header.parent)
      ++p;
    return p;
  }
  bool extends_final(std::size_t i) const {
    while (i != 0 && i != final_)
      i = parent_of(i);
    return i == final_;
  }
  void finalize(std::size_t i) {
    if (i == 0) return;
    const std::size_t b2 = parent_of(i);
    if (b2 == 0) return;
    const std::size_t b1 = parent_of(b2);
    const auto view = [&](std::size_t block) { return blocks_[block].header.view; };
    if (view(i) == view(b2).next() && view(b2) == view(b1).next() && view(b1) > view(final_))
      final_ = b1;
  }
  // `b` chooses how far ahead of the kernel the sender is and which certificate it knows.
  void left(std::uint8_t sender, std::uint8_t b) {
    const View view = kernel_->view() + b % 3;
    auto best = certified_.begin();
    for (int i = 0; i < b / 3 && std::next(best) != certified_.end(); ++i)
      ++best;
    if (best->first > view) return;
    NewViewMessage message{.epoch = Epoch(0),
                           .set_hash = set_hash_,
                           .view = view,
                           .high_qc = certificate(best->second),
                           .sender = ValidatorIndex(sender),
                           .signature = {},
                           .last_vote = {}};
    const auto digest = timeout_digest(kDomain, Epoch(0), set_hash_, view, best->first);
    message.signature = key(sender).sign(digest.view());
    const auto verified = verifier_->verify_new_view(message);
    OL_CHECK(verified.has_value(), "the statement is well signed");
    apply(kernel_->step(NewViewReceived{*verified}));
  }
  void answer_build() {
    const BuildRequest request = *std::exchange(build_, std::nullopt);
    primitives::Header header;
    header.chain_id = kDomain.chain_id;
    header.justify = request.justify;
    header.parent = request.parent->hash;
    header.height = request.parent->header.height.next();
    header.view = request.view;
    header.timeout_certificate = request.timeout_certificate;
    header.time = primitives::TimeMs(header.height.value());
    blocks_.push_back(Block::propose(kDomain, header, {}));
    apply(kernel_->step(BlockBuilt{verifier_->own_block(blocks_.back())}));
  }

  void apply(const Outputs& out) {
    OL_CHECK(!(out.vote || out.timeout || out.proposal) || out.persist,
             "nothing is signed unrecorded");
    if (out.persist) {
      const SafetyRecord& next = *out.persist;
      OL_CHECK(next.lock.view >= last_.lock.view, "the lock never falls");
      OL_CHECK(next.last_timeout_view >= last_.last_timeout_view, "timeouts ascend");
      OL_CHECK(!out.vote || next.last_vote.view > last_.last_vote.view, "one vote in a view");
      OL_CHECK(!out.vote || next.last_vote.view > last_.last_timeout_view, "no vote after leaving");
      OL_CHECK(!out.proposal || next.last_proposal.view > last_.last_proposal.view,
               "one proposal in a view");
      last_ = next;
    }
    for (const CommittedBlock& block : out.commit) {
      OL_CHECK(block.block->header.parent == chain_.back(), "final blocks form one chain");
      chain_.push_back(block.block->hash);
    }
    if (out.build) build_ = out.build;
    const KernelStatus status = kernel_->status();
    OL_CHECK(status.orphans <= Kernel::kOrphansMax, "orphans are bounded");
    OL_CHECK(status.committed_height.value() + 1 == chain_.size(), "the status tells the truth");
  }

  primitives::SetHash set_hash_ = validators().hash(kDomain);
  RoundRobin leaders_{4};
  ThreeChain rule_;
  NoScheme scheme_;
  std::vector<Block> blocks_;
  std::map<View, std::size_t> certified_;
  std::size_t final_ = 0;
  std::optional<Verifier> verifier_;
  std::optional<Kernel> kernel_;
  std::optional<BuildRequest> build_;
  SafetyRecord last_;
  std::vector<BlockHash> chain_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  World world;
  for (std::size_t i = 0; i + 3 <= size && i < 3 * 400; i += 3)
    world.play(data[i], data[i + 1], data[i + 2]);
  return 0;
}
