// Serves the exchange's API over HTTP and WebSocket with an exchange of its own behind it instead
// of a chain, so that clients can be tested against it. Prints its port; ends with its input.
#include <chrono>
#include <cstdio>
#include <exception>
#include <iostream>
#include <thread>

#include <ol/rpc/server.hpp>

#include "../../lib/api/test/fake_access.hpp"
#include "../../lib/node/src/exchange_api.hpp"
#include "../../lib/rpc/test/fake_backend.hpp"

namespace {

int serve() {
  ol::api::test::FakeAccess access;
  access.not_before =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                     std::chrono::system_clock::now().time_since_epoch())
                                     .count());
  // Fresh prices at the time that clients live in.
  access.block({ol::exchange::SetOracle{ol::api::test::kBtc, 600'000},
                ol::exchange::SetOracle{ol::api::test::kEth, 300'000}},
               {});
  ol::node::ExchangeEndpoint endpoint(access);
  ol::rpc::test::FakeBackend backend;
  ol::rpc::ServerHooks hooks;
  hooks.extension = &endpoint;
  ol::rpc::Server server({}, ol::rpc::Registry(), backend, hooks);
  if (const auto listening = server.listen(); !listening) {
    std::cerr << listening.error() << '\n';
    return 1;
  }
  std::thread follow([&] { endpoint.run(); });
  std::thread rpc([&] { server.run(); });
  std::cout << server.port() << '\n' << std::flush;
  std::cin.get();
  server.stop();
  rpc.join();
  endpoint.stop();
  follow.join();
  return 0;
}

}  // namespace

int main() {
  try {
    return serve();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "exchange_server: %s\n", error.what());
    return 1;
  }
}
