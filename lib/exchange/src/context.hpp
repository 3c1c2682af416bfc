#pragma once

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
};

[[nodiscard]] inline Checkpoint checkpoint(Context& ctx) {
  return {ctx.state.log.mark(), ctx.events.size()};
}

inline void revert(Context& ctx, const Checkpoint& point) {
  ctx.state.log.revert_to(point.mark);
  ctx.events.resize(point.events);
}

}  // namespace ol::exchange
