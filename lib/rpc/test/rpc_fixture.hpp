#pragma once

#include <string>

#include <gtest/gtest.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <ol/rpc/dispatcher.hpp>

#include "fake_backend.hpp"

namespace ol::rpc::test {

/// A dispatcher with every standard method over a fake chain.
class RpcTest : public ::testing::Test {
 protected:
  /// The whole response to `method` with `params` (JSON text), under id 1.
  std::string call(const std::string& method, const std::string& params = "[]") {
    if (!dispatcher_) {
      Registry registry;
      add_standard_methods(registry, backend);
      dispatcher_ = std::make_unique<Dispatcher>(std::move(registry));
    }
    return dispatcher_->handle(R"({"jsonrpc":"2.0","id":1,"method":")" + method + R"(","params":)" +
                               params + "}");
  }

  /// The result as JSON text, or "error <code>: <message>".
  std::string result(const std::string& method, const std::string& params = "[]") {
    const auto response = boost::json::parse(call(method, params)).as_object();
    EXPECT_EQ(response.at("jsonrpc"), "2.0");
    EXPECT_EQ(response.at("id"), 1);
    if (const auto* error = response.if_contains("error")) {
      return "error " + std::to_string(error->at("code").as_int64()) + ": " +
             std::string(error->at("message").as_string());
    }
    return boost::json::serialize(response.at("result"));
  }

  boost::json::value json(const std::string& method, const std::string& params = "[]") {
    return boost::json::parse(result(method, params));
  }

  FakeBackend backend;

 private:
  std::unique_ptr<Dispatcher> dispatcher_;
};

}  // namespace ol::rpc::test
