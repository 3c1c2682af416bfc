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

}  // namespace

// Every JSON route of the exchange's API: /exchange, /info, /typed, /dev and WebSocket messages.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static ol::api::test::FakeAccess access;
  static ol::api::ExchangeApi api(access);
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
    case 3:
      check_json(api.post_dev(text));
      break;
    default: {
      const auto client = api.connect(sink);
      api.receive(client, text);
      api.disconnect(client);
      break;
    }
  }
  return 0;
}
