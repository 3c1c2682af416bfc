// What a view costs: the kernel alone, collecting votes, and verifying a proposal.
#include <benchmark/benchmark.h>

#include <ol/consensus/kernel.hpp>
#include <ol/consensus/vote_collector.hpp>

namespace {

using namespace ol;
using namespace ol::consensus;
using primitives::Block;

const primitives::ChainDomain kDomain{.chain_id = primitives::ChainId(7)};

Bytes seed(std::uint8_t kind, std::uint32_t i) {
  Bytes out(32, kind);
  out[0] = static_cast<std::uint8_t>(i);
  out[1] = static_cast<std::uint8_t>(i >> 8);
  return out;
}

/// Does nothing, so that the kernel alone is measured.
class TrivialScheme final : public CertificateScheme {
 public:
  Bytes sign(const crypto::BlsSecretKey&, const Hash256&) const override { return {}; }
  std::optional<Combined> combine(std::span<const Share>) override { return Combined{}; }
  bool verify_share(const Hash256&, const Share&) const override { return true; }
  bool verify(const Hash256&, ByteView, ByteView) const override { return true; }
};

struct Chain {
  explicit Chain(std::uint32_t n) : leaders(n) {
    std::vector<primitives::Validator> list;
    for (std::uint32_t i = 0; i < n; ++i) {
      keys.push_back(*crypto::Ed25519SecretKey::from_bytes(seed(1, i)));
      bls.push_back(*crypto::BlsSecretKey::key_gen(seed(2, i)));
      list.push_back({.name = {},
                      .key = keys[i].public_key(),
                      .bls_key = bls[i].public_key(),
                      .network_key = keys[i].public_key(),
                      .fee_recipient = {}});
    }
    set = primitives::ValidatorSet::make(Epoch(0), primitives::QuorumRule::Unit, std::move(list));
    genesis.header.chain_id = kDomain.chain_id;
    genesis = Block::propose(kDomain, genesis.header, {});
    genesis_certificate.subject = subject(genesis);
  }
  primitives::VoteSubject subject(const Block& block) const {
    return {.epoch = Epoch(0),
            .set_hash = set->hash(kDomain),
            .phase = Phase::Generic,
            .height = block.header.height,
            .view = block.header.view,
            .block = block.hash};
  }
  Block child(const Block& parent, const QuorumCertificate& justify) const {
    primitives::Header header;
    header.chain_id = kDomain.chain_id;
    header.height = parent.header.height.next();
    header.view = parent.header.view.next();
    header.parent = parent.hash;
    header.justify = justify;
    header.time = primitives::TimeMs(header.height.value());
    header.proposer = leaders.leader(header.view);
    header.set_hash = set->hash(kDomain);
    return Block::propose(kDomain, header, {Bytes(100, 1)});
  }
  crypto::DealtKey deal() const {
    crypto::SecretBytes<32> secret;
    secret.span()[0] = 9;
    return *crypto::deal_key({.quorum = static_cast<std::uint16_t>(set->quorum_count()),
                              .holders = static_cast<std::uint16_t>(set->size())},
                             secret);
  }

