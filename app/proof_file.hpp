#pragma once

#include <string>

#include <boost/json/object.hpp>

#include "proof_check.hpp"

namespace ol::app {

/// The file of a proof: docs/protocol/state-proof.md.
/// Throws CommandError that names what it lacks.
[[nodiscard]] ProofFile read_proof_file(const std::string& file);

/// "account" of such a file, from what eth_getProof answered. The node's own reading of the account
/// is left out: whoever verifies reads the nodes.
[[nodiscard]] boost::json::object account_member(const boost::json::object& answer);

}  // namespace ol::app
