#pragma once

#include <memory>

#include <ol/consensus/signer.hpp>

namespace ol::storage {
class SafetyStore;
}

namespace ol::node {

/// What a Signer writes to: the two-slot store of lib/storage. Returns when the record is durable;
/// the error is the store's sentence. @param store  Must outlive the result.
[[nodiscard]] std::unique_ptr<consensus::SafetyStore> make_safety_adapter(
    storage::SafetyStore& store);

}  // namespace ol::node
