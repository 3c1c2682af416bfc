#include <fstream>
#include <sstream>

#include "trader.hpp"

namespace ol::api::test {
namespace {

// Requests as public clients of Hyperliquid send them, and the shapes they expect: "=x" is exactly
// that text; "string", "number", "bool", "array" are kinds; of a list each element of the template
// stands for the one in its place.

std::string read_file(const std::string& name) {
  std::ifstream in(std::string(OL_SOURCE_DIR) + "/lib/api/test/" + name);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

bool is_kind(const json::value& value, std::string_view kind) {
  if (kind.starts_with('=')) return value.is_string() && value.as_string() == kind.substr(1);
  if (kind == "string") return value.is_string();
  if (kind == "number") return value.is_number();
  if (kind == "bool") return value.is_bool();
  return kind == "array" && value.is_array();
}

// What of `value` does not fit `shape`, by its path; empty if all does.
std::string misfit(const json::value& value, const json::value& shape, const std::string& path) {
  if (shape.is_string()) {
    return is_kind(value, shape.as_string()) ? "" : path + " is " + json::serialize(value);
  }
  if (shape.is_array()) {
    if (!value.is_array() || value.as_array().size() < shape.as_array().size()) {
      return path + " is " + json::serialize(value);
    }
    for (std::size_t i = 0; i < shape.as_array().size(); ++i) {
      const std::string found =
          misfit(value.at(i), shape.at(i), path + "[" + std::to_string(i) + "]");
      if (!found.empty()) return found;
    }
    return "";
  }
  if (!value.is_object()) return path + " is " + json::serialize(value);
  for (const auto& field : shape.as_object()) {
    const json::value* inner = value.as_object().if_contains(field.key());
    const std::string here = path + "." + std::string(field.key());
    if (inner == nullptr) return here + " is missing";
    const std::string found = misfit(*inner, field.value(), here);
    if (!found.empty()) return found;
  }
  return "";
}

std::string with_addresses(std::string text, const Trader& alice, const Trader& bob) {
  for (const auto& [name, trader] : {std::pair{"$alice", &alice}, std::pair{"$bob", &bob}}) {
    const std::string_view word(name);
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word))
      text.replace(at, word.size(), trader->hex());
  }
  return text;
}

TEST(Dex17SdkRequests, get_the_shapes_their_clients_expect) {
  FakeAccess access;
  ExchangeApi api{access};
  Trader alice{access, api, 1};
  Trader bob{access, api, 2};
  access.deposit(alice.address(), 100'000);
  access.deposit(bob.address(), 100'000);
  const json::value cases = json::parse(read_file("sdk_requests.json"));
  ASSERT_GT(cases.as_array().size(), 30U);
  for (const json::value& each : cases.as_array()) {
    json::value reply;
    if (const json::value* action = each.as_object().if_contains("action")) {
      Trader& sender = each.at("as").as_string() == "alice" ? alice : bob;
      reply = sender.act(with_addresses(json::serialize(*action), alice, bob));
    } else {
      const std::string query = with_addresses(json::serialize(each.at("query")), alice, bob);
      reply = json::parse(api.post_info(query).body);
    }
    EXPECT_EQ(misfit(reply, each.at("shape"), std::string(each.at("name").as_string())), "");
  }
}

}  // namespace
}  // namespace ol::api::test
