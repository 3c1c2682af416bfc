// A node that saw two blocks certified final at one height: docs/protocol/consensus.md, T5.
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include <ol/consensus/epoch_setting.hpp>

#include "stranger.hpp"

namespace ol::node::test {
namespace {

using primitives::QuorumCertificate;

/// By whoever has all the keys of the set.
QuorumCertificate final_certificate(const Cluster& cluster, primitives::Height height) {
  const consensus::EpochSetting setting(cluster.genesis(), primitives::Epoch(0));
  QuorumCertificate out;
  out.subject = {.epoch = primitives::Epoch(0),
                 .set_hash = setting.set_hash,
                 .phase = primitives::Phase::Precommit,
                 .height = height,
                 .view = primitives::View(1),
                 .block = {}};
  out.subject.block.bytes[0] = 1;
  const Hash256 digest = primitives::vote_digest(cluster.genesis().domain, out.subject);
  std::vector<consensus::Share> shares;
  for (std::uint32_t i = 0; i < 3; ++i) {
    const NodeParts parts = cluster.parts(i);
    shares.push_back(
        {primitives::ValidatorIndex(i),
         setting.scheme->sign({parts.validator->key, parts.validator->vote_key}, digest)});
  }
  auto combined = setting.scheme->combine(shares);
  out.signers = std::move(combined->signers);
  out.signature = std::move(combined->signature);
  return out;
}

std::string waiting(Cluster& cluster, std::uint32_t i) {
  return boost::json::serialize(cluster.call(i, "ol_consensusState").at("waiting"));
}

bool has_halted(Cluster& cluster, std::uint32_t i) {
  return waiting(cluster, i).find("conflicting certificates stopped finality") != std::string::npos;
}

TEST(HaltedNode, stays_halted_over_restarts_until_an_operator_moves_the_file_away) {
  Cluster cluster(4, primitives::SchemeKind::Ed25519List);
  cluster.use_slots({.slot_ms = 1000, .phase_ms = 300});
  for (std::uint32_t i = 0; i < 4; ++i)
    ASSERT_FALSE(cluster.start(i));
  ASSERT_TRUE(Cluster::eventually([&] { return cluster.height(0) >= 1; }));
  EXPECT_FALSE(has_halted(cluster, 0));

  Stranger forger(cluster.genesis(), address_of(cluster, 0));
  const consensus::CertificateMessage forged{final_certificate(cluster, primitives::Height(1))};
  EXPECT_TRUE(Cluster::eventually([&] {
    forger.tell(forged);
    return Cluster::eventually([&] { return has_halted(cluster, 0); }, std::chrono::seconds(1));
  }));
  const auto file = cluster.home(0) / "finality.halt";
  EXPECT_TRUE(std::filesystem::exists(file));
  for (int life = 0; life < 2; ++life) {
    EXPECT_FALSE(cluster.stop(0));
    ASSERT_FALSE(cluster.start(0));
    EXPECT_TRUE(Cluster::eventually([&] { return has_halted(cluster, 0); })) << life;
    // The others go on, and it does not go with them.
    const std::uint64_t height = cluster.height(0);
    const std::uint64_t others = cluster.height(1);
    EXPECT_TRUE(Cluster::eventually([&] { return cluster.height(1) >= others + 2; }));
    EXPECT_EQ(cluster.height(0), height);
    EXPECT_FALSE(has_halted(cluster, 1));
  }
  EXPECT_FALSE(cluster.stop(0));
  std::filesystem::rename(file, cluster.home(0) / "finality.halt.old");
  ASSERT_FALSE(cluster.start(0));
  const std::uint64_t others = cluster.height(1);
  EXPECT_TRUE(Cluster::eventually([&] { return cluster.height(0) > others; }));
  EXPECT_FALSE(has_halted(cluster, 0));
}

}  // namespace
}  // namespace ol::node::test
