#pragma once

#include <map>
#include <utility>
#include <vector>

#include <ol/exchange/block.hpp>
#include <ol/exchange/params.hpp>
#include <ol/exchange/state.hpp>

namespace ol::exchange {

/// What every step of a block works on. A reference from `edit` is for changing at once: it is not
/// kept across a checkpoint, after which the record must be saved anew.
struct Context {
  State& state;
  const Params& params;
  const BlockInput& block;
  std::vector<Event> events;
  std::vector<FundingSet> funding = {};
  /// Fills and makers removed by orders in this block.
  std::uint64_t matched = 0;
  /// Whether orders run that nobody sent in this block (S2, S3): they begin within the block's
  /// limit or wait, and what began is not cut short.
  bool automatic = false;
  /// Of `matched`, what no order came of and was taken out of it again, with makers that orders
  /// looked at in vain: in all and by who answers for it (taken_back.hpp).
  std::uint64_t taken_back = 0;
  std::map<AccountIndex, std::uint64_t> taken_back_by = {};
  /// What actions went through beyond what a credit pays for; their senders pay a credit more for
  /// each hundred (docs/adr/0040).
  std::uint64_t walked = 0;

  [[nodiscard]] bool matching_is_over() const { return matched >= params.fills_per_block_max; }

  /// Adds an event, made from its fields where it will lie: reading them for a copy would wait for
  /// all that was written before them.
  template <typename Kind, typename... Fields>
  void emit(Fields&&... fields) {
    events.emplace_back(std::in_place_type<Kind>, std::forward<Fields>(fields)...);
  }
};

/// A point within a block to return to.
struct Checkpoint {
  UndoLog::Mark mark;
  std::size_t events;
  std::uint64_t matched;
};

[[nodiscard]] inline Checkpoint checkpoint(Context& ctx) {
  return {ctx.state.log.mark(), ctx.events.size(), ctx.matched};
}

inline void revert(Context& ctx, const Checkpoint& point) {
  ctx.state.log.revert_to(point.mark);
  ctx.events.resize(point.events);
}

}  // namespace ol::exchange
