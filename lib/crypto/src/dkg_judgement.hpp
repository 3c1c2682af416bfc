#pragma once

// What everyone with the same messages concludes from them. For this library only. The numbers (1)
// and (2) are the equations of the paper's protocol New-DKG.

#include <map>
#include <set>
#include <vector>

#include "dkg_messages.hpp"

namespace ol::crypto::detail {

/// Equation (1): the pair is what the Pedersen commitments promise `holder`.
[[nodiscard]] bool matches_dealing(const Dealing& dealing, ShareIndex holder,
                                   const SharePair& pair);
/// Equation (2): the value is what the Feldman commitments promise `holder`.
[[nodiscard]] bool matches_opening(const Opening& opening, ShareIndex holder, const Scalar& value);

/// g2^value * h^blinding, h being a second generator of unknown logarithm.
[[nodiscard]] blst_p2 pedersen_commit(const Scalar& value, const Scalar& blinding);

/// Who complained about `dealer` in the Complaints round.
[[nodiscard]] std::vector<ShareIndex> complainers(const DkgMessages& messages, ShareIndex dealer);

/// QUAL: dealers whose part counts, after Justifications. Step 1(c) to 2 of the protocol.
[[nodiscard]] std::vector<ShareIndex> qualified(const DkgCeremony& ceremony,
                                                const DkgMessages& messages);

/// Qualified dealers without an opening, or with a valid complaint against it. Step 4(b).
[[nodiscard]] std::vector<ShareIndex> broken(const DkgCeremony& ceremony,
                                             const DkgMessages& messages);

/// A broken dealer's polynomial from the pairs in the Recovery round; nothing if fewer than a
/// quorum of them are valid. Step 4(c).
[[nodiscard]] std::optional<Polynomial> recover_polynomial(const DkgCeremony& ceremony,
                                                           const DkgMessages& messages,
                                                           ShareIndex dealer);

/// The pair that `holder` has from `dealer`: the decrypted one if it is good, else the justified
/// one.
[[nodiscard]] std::optional<SharePair> pair_of(const DkgCeremony& ceremony,
                                               const DkgMessages& messages, const DkgSecret& secret,
                                               ShareIndex dealer, ShareIndex holder);

}  // namespace ol::crypto::detail
