// The kernel alone: no signature is made or checked, no block hashed, no byte encoded. The blocks
// that leaders answer with are made beforehand.
#include <ol/consensus/kernel.hpp>

#include "reference.hpp"
#include "validators.hpp"

namespace ol::consensus::bench {
namespace {

constexpr std::uint64_t kViews = 256;

/// The chain of all views up to `kViews`, and a certificate of each block.
class Script {
 public:
  explicit Script(std::uint32_t n) : v(n), verifier_(v.verifier()) {
    primitives::Block parent = v.genesis;
    QuorumCertificate justify = v.genesis_certificate;
    for (std::uint64_t view = 1; view <= kViews; ++view) {
      parent = v.block(parent, justify, View(view));
      justify = {.subject = v.subject(parent), .signers = {}, .signature = Bytes(48, 1)};
      blocks.push_back(verifier_.own_block(parent));
      certificates.push_back(verifier_.own_certificate(justify));
    }
  }
  Kernel kernel(std::uint32_t i) const {
    return {KernelConfig{v.domain, ValidatorIndex(i), {}},
            *v.set,
            rule,
            *v.leaders,
            {root, v.genesis_certificate},
            std::nullopt};
  }

  test::Validators v;
  ThreeChain rule;
  BlockPtr root = std::make_shared<const primitives::Block>(v.genesis);
  std::vector<VerifiedBlock> blocks;
  std::vector<VerifiedCertificate> certificates;

 private:
  Verifier verifier_;
};

double rate(const benchmark::State& state, std::uint64_t per_iteration) {
  return static_cast<double>(state.iterations()) * static_cast<double>(per_iteration);
}

// One validator that follows: a proposal and its execution in each view, so two steps.
void kernel_follower(benchmark::State& state) {
  const Script script(4);
  run_against(state, "x_sha256", reference().sha256_1k * static_cast<double>(2 * kViews), [&] {
    Kernel kernel = script.kernel(0);
    std::uint64_t committed = 0;
    for (const VerifiedBlock& block : script.blocks) {
      committed += kernel.step(ProposalReceived{block}).commit.size();
      committed += kernel.step(BlockExecuted{block.block()->hash, Execution::Valid}).commit.size();
    }
    if (committed != kViews - 3) state.SkipWithError("blocks are missing");
  });
  state.counters["steps/s"] =
      benchmark::Counter(rate(state, 2 * kViews), benchmark::Counter::kIsRate);
}
BENCHMARK(kernel_follower)->Unit(benchmark::kMillisecond);

/// The kernels of a whole set in lockstep: the leader builds, everyone votes, the next leader is
/// told the certificate.
class Lockstep {
 public:
  explicit Lockstep(const Script& script) : script_(script) {
    for (std::uint32_t i = 0; i < script.v.n; ++i) {
      kernels_.push_back(script.kernel(i));
      note(kernels_.back().step(Started{}));
    }
  }
  void run(std::uint64_t view) {
    const VerifiedBlock& block = script_.blocks[view - 1];
    const std::uint32_t leader = script_.v.leaders->leader(View(view)).value();
    for (std::uint32_t i = 0; i < kernels_.size(); ++i) {
      if (i == leader) {
        note(kernels_[i].step(BlockBuilt{block}));
      } else {
        note(kernels_[i].step(ProposalReceived{block}));
      }
      note(kernels_[i].step(BlockExecuted{block.block()->hash, Execution::Valid}));
    }
    const std::uint32_t next = script_.v.leaders->leader(View(view + 1)).value();
    note(kernels_[next].step(CertificateReceived{script_.certificates[view - 1]}));
  }

  std::uint64_t votes = 0;
  std::uint64_t builds = 0;
  std::uint64_t committed = 0;
  std::uint64_t steps = 0;

 private:
  void note(const Outputs& out) {
    ++steps;
    votes += out.vote ? 1 : 0;
    builds += out.build ? 1 : 0;
    committed += out.commit.size();
  }

  const Script& script_;
  std::vector<Kernel> kernels_;
};

void kernel_cluster(benchmark::State& state) {
  const Script script(static_cast<std::uint32_t>(state.range(0)));
  std::uint64_t steps = 0;
  run_against(state, "x_pairing", reference().pairing * static_cast<double>(kViews), [&] {
    Lockstep cluster(script);
    for (std::uint64_t view = 1; view <= kViews; ++view)
      cluster.run(view);
    steps += cluster.steps;
    if (cluster.votes != kViews * script.v.n) state.SkipWithError("votes are missing");
    if (cluster.builds != kViews + 1) state.SkipWithError("a leader did not build");
    if (cluster.committed < (kViews - 3) * script.v.n) state.SkipWithError("blocks are missing");
  });
  state.counters["views/s"] = benchmark::Counter(rate(state, kViews), benchmark::Counter::kIsRate);
  state.counters["steps/s"] =
      benchmark::Counter(static_cast<double>(steps), benchmark::Counter::kIsRate);
}
BENCHMARK(kernel_cluster)->Arg(4)->Arg(7)->Arg(21)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ol::consensus::bench
