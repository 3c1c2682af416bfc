#include <boost/json/serialize.hpp>
#include <iostream>

#include "command.hpp"
#include "rpc_client.hpp"

namespace ol::app {

void add_status(CLI::App& app) {
  auto url = std::make_shared<std::string>("http://127.0.0.1:8545");
  auto json = std::make_shared<bool>(false);
  auto* command = app.add_subcommand("status", "Show where a node stands");
  command->add_option("--rpc", *url, "The node's JSON-RPC address")->capture_default_str();
  command->add_flag("--json", *json, "Print the answer as it is");
  command->callback([url, json] {
    const boost::json::value status = rpc_call(*url, "ol_status");
    if (*json) {
      std::cout << boost::json::serialize(status) << '\n';
      return;
    }
    for (const auto& [key, value] : status.as_object()) {
      if (value.is_array()) {
        std::cout << key << ": " << value.as_array().size() << '\n';
        for (const auto& entry : value.as_array())
          std::cout << "  " << boost::json::serialize(entry) << '\n';
      } else {
        std::cout << key << ": "
                  << (value.is_string() ? std::string(value.as_string())
                                        : boost::json::serialize(value))
                  << '\n';
      }
    }
  });
}

}  // namespace ol::app
