#include <algorithm>

#include <fmt/format.h>
#include <ol/sim/cluster/chaos.hpp>

#include "story_verbs.hpp"

// Plays a story on a cluster whose links take ten milliseconds and lose nothing unless told to.
namespace ol::sim::cluster {
namespace {

constexpr std::uint64_t kAlways = 1000;
// How long a story waits for what it runs towards.
constexpr std::uint64_t kPatienceUs = 120'000'000;

class Stage {
 public:
  Stage(const Story& story, Rule rule, std::uint32_t validators, Chart* chart)
      : validators_(validators),
        setup_(make_setup(story, rule, validators)),
        cluster_(setup_, Random(1), chart) {
    for (const ValidatorIndex index : setup_.byzantine) {
      const bool twin =
          std::find(setup_.twins.begin(), setup_.twins.end(), index) != setup_.twins.end();
      if (!twin)
        cluster_.machine(index.value()).liar =
            std::make_unique<Liar>(cluster_, index.value(), Misbehaviour{}, Random(2));
    }
  }

  Result<void, StoryError> play(const Story& story) {
    for (const Statement& line : story.statements) {
      if (!started_ && line.verb != Verb::Leader && line.verb != Verb::LinkDelay) {
        started_ = true;
        cluster_.start_all();
      }
      std::string problem = perform(line);
      if (const auto& violation = cluster_.checker.violation())
        problem = "a safety rule was broken: " + *violation;
      if (!problem.empty()) return fail(StoryError{line.line, std::move(problem)});
    }
    cluster_.checker.finish();
    if (const auto& violation = cluster_.checker.violation())
      return fail(
          StoryError{story.statements.back().line, "a safety rule was broken: " + *violation});
    return {};
  }

 private:
  static std::vector<ValidatorIndex> indices(const std::vector<std::string>& names,
                                             std::uint32_t validators) {
    std::vector<ValidatorIndex> out;
    const std::uint32_t f = primitives::byzantine_max(validators);
    for (const std::string& name : names) {
      if (name == "minority") {
        for (std::uint32_t i = validators - f; i < validators; ++i)
          out.emplace_back(i);
      } else if (name.size() == 1) {
        out.emplace_back(static_cast<std::uint32_t>(name[0] - 'a'));
      }
    }
    return out;
  }

  static Setup make_setup(const Story& story, Rule rule, std::uint32_t validators) {
    Setup out{.rule = rule,
              .validators = validators,
              .byzantine = indices(story.byzantine, validators),
              .twins = indices(story.twins, validators)};
    for (const ValidatorIndex twin : out.twins) {
      if (std::find(out.byzantine.begin(), out.byzantine.end(), twin) == out.byzantine.end())
        out.byzantine.push_back(twin);
    }
    return out;
  }

  [[nodiscard]] std::vector<NodeId> nodes(const std::vector<std::string>& names) const {
    std::vector<NodeId> out;
    const std::uint32_t f = primitives::byzantine_max(validators_);
    for (const std::string& name : names) {
      for (NodeId node = 0; node < cluster_.node_count(); ++node) {
        const ValidatorIndex index = cluster_.machine(node).index;
        const bool low = index.value() < validators_ - f;
        const bool in = name == "all" || (name == "honest" && cluster_.is_honest(index)) ||
                        (name == "byzantine" && !cluster_.is_honest(index)) ||
                        (name == "majority" && low) || (name == "minority" && !low) ||
                        name == cluster_.label(node);
        if (in) out.push_back(node);
      }
    }
    return out;
  }

  Liar* liar(const Statement& line) {
    const auto who = nodes(line.groups[0]);
    return who.size() == 1 ? cluster_.machine(who[0]).liar.get() : nullptr;
  }

  std::string run_until(const auto& done, const char* what) {
    cluster_.run_until(cluster_.queue.now_us() + kPatienceUs, done);
    if (cluster_.checker.violation() || done()) return {};
    return what;
  }

  std::string perform(const Statement& line) {
    if (line.verb >= Verb::AtLeastHeight) return expect(line);
    if (line.verb >= Verb::ShowProposals) return misbehave(line);
    return happen(line);
  }

