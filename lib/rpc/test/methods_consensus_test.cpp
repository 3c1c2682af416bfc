#include <gtest/gtest.h>
#include <boost/json/parse.hpp>

#include <ol/rpc/consensus_backend.hpp>
#include <ol/rpc/dispatcher.hpp>

namespace ol::rpc {
namespace {

class FakeConsensus final : public ConsensusBackend {
 public:
  ConsensusState consensus_state() const override {
    ConsensusState out;
    out.rule = "three-chain";
    out.view = 98;
    out.leader = 2;
    out.validator = 1;
    out.signing = true;
    out.lock = {.view = 95, .block = primitives::BlockHash{{0xaa}}};
    out.last_vote = {.view = 97, .block = primitives::BlockHash{{0xbb}}};
    out.high_certificate_view = 96;
    out.high_certificate_height = 90;
    out.committed_height = 88;
    out.best_peer_height = 89;
    out.timeout_ms = 4000;
    out.lost_views = 1;
    out.waiting_for = "votes";
    out.waiting_view = 97;
    out.waiting_from = {0, 3};
    out.waiting_text = "votes of view 97 from a, d";
    out.voters = {1, 2};
    out.left = {3};
    out.passed_over = {0};
    out.votes = {{.seen = 5, .missed = 1, .behind_ms = 12},
                 {.seen = 6, .missed = 0, .behind_ms = 0}};
    return out;
  }
  std::vector<EvidenceRecord> evidence() const override {
    return {{.kind = "double vote",
             .validator = 3,
             .epoch = 0,
             .height = 41,
             .view = 97,
             .proof = {0x02, 0xff}}};
  }
  std::vector<Observation> observations() const override {
    return {{.kind = "oracle omission",
             .proposer = 1,
             .validator = 3,
             .epoch = 2,
             .height = 41,
             .count = 5}};
  }
  ValidatorsAnswer validators() const override {
    ValidatorsAnswer out{.epoch = 3, .set_hash = primitives::SetHash{{0xcc}}, .validators = {}};
    out.validators.push_back({.name = "a",
                              .weight = 7,
                              .key = {1},
                              .bls_key = {2},
                              .network_key = {3},
                              .fee_recipient = Address{{0xdd}}});
    return out;
  }
  std::vector<Bytes> epoch_chain(std::uint64_t from_epoch, std::size_t count) const override {
    if (count != 16) return {};
    return {Bytes{static_cast<std::uint8_t>(from_epoch)}, Bytes{0xee}};
  }
};

class ConsensusMethods : public testing::Test {
 protected:
  std::string call(const std::string& method, const std::string& params = "[]") {
    Registry registry;
    add_consensus_methods(registry, backend);
    Dispatcher dispatcher(std::move(registry));
    return dispatcher.handle(R"({"jsonrpc":"2.0","id":1,"method":")" + method + R"(","params":)" +
                             params + "}");
  }
  boost::json::value result(const std::string& method) {
    return boost::json::parse(call(method)).at("result");
  }
  FakeConsensus backend;
};

TEST_F(ConsensusMethods, name_the_validators_and_prove_their_epochs) {
  const std::string zeros(62, '0');
  EXPECT_EQ(result("ol_validators"),
            boost::json::parse(R"({"epoch": 3, "setHash": "0xcc)" + zeros +
                               R"(", "validators": [{"index": 0, "name": "a", "weight": 7,
      "key": "0x01", "blsKey": "0x02", "networkKey": "0x03", "feeRecipient": "0xdd)" +
                               std::string(38, '0') + R"("}]})"));
  EXPECT_EQ(result("ol_epochChain"), boost::json::parse(R"(["0x00", "0xee"])"));
  EXPECT_NE(call("ol_epochChain", R"(["0x5"])").find("\"0x05\""), std::string::npos);
  EXPECT_NE(call("ol_epochChain", R"(["x"])").find("error"), std::string::npos);
  EXPECT_NE(call("ol_validators", "[1]").find("error"), std::string::npos);
}

TEST_F(ConsensusMethods, the_state_shows_every_field) {
  const auto hash = [](const char* first) { return "0x" + (first + std::string(62, '0')); };
  EXPECT_EQ(result("ol_consensusState"), boost::json::parse(R"({
    "rule": "three-chain", "epoch": 0, "view": 98, "leader": 2, "validator": 1, "signing": true,
    "lock": {"view": 95, "blockHash": ")" + hash("aa") + R"("},
    "lastVote": {"view": 97, "blockHash": ")" + hash("bb") + R"("},
    "highCertificate": {"view": 96, "height": 90},
    "committedHeight": 88, "bestPeerHeight": 89, "timeoutMs": 4000, "lostViews": 1,
    "waiting": {"for": "votes", "view": 97, "from": [0, 3], "text": "votes of view 97 from a, d"},
    "voters": [1, 2], "left": [3], "passedOver": [0],
    "votes": [{"validator": 0, "seen": 5, "missed": 1, "behindMs": 12},
              {"validator": 1, "seen": 6, "missed": 0, "behindMs": 0}]})"));
}

TEST_F(ConsensusMethods, evidence_comes_with_its_proof) {
  EXPECT_EQ(result("ol_evidence"), boost::json::parse(R"([{"kind": "double vote", "validator": 3,
    "epoch": 0, "height": 41, "view": 97, "proof": "0x02ff"}])"));
}

TEST_F(ConsensusMethods, observations_are_told_apart_from_proofs) {
  EXPECT_EQ(result("ol_observations"),
            boost::json::parse(R"([{"kind": "oracle omission", "proposer": 1, "validator": 3,
    "epoch": 2, "height": 41, "count": 5}])"));
  EXPECT_NE(call("ol_observations", "[1]").find("error"), std::string::npos);
}

TEST_F(ConsensusMethods, parameters_are_refused) {
  EXPECT_NE(call("ol_evidence", "[1]").find("error"), std::string::npos);
  EXPECT_NE(call("ol_consensusState", "[1]").find("error"), std::string::npos);
}

}  // namespace
}  // namespace ol::rpc
