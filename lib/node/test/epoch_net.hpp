#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <ol/consensus/vrf_leaders.hpp>
#include <ol/node/consensus_driver.hpp>

#include "../../consensus/test/epochs.hpp"
#include "../../consensus/test/validators.hpp"

namespace ol::node::test {

/// Drivers of many operators on one network without loss, some of them validators of the present
/// epoch. Every block is valid. Virtual time: it moves on only when there is nothing to deliver.
class EpochNet {
 public:
  using Era = consensus::test::Era;

  /// `eras` are the epochs that the chain can go through, in order.
  /// @param vrf  Whether leaders are drawn from their own proofs; otherwise they take turns.
  EpochNet(std::vector<const Era*> eras, std::uint32_t operators, bool vrf = false);
  ~EpochNet();

  /// Goes into the next blocks until it is in a final one.
  void submit(Bytes item) { pool_.push_back(std::move(item)); }
  /// Whether it was done before virtual time ran out.
  bool run_until(const std::function<bool()>& done, std::uint64_t limit_ms = 120'000);
  /// What leaves or reaches the operator is lost until `join`.
  void part(std::uint32_t who) { apart_.insert(who); }
  void join(std::uint32_t who);
  /// From now on every message may be lost, be late by up to `late_ms`, or come twice, as `seed`
  /// draws it; a `loss_per_mille` of 0 ends it. What is under way still arrives.
  void storm(std::uint64_t seed, std::uint32_t loss_per_mille, std::uint64_t late_ms);
  /// From now on proposals are lost, so views pass without a block, until `speak`.
  void hush() { hushed_ = true; }
  void speak() { hushed_ = false; }
  /// Why blocks were refused for their leaders, by anyone.
  [[nodiscard]] const std::vector<std::string>& refused() const { return refused_; }
  /// What draws the leaders at this operator.
  [[nodiscard]] const consensus::VrfLeaders& leaders(std::uint32_t who) const;
  /// Starts again from the safety record, the proofs on disk, and its blocks up to `height`.
  void restart(std::uint32_t who, primitives::Height height);

  [[nodiscard]] ConsensusDriver& driver(std::uint32_t who);
  [[nodiscard]] std::uint64_t epoch(std::uint32_t who);
  [[nodiscard]] primitives::Height height(std::uint32_t who) const;
  [[nodiscard]] const std::vector<consensus::CommittedBlock>& chain(std::uint32_t who) const;
  [[nodiscard]] const std::vector<std::string>& punished() const { return punished_; }
  [[nodiscard]] const std::vector<std::string>& fatals() const { return fatals_; }
  /// All signed messages of an operator, by epoch.
  [[nodiscard]] std::map<std::uint64_t, std::size_t> signed_in(std::uint32_t who) const;
  /// Whether of any two chains one is the beginning of the other.
  [[nodiscard]] bool agree() const;

 private:
  struct Operator;
  struct Event {
    std::uint32_t to;
    std::function<void(ConsensusDriver&)> run;
  };

  void boot(std::uint32_t who);
  void deliver(std::uint32_t from, std::uint32_t to, p2p::Channel channel, Bytes bytes);
  [[nodiscard]] bool draw(std::uint32_t per_mille) { return chance_() % 1000 < per_mille; }
  [[nodiscard]] consensus::Beacon beacon_at(const Operator& one, std::uint64_t epoch,
                                            std::size_t height) const;
  [[nodiscard]] std::unique_ptr<consensus::VrfLeaders> draw_leaders(
      std::uint64_t epoch, primitives::View begins, const primitives::Header& root,
      const consensus::Beacon& beacon) const;
  [[nodiscard]] primitives::View begins_of(const Operator& one, std::uint64_t epoch) const;
  [[nodiscard]] std::vector<Bytes> pick(const consensus::BlockPtr& parent) const;

  std::vector<const Era*> eras_;
  bool vrf_;
  bool hushed_ = false;
  std::vector<std::string> refused_;
  RuleChoice rule_;
  std::unique_ptr<const consensus::VotingRule> voting_rule_;
  std::vector<std::unique_ptr<consensus::LeaderSchedule>> leaders_;
  std::vector<std::unique_ptr<Operator>> operators_;
  std::deque<Event> events_;
  /// Messages under way, by when they arrive.
  std::multimap<std::uint64_t, Event> under_way_;
  std::mt19937_64 chance_;
  std::uint32_t loss_per_mille_ = 0;
  std::uint64_t late_ms_ = 0;
  std::set<std::uint32_t> apart_;
  std::vector<Bytes> pool_;
  std::vector<std::string> punished_;
  std::vector<std::string> fatals_;
  Now now_{.monotonic_ms = 1'000, .wall_ms = 0};
};

}  // namespace ol::node::test
