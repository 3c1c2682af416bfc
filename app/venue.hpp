#pragma once

#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <ol/api/catalog.hpp>
#include <ol/crypto/secp256k1.hpp>

#include "rpc_client.hpp"

namespace ol::app {

/// One node's exchange, as this program talks to it (docs/protocol/exchange-api.md). Blocking; one
/// thread at a time. Refusals are thrown as CommandError with the node's own words.
class Venue {
 public:
  /// How long a sent action is waited for.
  enum class Wait : std::uint8_t { Final, Accepted };

  explicit Venue(const std::string& url) : connection_(url, kPatience) {}

  [[nodiscard]] boost::json::value info(const boost::json::object& query);
  [[nodiscard]] boost::json::value ask(std::string_view path, const boost::json::object& request);
  /// The EIP-155 chain id, as the exchange itself has actions signed.
  [[nodiscard]] std::uint64_t chain_id();
  [[nodiscard]] api::Catalog catalog();
  /// Signs an action in wire form for `account` (the signer's own where empty) and sends it. The
  /// nonce is the time, the chain's where that is ahead (POST /dev), and above the last one's.
  boost::json::value send(const api::Catalog& catalog, const crypto::Secp256k1SecretKey& key,
                          boost::json::object action, const std::string& account = {},
                          Wait wait = Wait::Final);

 private:
  /// Above the node's own 30 seconds for an action to become final (code 1004): whoever hears
  /// nothing might send it twice.
  static constexpr std::chrono::seconds kPatience{35};

  RpcConnection connection_;
  std::uint64_t chain_id_ = 0;
  std::uint64_t last_nonce_ = 0;
};

}  // namespace ol::app