  std::string happen(const Statement& line) {
    const auto& n = line.numbers;
    std::vector<std::vector<NodeId>> who;
    for (const auto& group : line.groups)
      who.push_back(nodes(group));
    switch (line.verb) {
      case Verb::Leader:
        if (who[0].empty()) return "nobody leads";
        cluster_.leaders.choose(View(n[0]), cluster_.machine(who[0][0]).index);
        return {};
      case Verb::LinkDelay:
        cluster_.conditions.delay_min_us = n[0] * 1000;
        cluster_.conditions.delay_max_us = n[0] * 1000;
        return {};
      case Verb::RunToView:
        return run_until([&] { return cluster_.highest_view() >= View(n[0]); },
                         "no honest node got to that view");
      case Verb::RunFor:
        cluster_.run_until(cluster_.queue.now_us() + n[0] * 1000, [] { return false; });
        return {};
      case Verb::RunToHeight:
        return run_until(
            [&] {
              return std::all_of(who[0].begin(), who[0].end(), [&](NodeId node) {
                return cluster_.machine(node).height() >= Height(n[0]);
              });
            },
            "not all of them got to that height");
      case Verb::RunUntilLeft:
        return run_until(
            [&] {
              const auto left = cluster_.timeouts().find(View(n[0]));
              return left != cluster_.timeouts().end() &&
                     std::all_of(who[0].begin(), who[0].end(), [&](NodeId node) {
                       return left->second.contains(cluster_.machine(node).index);
                     });
            },
            "not all of them left that view");
      case Verb::Partition:
        partition(who);
        return {};
      case Verb::Cut:
      case Verb::Open:
        for (const NodeId a : who[0]) {
          for (const NodeId b : who[1])
            cluster_.cut(a, b, line.verb == Verb::Cut);
        }
        return {};
      case Verb::Heal:
        cluster_.announce("links heal");
        cluster_.heal();
        return {};
      case Verb::Recover:
        (void)recover(cluster_);
        return {};
      default:
        return machines(line, who[0]);
    }
  }

  std::string machines(const Statement& line, const std::vector<NodeId>& who) {
    for (const NodeId node : who) {
      switch (line.verb) {
        case Verb::Crash:
          cluster_.crash(node, "power lost");
          break;
        case Verb::CrashBeforePersist:
          cluster_.arm(node, CrashPoint::BeforePersist, 0);
          break;
        case Verb::CrashAfterPersist:
          cluster_.arm(node, CrashPoint::AfterPersist, 0);
          break;
        case Verb::CrashWhileSending:
          cluster_.arm(node, CrashPoint::WhileSending, line.numbers[0]);
          break;
        case Verb::Restart:
          cluster_.restart(node, Blocks::Kept, 0);
          break;
        case Verb::RestartWithoutBlocks:
          cluster_.restart(node, Blocks::Lost, 0);
          break;
        case Verb::RestartLosing:
          cluster_.restart(node, Blocks::Kept, line.numbers[0]);
          break;
        default:
          cluster_.fire_timer(node);
          break;
      }
    }
    return {};
  }

  void partition(const std::vector<std::vector<NodeId>>& sides) {
    cluster_.announce("the network parts");
    for (const auto& one : sides) {
      for (const auto& other : sides) {
        if (&one == &other) continue;
        for (const NodeId a : one) {
          for (const NodeId b : other)
            cluster_.cut(a, b, true);
        }
      }
    }
  }

  std::string misbehave(const Statement& line) {
    for (const NodeId node : nodes(line.groups[0])) {
      Machine& machine = cluster_.machine(node);
      if (!machine.liar) return fmt::format("{} keeps the rules", cluster_.label(node));
      const std::string problem = misbehave(line, *machine.liar, node);
      if (!problem.empty()) return problem;
    }
    return {};
  }

  std::string misbehave(const Statement& line, Liar& liar, NodeId node) {
    const auto& n = line.numbers;
    const auto to = line.groups.size() > 1 ? nodes(line.groups[1]) : std::vector<NodeId>{};
    std::vector<NodeId> others = to;
    std::erase(others, node);
    switch (line.verb) {
      case Verb::ShowProposals:
        liar.how.withhold_proposal = kAlways;
        liar.audience = others;
        return {};
      case Verb::ProposeTwice:
        liar.how.equivocate = kAlways;
        liar.audience = others;
        return {};
      case Verb::WithholdVotes:
        liar.how.withhold_vote = kAlways;
        return {};
      case Verb::WithholdTimeouts:
        liar.how.withhold_new_view = kAlways;
        return {};
      case Verb::BadVotes:
        liar.how.bad_share = kAlways;
        return {};
      case Verb::BadState:
        liar.how.wrong_root = kAlways;
        return {};
      case Verb::VoteForEverything:
        liar.how.vote_everything = kAlways;
        return {};
      case Verb::Behave:
        liar.how = Misbehaviour{};
        liar.audience.reset();
        return {};
      case Verb::Silence:
        liar.how.withhold_vote = kAlways;
        liar.how.withhold_new_view = kAlways;
        liar.how.withhold_proposal = kAlways;
        liar.audience = std::vector<NodeId>{};
        return {};
      case Verb::ProposeOn:
        if (liar.propose_on(View(n[1]), View(n[0]), others)) return {};
        return "it does not lead that view, or what the proposal needs was never sent";
      case Verb::PretendToLeave:
        if (liar.say_left(View(n[0]), View(n[1]), others)) return {};
        return "that certificate was never sent";
      case Verb::ShowCertificate: {
        const auto known = cluster_.certificates().find(View(n[0]));
        if (known == cluster_.certificates().end()) return "there is no such certificate";
        liar.send_certificate(known->second, others);
        return {};
      }
      default:
        return certify_alone(View(n[0]), liar, others);
    }
  }

