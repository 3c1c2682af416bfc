#pragma once

#include <vector>

#include <ol/consensus/hand_over.hpp>

namespace ol::consensus {

/// Checks that a certificate of the last header makes the first one's block final in the epoch:
/// headers that follow from each other, the commit rule asked itself, the certificate verified.
[[nodiscard]] Result<void, HandOverError> verify_final(
    const EpochSetting& present, const std::vector<primitives::Header>& headers,
    const primitives::QuorumCertificate& certificate);

}  // namespace ol::consensus
