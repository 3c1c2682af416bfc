#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <gtest/gtest.h>

#include <ol/api/exchange_api.hpp>
#include <ol/api/exchange_request.hpp>
#include <ol/base/hex.hpp>
#include <ol/exchange/signing.hpp>

#include "fake_access.hpp"

namespace ol::api::test {

namespace json = boost::json;

/// A client with a key. Signs what the server itself would sign, so that tests write only JSON.
class Trader {
 public:
  Trader(FakeAccess& access, ExchangeApi& api, std::uint8_t number) : access_(access), api_(api) {
    std::array<std::uint8_t, 32> secret{};
    secret[31] = number;
    key_.emplace(*crypto::Secp256k1SecretKey::from_bytes(secret));
  }
  [[nodiscard]] Address address() const { return key_->address(); }
  [[nodiscard]] std::string hex() const { return to_hex_prefixed(address().view()); }

  /// The body of POST /exchange for an action in wire form.
  [[nodiscard]] std::string body(std::string_view action, std::uint64_t nonce = 0,
                                 std::uint64_t chain_id = kChainId) {
    if (nonce == 0) nonce = std::max(nonce_ + 1, access_.time());
    nonce_ = std::max(nonce_, nonce);
    json::object request{{"action", json::parse(std::string(action))}, {"nonce", nonce}};
    if (!acts_for.empty()) request["vaultAddress"] = acts_for;
    Catalog catalog;
    access_.read([&](const exchange::State& state) { catalog = Catalog::of(state); });
    const auto parsed = parse_unsigned_request(json::serialize(request), catalog, kChainId);
    exchange::ActionSignature signature;
    if (parsed) {
      signature =
          exchange::sign_action(*key_, exchange::domain_separator(chain_id), parsed->action);
    }
    const ByteView bytes = signature.view();
    request["signature"] = {{"r", to_hex_prefixed(bytes.first(32))},
                            {"s", to_hex_prefixed(bytes.subspan(32, 32))},
                            {"v", bytes[64]}};
    return json::serialize(request);
  }
  /// The reply to a body.
  [[nodiscard]] json::value post(const std::string& body) {
    std::string reply;
    api_.post_exchange(body, ExchangeApi::Wait::Committed,
                       [&](std::string text) { reply = std::move(text); });
    EXPECT_FALSE(reply.empty());
    return json::parse(reply);
  }
  [[nodiscard]] json::value act(std::string_view action) { return post(body(action)); }
  /// The one status of an action with one element.
  [[nodiscard]] json::object status(std::string_view action) {
    const json::value reply = act(action);
    EXPECT_EQ(reply.at("status").as_string(), "ok") << json::serialize(reply);
    return reply.at("response").at("data").at("statuses").at(0).as_object();
  }
  /// The sub-account or vault that actions are for; the signer's own account without.
  std::string acts_for;

 private:
  FakeAccess& access_;
  ExchangeApi& api_;
  std::optional<crypto::Secp256k1SecretKey> key_;
  std::uint64_t nonce_ = 0;
};

/// An order in wire form.
[[nodiscard]] inline std::string order(bool buy, std::string_view px, std::string_view sz,
                                       std::string_view tif = "Gtc", int asset = 0) {
  return R"({"type":"order","orders":[{"a":)" + std::to_string(asset) + R"(,"b":)" +
         (buy ? "true" : "false") + R"(,"p":")" + std::string(px) + R"(","s":")" + std::string(sz) +
         R"(","r":false,"t":{"limit":{"tif":")" + std::string(tif) + R"("}}}],"grouping":"na"})";
}

/// Two clients with 100,000 dollars each.
struct TwoTraders : testing::Test {
  FakeAccess access;
  ExchangeApi api{access};
  Trader alice{access, api, 1};
  Trader bob{access, api, 2};

  void SetUp() override {
    access.deposit(alice.address(), 100'000);
    access.deposit(bob.address(), 100'000);
    api.advance();
  }
  json::value info(const std::string& body) {
    const InfoReply reply = api.post_info(body);
    return json::parse(reply.body);
  }
  static std::string text(const json::value& value) { return std::string(value.as_string()); }
};

class Sink final : public FeedSink {
 public:
  void send(std::shared_ptr<const std::string> text) override {
    messages.push_back(json::parse(*text));
  }
  /// Data of the messages of a channel.
  [[nodiscard]] std::vector<json::value> of(std::string_view channel) const {
    std::vector<json::value> out;
    for (const json::value& message : messages) {
      if (message.at("channel").as_string() == channel) out.push_back(message.at("data"));
    }
    return out;
  }
  std::vector<json::value> messages;
};

}  // namespace ol::api::test
