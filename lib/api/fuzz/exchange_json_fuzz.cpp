#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include <boost/json/parse.hpp>

#include <ol/api/exchange_api.hpp>
#include <ol/base/check.hpp>

#include "../test/fake_access.hpp"

namespace {

class Swallow final : public ol::api::FeedSink {
 public:
  void send(std::shared_ptr<const std::string> text) override {
    OL_CHECK(!text->empty(), "a message says something");
  }
};

void check_json(const std::string& text) {
  boost::json::error_code error;
  static_cast<void>(boost::json::parse(text, error));
  OL_CHECK(!error, "every reply is JSON");
}

const ol::Address kMaker{{0xaa}};
const ol::Address kTaker{{0xbb}};

void place(ol::api::test::FakeAccess& access, const ol::Address& who, ol::exchange::Order order) {
  ol::exchange::PlaceOrders orders;
  orders.orders.push_back(std::move(order));
  ol::exchange::VerifiedAction action;
  action.action = {std::move(orders), {}, access.time() + 1, 0};
  action.signer = who;
  access.block({}, {std::move(action)});
}

// The taker's one order is undone: what stays of it in the state is of nobody.
struct Exchange {
  ol::api::test::FakeAccess access;
  ol::api::ExchangeApi api{access};

  Exchange() {
    using namespace ol::exchange;
    access.deposit(kMaker, 100'000);
    access.deposit(kTaker, 100'000);
    Order ask;
    ask.asset = ol::api::test::kEth;
    ask.side = Side::Sell;
    ask.px = 300'000;
    ask.sz = 10'000;
    place(access, kMaker, ask);
    Order bid = ask;
    bid.side = Side::Buy;
    bid.sz = 20'000;
    bid.tif = Tif::Fok;
    place(access, kTaker, bid);
    api.advance();
  }
};

}  // namespace

// Every JSON route of the exchange's API: /exchange, /info, /typed, /dev and WebSocket messages.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Exchange exchange;
  ol::api::ExchangeApi& api = exchange.api;
  static const auto sink = std::make_shared<Swallow>();
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0] % 5) {
    case 0: {
      bool answered = false;
      api.post_exchange(text, ol::api::ExchangeApi::Wait::Committed, [&](const std::string& reply) {
        OL_CHECK(!answered, "one reply");
        answered = true;
        check_json(reply);
      });
      OL_CHECK(answered, "a reply");
      break;
    }
    case 1:
      check_json(api.post_info(text).body);
      break;
    case 2:
      if (const auto typed = api.typed_of(text)) check_json(*typed);
      break;
    case 3: {
      // Some wait for blocks that nobody makes here.
      const auto answered = std::make_shared<bool>(false);
      api.post_dev(text, [answered](const std::string& reply) {
        OL_CHECK(!*answered, "one reply");
        *answered = true;
        check_json(reply);
      });
      api.advance();
      break;
    }
    default: {
      const auto client = api.connect(sink);
      api.receive(client, text);
      api.disconnect(client);
      break;
    }
  }
  return 0;
}