  RoundRobin leaders;
  std::vector<crypto::Ed25519SecretKey> keys;
  std::vector<crypto::BlsSecretKey> bls;
  std::optional<primitives::ValidatorSet> set;
  Block genesis;
  QuorumCertificate genesis_certificate;
};

// One view of a validator that follows: proposal, execution, vote, and a commit of an older block.
// Inputs are made beforehand; two kernel steps a view.
void kernel_view(benchmark::State& state) {
  constexpr std::size_t kViews = 512;
  const Chain chain(4);
  const TrivialScheme scheme;
  Verifier verifier(kDomain, *chain.set, scheme, chain.leaders, chain.genesis_certificate);
  std::vector<Input> inputs;
  Block parent = chain.genesis;
  QuorumCertificate justify = chain.genesis_certificate;
  for (std::size_t i = 0; i < kViews; ++i) {
    parent = chain.child(parent, justify);
    justify = {.subject = chain.subject(parent), .signers = {}, .signature = Bytes(48, 1)};
    inputs.emplace_back(ProposalReceived{verifier.own_block(parent)});
    inputs.emplace_back(BlockExecuted{parent.hash, Execution::Valid});
  }
  const ThreeChain rule;
  const auto root = std::make_shared<const Block>(chain.genesis);
  for (auto _ : state) {
    Kernel kernel(KernelConfig{kDomain, ValidatorIndex(0), {}}, *chain.set, rule, chain.leaders,
                  {root, chain.genesis_certificate}, std::nullopt);
    std::size_t committed = 0;
    for (const Input& input : inputs)
      committed += kernel.step(input).commit.size();
    if (committed != kViews - 3) state.SkipWithError("blocks are missing");
  }
  state.counters["steps/s"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * static_cast<double>(inputs.size()),
      benchmark::Counter::kIsRate);
}
BENCHMARK(kernel_view);

// A quorum of honest votes becomes a certificate: n - f additions, one combination, one pairing.
void collect(benchmark::State& state, bool threshold) {
  const Chain chain(static_cast<std::uint32_t>(state.range(0)));
  const auto dealt = chain.deal();
  std::unique_ptr<CertificateScheme> scheme;
  if (threshold) {
    scheme = BlsThresholdScheme::make(*chain.set, dealt.vector);
  } else {
    scheme = std::make_unique<BlsMultisigScheme>(*chain.set);
  }
  const Block block = chain.child(chain.genesis, chain.genesis_certificate);
  const auto subject = chain.subject(block);
  const Hash256 digest = vote_digest(kDomain, subject);
  std::vector<VoteMessage> votes;
  for (std::uint32_t i = 0; i < chain.set->quorum_count(); ++i) {
    const auto& key = threshold ? dealt.shares[i] : chain.bls[i];
    votes.push_back({subject, {ValidatorIndex(i), scheme->sign(key, digest)}});
  }
  for (auto _ : state) {
    VoteCollector collector(kDomain, *chain.set, *scheme);
    bool certified = false;
    for (const VoteMessage& vote : votes)
      certified = collector.add(vote).certificate.has_value();
    if (!certified) state.SkipWithError("no certificate");
  }
}
BENCHMARK_CAPTURE(collect, bls_threshold, true)->Arg(4)->Arg(100)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(collect, bls_multisig, false)->Arg(4)->Arg(100)->Unit(benchmark::kMillisecond);

// What a follower does for a proposal: one Ed25519 signature, and one pairing unless the
// certificate is known.
void verify_proposal(benchmark::State& state, bool certificate_known) {
  const Chain chain(4);
  const auto dealt = chain.deal();
  const auto scheme = BlsThresholdScheme::make(*chain.set, dealt.vector);
  const Block parent = chain.child(chain.genesis, chain.genesis_certificate);
  const auto subject = chain.subject(parent);
  std::vector<Share> shares;
  for (std::uint32_t i = 0; i < 3; ++i)
    shares.push_back(
        {ValidatorIndex(i), scheme->sign(dealt.shares[i], vote_digest(kDomain, subject))});
  auto combined = *scheme->combine(shares);
  const QuorumCertificate justify{subject, combined.signers, combined.signature};
  const Block block = chain.child(parent, justify);
  const auto digest = proposal_digest(kDomain, block.header, block.hash);
  const ProposalMessage message{block.header, block.item_hashes,
                                chain.keys[block.header.proposer.value()].sign(digest.view())};
  std::optional<Verifier> verifier;
  const auto renew = [&] {
    verifier.emplace(kDomain, *chain.set, *scheme, chain.leaders, chain.genesis_certificate);
  };
  renew();
  for (auto _ : state) {
    if (!certificate_known) renew();
    if (!verifier->verify_proposal(message)) state.SkipWithError("refused");
  }
}
BENCHMARK_CAPTURE(verify_proposal, new_certificate, false)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(verify_proposal, known_certificate, true)->Unit(benchmark::kMicrosecond);

}  // namespace
