#pragma once

#include <gtest/gtest.h>

#include "slot_cluster.hpp"

namespace ol::consensus::test {

/// One kernel, fed by hand.
class SlotKernelTest : public testing::Test {
 protected:
  SlotValidators v{4};
  Verifier verifier{v.domain,
                    *v.set,
                    *v.scheme,
                    v.slot_leaders,
                    v.genesis_certificate,
                    kEd25519Signatures,
                    VotePhases::TwoPhase};
  std::vector<BlockHash> committed;

  SlotKernel make(std::uint32_t self = 0) {
    return SlotKernel(
        KernelConfig{v.domain, ValidatorIndex(self), {}}, *v.set, v.slot_leaders, v.clock,
        CommittedBlock{std::make_shared<const primitives::Block>(v.genesis), v.genesis_certificate},
        std::nullopt);
  }
  Outputs note(Outputs out) {
    for (const CommittedBlock& block : out.commit)
      committed.push_back(block.block->hash);
    return out;
  }
  Outputs round(SlotKernel& kernel, View view) { return note(kernel.step(TimerFired{view})); }
  Outputs propose(SlotKernel& kernel, const primitives::Block& block) {
    const auto header = verifier.verify_proposal(v.proposal(block));
    EXPECT_TRUE(header);
    return note(kernel.step(ProposalReceived{*verifier.complete(*header, block.payload)}));
  }
  Outputs fetched(SlotKernel& kernel, const primitives::Block& block) {
    return note(kernel.step(BlockFetched{verifier.own_block(block)}));
  }
  Outputs executed(SlotKernel& kernel, const primitives::Block& block,
                   Execution verdict = Execution::Valid) {
    return note(kernel.step(BlockExecuted{block.hash, verdict}));
  }
  Outputs certified(SlotKernel& kernel, const QuorumCertificate& qc) {
    return note(kernel.step(CertificateReceived{verifier.own_certificate(qc)}));
  }
  Outputs again(SlotKernel& kernel, View view, const QuorumCertificate& prepared) {
    return note(
        kernel.step(ReproposalReceived{*verifier.verify_reproposal(v.reproposal(view, prepared))}));
  }
  /// A certificate that the kernel takes for verified.
  QuorumCertificate named(const primitives::Block& block, Phase phase, View view) const {
    return {.subject = v.phase_subject(block, phase, view), .signers = {}, .signature = {}};
  }
  primitives::Block candidate(std::uint64_t view, std::uint8_t salt = 0) const {
    return v.child(v.genesis, v.genesis_certificate, View(view), salt);
  }
};

}  // namespace ol::consensus::test
