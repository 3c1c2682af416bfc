// What cryptography a view costs: votes into a certificate, a certificate checked, a whole view of
// a follower.
#include <ol/consensus/kernel.hpp>
#include <ol/consensus/signer.hpp>
#include <ol/consensus/vote_collector.hpp>

#include "reference.hpp"
#include "validators.hpp"

namespace ol::consensus::bench {
namespace {

using primitives::SchemeKind;

std::uint32_t size_of(const benchmark::State& state) {
  return static_cast<std::uint32_t>(state.range(0));
}

// A quorum of honest votes becomes a certificate: n - f additions, one combination, one check.
void collect_votes(benchmark::State& state, SchemeKind kind) {
  const test::Validators v(size_of(state), kind);
  const auto block = v.block(v.genesis, v.genesis_certificate, View(1));
  std::vector<VoteMessage> votes;
  for (std::uint32_t i = 0; i < v.set->quorum_count(); ++i)
    votes.push_back(v.vote(i, v.subject(block)));
  run_against(state, "x_pairing", reference().pairing, [&] {
    VoteCollector collector(v.domain, *v.set, *v.scheme);
    bool certified = false;
    for (const VoteMessage& vote : votes)
      certified = collector.add(vote).certificate.has_value();
    if (!certified) state.SkipWithError("no certificate");
  });
}

// The same with one liar among the voters: the honest votes are checked one by one, once.
void collect_votes_with_liar(benchmark::State& state) {
  const test::Validators v(size_of(state));
  const auto block = v.block(v.genesis, v.genesis_certificate, View(1));
  std::vector<VoteMessage> votes;
  for (std::uint32_t i = 0; i <= v.set->quorum_count(); ++i)
    votes.push_back(v.vote(i, v.subject(block)));
  votes[0].share.signature = votes[1].share.signature;
  run_against(state, "x_pairing", reference().pairing, [&] {
    VoteCollector collector(v.domain, *v.set, *v.scheme);
    bool certified = false;
    for (const VoteMessage& vote : votes)
      certified = collector.add(vote).certificate.has_value();
    if (!certified) state.SkipWithError("no certificate");
  });
}

void verify_certificate(benchmark::State& state, SchemeKind kind) {
  const test::Validators v(size_of(state), kind);
  const auto certificate = v.certify(v.block(v.genesis, v.genesis_certificate, View(1)));
  const Hash256 digest = vote_digest(v.domain, certificate.subject);
  run_against(state, "x_pairing", reference().pairing, [&] {
    if (!v.scheme->verify(digest, certificate.signers, certificate.signature))
      state.SkipWithError("refused");
  });
}

// What the cache of verified certificates saves.
void verify_known_certificate(benchmark::State& state) {
  const test::Validators v(4);
  const auto certificate = v.certify(v.block(v.genesis, v.genesis_certificate, View(1)));
  Verifier verifier = v.verifier();
  run_against(state, "x_pairing", reference().pairing, [&] {
    if (!verifier.verify_certificate(certificate)) state.SkipWithError("refused");
  });
  if (verifier.certificates_verified() != 1) state.SkipWithError("verified twice");
}
BENCHMARK(verify_known_certificate)->Unit(benchmark::kMicrosecond);

// specs/consensus.md section 11: at most one signature and one certificate check per node and view,
// and views within 20 % of the bound they set. One follower from the proposal's bytes to the
// vote's, a disk that takes no time. `x_bound` is against a check of one BLS signature, a BLS
// signature and an Ed25519 check.
void follower_view(benchmark::State& state, SchemeKind kind) {
  constexpr std::uint64_t kViews = 16;
  const test::Validators v(size_of(state), kind);
  std::vector<Bytes> proposals;
  std::vector<std::vector<Bytes>> payloads;
  primitives::Block parent = v.genesis;
  QuorumCertificate justify = v.genesis_certificate;
  // One more than is measured: the first justifies itself with genesis, which costs nothing.
  for (std::uint64_t view = 1; view <= kViews + 1; ++view) {
    parent = v.block(parent, justify, View(view));
    justify = v.certify(parent);
    proposals.push_back(encode_message(v.proposal(parent)));
    payloads.push_back(parent.payload);
  }
  const ThreeChain rule;
  const auto root = std::make_shared<const primitives::Block>(v.genesis);
  const Reference& r = reference();
  const double bound = r.pairing + r.bls_sign + r.ed25519_verify;
  run_against(state, "x_bound", bound * static_cast<double>(kViews), [&] {
    test::MemoryStore store;
    Verifier verifier = v.verifier();
    Signer signer(v.domain, v.set->hash(v.domain), ValidatorIndex(0), v.key(0), v.vote_key(0),
                  *v.scheme, store, std::nullopt);
    Kernel kernel(KernelConfig{v.domain, ValidatorIndex(0), {}}, *v.set, rule, *v.leaders,
                  {root, v.genesis_certificate}, std::nullopt);
    std::size_t sent = 0;
    for (std::uint64_t i = 0; i <= kViews; ++i) {
      const auto message = decode_message(proposals[i]);
      const auto header = verifier.verify_proposal(std::get<ProposalMessage>(*message));
      const auto block = verifier.complete(*header, payloads[i]);
      const BlockHash hash = block->block()->hash;
      if (kernel.step(ProposalReceived{*block}).vote) state.SkipWithError("voted too early");
      const auto made = signer.sign(kernel.step(BlockExecuted{hash, Execution::Valid}));
      sent += encode_message(*made->vote).size();
    }
    benchmark::DoNotOptimize(sent);
    if (verifier.certificates_verified() != kViews) state.SkipWithError("verified twice");
  });
  state.counters["views/s"] =
      benchmark::Counter(static_cast<double>(state.iterations()) * static_cast<double>(kViews),
                         benchmark::Counter::kIsRate);
}

BENCHMARK_CAPTURE(collect_votes, bls_threshold, SchemeKind::BlsThreshold)
    ->Arg(4)
    ->Arg(7)
    ->Arg(21)
    ->Arg(100)
    ->Arg(1000)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(collect_votes, bls_multisig, SchemeKind::BlsMultisig)
    ->Arg(4)
    ->Arg(7)
    ->Arg(21)
    ->Arg(100)
    ->Arg(1000)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK(collect_votes_with_liar)->Arg(4)->Arg(21)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(verify_certificate, bls_threshold, SchemeKind::BlsThreshold)
    ->Arg(4)
    ->Arg(21)
    ->Arg(100)
    ->Arg(1000)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(verify_certificate, bls_multisig, SchemeKind::BlsMultisig)
    ->Arg(4)
    ->Arg(21)
    ->Arg(100)
    ->Arg(1000)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(follower_view, bls_threshold, SchemeKind::BlsThreshold)
    ->Arg(4)
    ->Arg(21)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(follower_view, bls_multisig, SchemeKind::BlsMultisig)
    ->Arg(4)
    ->Arg(21)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ol::consensus::bench
