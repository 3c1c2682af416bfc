#pragma once

#include <functional>
#include <string>

#include <boost/json/value.hpp>

#include <ol/crypto/secp256k1.hpp>
#include <ol/primitives/transaction.hpp>

namespace ol::app {

/// The number of a JSON-RPC quantity ("0x1f").
[[nodiscard]] std::uint64_t quantity(const boost::json::value& value);

/// A transaction of `sender` as the node at `url` would take it next: chain, nonce behind what is
/// pending, and fees that stay valid while six full blocks in a row raise the base fee. What it
/// does and its gas are the caller's.
[[nodiscard]] primitives::Transaction draft_transaction(const std::string& url,
                                                        const Address& sender);
/// Signs and sends, prints "sent HASH". @return the hash as the node wrote it.
[[nodiscard]] boost::json::value send_transaction(const std::string& url,
                                                  const primitives::Transaction& txn,
                                                  const crypto::Secp256k1SecretKey& key);
/// Asks until `done` says so.
/// @return false if that was not within 60 s.
[[nodiscard]] bool wait_until_final(const std::function<bool()>& done);

}  // namespace ol::app