  std::string certify_alone(View view, Liar& liar, const std::vector<NodeId>& to) {
    const auto blocks = cluster_.blocks_of(view);
    if (blocks.empty()) return "no block has that view";
    liar.send_certificate(liar.certify_alone(*blocks.back()), to);
    return {};
  }

  std::string expect(const Statement& line) {
    switch (line.verb) {
      case Verb::NoEvidence:
        if (cluster_.accusations.empty()) return {};
        return "there is evidence";
      case Verb::SameHeight:
        return same_height(nodes(line.groups[0]));
      case Verb::EvidenceAgainst:
        for (const NodeId node : nodes(line.groups[0])) {
          if (!cluster_.accusations.contains(cluster_.machine(node).index))
            return fmt::format("nobody accuses {}", cluster_.label(node));
        }
        return {};
      case Verb::EvidenceAgainstOne: {
        const auto who = nodes(line.groups[0]);
        const bool any = std::any_of(who.begin(), who.end(), [&](NodeId node) {
          return cluster_.accusations.contains(cluster_.machine(node).index);
        });
        return any ? "" : "nobody accuses any of them";
      }
      case Verb::Refuses:
        return refused(nodes(line.groups[0]), nodes(line.groups[1]));
      default:
        for (const NodeId node : nodes(line.groups[0])) {
          const std::string problem = expect(line, node);
          if (!problem.empty()) return fmt::format("{} {}", cluster_.label(node), problem);
        }
        return {};
    }
  }

  std::string same_height(const std::vector<NodeId>& who) const {
    for (const NodeId node : who) {
      const Height one = cluster_.machine(node).height();
      const Height first = cluster_.machine(who.front()).height();
      if (one != first)
        return fmt::format("{} is at height {}, {} at {}", cluster_.label(who.front()),
                           first.value(), cluster_.label(node), one.value());
    }
    return {};
  }

  std::string refused(const std::vector<NodeId>& who, const std::vector<NodeId>& whom) const {
    for (const NodeId node : who) {
      for (const NodeId liar : whom) {
        if (!cluster_.refusals.contains({node, cluster_.machine(liar).index}))
          return fmt::format("{} refused nothing of {}", cluster_.label(node),
                             cluster_.label(liar));
      }
    }
    return {};
  }

  std::string expect(const Statement& line, NodeId node) const {
    const Machine& m = cluster_.machine(node);
    const std::uint64_t n = line.numbers.empty() ? 0 : line.numbers[0];
    const auto is = [](std::string_view what, std::uint64_t value) {
      return fmt::format("is {} {}", what, value);
    };
    if (line.verb == Verb::AtLeastHeight)
      return m.height() >= Height(n) ? "" : is("at height", m.height().value());
    if (line.verb == Verb::AtMostHeight)
      return m.height() <= Height(n) ? "" : is("at height", m.height().value());
    if (line.verb == Verb::Voted || line.verb == Verb::DidNotVote) {
      const bool voted = cluster_.votes.contains({m.index, View(n)});
      if (voted == (line.verb == Verb::Voted)) return {};
      return voted ? "voted in it" : "did not vote in it";
    }
    if (line.verb == Verb::DidNotRefuse) {
      for (const auto& [key, why] : cluster_.refusals) {
        if (key.first == node) return "refused: " + why;
      }
      return {};
    }
    if (!m.is_up()) return "is down";
    const auto status = m.kernel->status();
    if (line.verb == Verb::AtLeastView)
      return status.view >= View(n) ? "" : is("in view", status.view.value());
    if (line.verb == Verb::AtMostView)
      return status.view <= View(n) ? "" : is("in view", status.view.value());
    if (line.verb == Verb::LockView)
      return status.lock.view == View(n) ? "" : is("locked on view", status.lock.view.value());
    return status.high_qc_view == View(n)
               ? ""
               : is("at the certificate of view", status.high_qc_view.value());
  }

  std::uint32_t validators_;
  Setup setup_;
  Cluster cluster_;
  bool started_ = false;
};

/// Names that this size does not have.
Result<void, StoryError> check_names(const Story& story, std::uint32_t validators) {
  const auto check = [&](std::uint32_t line, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      const bool letter = name.size() == 1 || (name.size() == 2 && name[1] == '\'');
      if (letter && static_cast<std::uint32_t>(name[0] - 'a') >= validators)
        return Result<void, StoryError>(
            fail(StoryError{line, fmt::format("{} nodes have no \"{}\"", validators, name)}));
    }
    return Result<void, StoryError>{};
  };
  OL_TRY_VOID(check(1, story.byzantine));
  OL_TRY_VOID(check(1, story.twins));
  for (const Statement& line : story.statements) {
    for (const auto& group : line.groups)
      OL_TRY_VOID(check(line.line, group));
  }
  return {};
}

}  // namespace

Result<void, StoryError> play_story(const Story& story, Rule rule, std::uint32_t validators,
                                    Chart* chart) {
  OL_TRY_VOID(check_names(story, validators));
  return Stage(story, rule, validators, chart).play(story);
}

}  // namespace ol::sim::cluster
