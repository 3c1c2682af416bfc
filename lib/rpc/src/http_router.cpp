#include "http_router.hpp"

#include <algorithm>

#include <arpa/inet.h>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace ol::rpc {
namespace {

constexpr std::string_view kGreeting =
    "This is the JSON-RPC endpoint of an OpenLiquid node. Send JSON-RPC 2.0 requests with POST, or "
    "open a WebSocket here.\nGET /healthz tells whether the node is well, GET /metrics what it "
    "measures.\n";
constexpr const char* kJson = "application/json";
constexpr const char* kPrometheus = "text/plain; version=0.0.4; charset=utf-8";

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

// The host without the port: "[::1]:80" is "::1", "a.b:80" is "a.b".
std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    return end == std::string_view::npos ? host : host.substr(1, end - 1);
  }
  return host.substr(0, host.find(':'));
}

bool is_ip_address(std::string_view host) {
  const std::string text(host);
  in6_addr address{};
  return inet_pton(AF_INET, text.c_str(), &address) == 1 ||
         inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

std::string_view path_of(std::string_view target) {
  return target.substr(0, target.find('?'));
}

bool is_json_content(std::string_view content_type) {
  std::string_view media = content_type.substr(0, content_type.find(';'));
  while (media.ends_with(' '))
    media.remove_suffix(1);
  constexpr std::string_view kAccepted[] = {"application/json", "application/json-rpc",
                                            "application/jsonrequest"};
  return std::any_of(std::begin(kAccepted), std::end(kAccepted), [&](std::string_view accepted) {
    return equal_ignoring_case(media, accepted);
  });
}

HttpReply text_reply(unsigned status, std::string body) {
  HttpReply reply;
  reply.status = status;
  reply.body = std::move(body);
  return reply;
}

HttpReply health_reply(const std::string& trouble) {
  HttpReply reply;
  reply.content_type = kJson;
  if (trouble.empty()) {
    reply.body = R"({"status":"ok"})";
    return reply;
  }
  reply.status = 503;
  reply.body = R"({"status":"unhealthy","reason":)" +
               boost::json::serialize(boost::json::value(trouble)) + "}";
  return reply;
}

}  // namespace

bool host_is_allowed(std::string_view host, const std::vector<std::string>& vhosts) {
  const std::string_view name = without_port(host);
  if (name.empty() || is_ip_address(name)) return true;
  return std::any_of(vhosts.begin(), vhosts.end(), [&](const std::string& allowed) {
    return allowed == "*" || equal_ignoring_case(allowed, name);
  });
}

bool origin_is_allowed(std::string_view origin, const std::vector<std::string>& origins) {
  return std::any_of(origins.begin(), origins.end(), [&](const std::string& allowed) {
    return allowed == "*" || equal_ignoring_case(allowed, origin);
  });
}

std::optional<HttpReply> HttpRouter::refuse(const HttpHead& head) const {
  if (!host_is_allowed(head.host, options_.vhosts)) {
    return text_reply(403, "invalid host specified\n");
  }
  const std::string_view path = path_of(head.target);
  if (head.upgrades) {
    const bool extended = hooks_.extension != nullptr && hooks_.extension->upgrades(path);
    if (path != "/" && !extended) return text_reply(404, "WebSocket is served at /\n");
    // A browser opens WebSockets to anyone, so the check is ours. Other clients name no origin.
    const bool allowed =
        head.origin.empty() || origin_is_allowed(head.origin, options_.cors_origins);
    if (!allowed) return text_reply(403, "origin not allowed\n");
    return std::nullopt;
  }
  if (head.method == HttpMethod::Other) {
    HttpReply reply = text_reply(405, "method not allowed\n");
    reply.headers.push_back({"Allow", "GET, POST, OPTIONS"});
    return reply;
  }
  if (head.method != HttpMethod::Post) return std::nullopt;
  if (path != "/" && extension_of(head) == nullptr) {
    return text_reply(404, "JSON-RPC is served at /\n");
  }
  if (!is_json_content(head.content_type)) {
    return text_reply(415, "invalid content type, only application/json is supported\n");
  }
  return std::nullopt;
}

Extension* HttpRouter::extension_of(const HttpHead& head) const {
  const bool asks = head.method == HttpMethod::Get || head.method == HttpMethod::Post;
  if (hooks_.extension == nullptr || !asks) return nullptr;
  const ExtensionMethod method =
      head.method == HttpMethod::Post ? ExtensionMethod::Post : ExtensionMethod::Get;
  return hooks_.extension->serves(method, path_of(head.target)) ? hooks_.extension : nullptr;
}

HttpReply HttpRouter::extension_reply(const HttpHead& head, ExtensionReply reply) const {
  HttpReply out;
  out.status = reply.status;
  out.content_type = std::move(reply.content_type);
  out.body = std::move(reply.body);
  for (ExtensionHeader& header : reply.headers)
    out.headers.push_back({std::move(header.name), std::move(header.value)});
  add_cors(head, out);
  return out;
}

HttpReply HttpRouter::json_reply(const HttpHead& head, std::string response) const {
  HttpReply out;
  out.content_type = kJson;
  out.body = std::move(response);
  add_cors(head, out);
  return out;
}

HttpReply HttpRouter::answer(const HttpHead& head, std::string_view body) const {
  HttpReply reply;
  if (head.method == HttpMethod::Get) {
    reply = answer_get(path_of(head.target));
  } else if (head.method == HttpMethod::Options) {
    reply.status = 204;
    reply.headers.push_back({"Allow", "GET, POST, OPTIONS"});
  } else {
    reply.content_type = kJson;
    reply.body = dispatcher_.handle(body);
  }
  add_cors(head, reply);
  return reply;
}

HttpReply HttpRouter::answer_get(std::string_view path) const {
  if (path == "/") return text_reply(200, std::string(kGreeting));
  if (path == "/healthz") return health_reply(hooks_.unhealthy ? hooks_.unhealthy() : "");
  if (path == "/metrics" && hooks_.metrics) {
    HttpReply reply = text_reply(200, hooks_.metrics());
    reply.content_type = kPrometheus;
    return reply;
  }
  return text_reply(404, "not found\n");
}

void HttpRouter::add_cors(const HttpHead& head, HttpReply& reply) const {
  if (options_.cors_origins.empty()) return;
  // Caches must not hand one origin's answer to another.
  reply.headers.push_back({"Vary", "Origin"});
  if (head.origin.empty() || !origin_is_allowed(head.origin, options_.cors_origins)) return;
  reply.headers.push_back({"Access-Control-Allow-Origin", std::string(head.origin)});
  if (head.method != HttpMethod::Options) return;
  reply.headers.push_back({"Access-Control-Allow-Methods", "GET, POST"});
  reply.headers.push_back({"Access-Control-Allow-Headers", "Content-Type"});
  reply.headers.push_back({"Access-Control-Max-Age", "600"});
}

}  // namespace ol::rpc
