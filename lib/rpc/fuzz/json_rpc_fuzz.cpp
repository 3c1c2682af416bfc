// Bytes from a client through every method: the response is nothing, or one JSON value that is a
// response or an array of responses.
#include <boost/json/parse.hpp>

#include <ol/base/check.hpp>
#include <ol/rpc/dispatcher.hpp>

#include "../test/fake_backend.hpp"

namespace {

using namespace ol;

class Host final : public rpc::SubscriptionHost {
 public:
  rpc::RpcResult subscribe(const rpc::Params& params) override { return params.json(0); }
  rpc::RpcResult unsubscribe(const rpc::Params& params) override { return params.json(0); }
};

rpc::Dispatcher& dispatcher() {
  static rpc::test::FakeBackend backend;
  static rpc::Dispatcher instance([] {
    rpc::Registry registry;
    rpc::add_standard_methods(registry, backend);
    return registry;
  }());
  return instance;
}

void check_response(const boost::json::value& response) {
  const auto* fields = response.if_object();
  OL_CHECK(fields != nullptr, "a response is an object");
  OL_CHECK(fields->size() == 3, "a response has three fields");
  OL_CHECK(fields->at("jsonrpc") == "2.0", "a response names its version");
  OL_CHECK(fields->contains("id"), "a response has an id");
  OL_CHECK(fields->contains("result") != fields->contains("error"),
           "a response has a result or an error");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  Host host;
  const std::string response = dispatcher().handle(as_text({bytes, size}), &host);
  if (response.empty()) return 0;
  boost::json::parse_options options;
  options.max_depth = 128;
  boost::system::error_code error;
  const auto json = boost::json::parse(response, error, {}, options);
  OL_CHECK(!error, "a response is JSON");
  if (const auto* batch = json.if_array()) {
    OL_CHECK(!batch->empty(), "an answered batch is not empty");
    for (const auto& one : *batch)
      check_response(one);
  } else {
    check_response(json);
  }
  return 0;
}
