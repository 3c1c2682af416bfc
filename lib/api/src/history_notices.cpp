// What happens to accounts without their asking.
#include "history.hpp"

namespace ol::api {

using namespace exchange;

void History::tell(Notice notice, const CommittedBlock& block, BlockUpdate& update) {
  notice.time = block.input.time;
  notice.height = block.input.height;
  notices_.add(notice.account, notice);
  update.notices.push_back(notice);
}

// A trigger whose order rests or fills has fired; that it was one stays told.
void History::note_fired(OrderRecord& order, const CommittedBlock& block, BlockUpdate& update) {
  const bool waited = order.order.trigger != Trigger::None && order.live();
  if (!waited || order.status == OrderRecord::Status::Triggered) return;
  order.status = OrderRecord::Status::Triggered;
  Notice fired;
  fired.account = order.account;
  fired.kind = Notice::Kind::Triggered;
  fired.asset = order.order.asset;
  fired.oid = order.oid;
  tell(fired, block, update);
}

// Whoever sent a cancel knows of it; the rest happens to the account.
void History::notice(const Event& event, const CommittedBlock& block, BlockUpdate& update) {
  Notice out;
  if (const auto* cancel = std::get_if<CancelEvent>(&event)) {
    if (cancel->reason == CancelReason::UserCanceled) return;
    out.kind = Notice::Kind::Canceled;
    out.account = cancel->account;
    out.asset = cancel->asset;
    out.oid = cancel->oid;
    out.reason = cancel->reason;
  } else if (const auto* liquidation = std::get_if<LiquidationEvent>(&event)) {
    out.kind = Notice::Kind::Liquidated;
    out.account = liquidation->account;
    out.asset = liquidation->asset;
    out.method = liquidation->method;
    out.usd = liquidation->usd;
  } else if (const auto* fill = std::get_if<FillEvent>(&event)) {
    // The taker is whose position is closed, which the liquidation tells.
    if (fill->kind != FillKind::Adl) return;
    out.kind = Notice::Kind::Deleveraged;
    out.account = fill->maker;
    out.asset = fill->asset;
    out.usd = static_cast<std::int64_t>(fill->sz);
  } else {
    return;
  }
  tell(out, block, update);
}

}  // namespace ol::api
