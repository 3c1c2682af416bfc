#include "config.hpp"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include <ol/p2p/network.hpp>

#include "command.hpp"
#include "config_file.hpp"

namespace ol::app {
namespace {

/// One key: where it stands, what it says, how it is read and written.
struct Key {
  const char* section;
  const char* name;
  const char* comment;
  std::string (*get)(const AppConfig&);
  void (*set)(AppConfig&, const ConfigValue&);
};

std::string quote(const std::string& text) {
  return "\"" + text + "\"";
}

std::string quote(const std::vector<std::string>& list) {
  std::string out = "[";
  for (std::size_t i = 0; i < list.size(); ++i)
    out += (i == 0 ? "" : ", ") + quote(list[i]);
  return out + "]";
}

std::vector<std::string> peers_text(const AppConfig& c) {
  std::vector<std::string> out;
  for (const auto& p : c.node.peers)
    out.push_back(p.id + "@" + p.host + ":" + std::to_string(p.port));
  return out;
}

node::PeerConfig parse_peer(const std::string& text, const ConfigValue& where) {
  const std::size_t at = text.find('@');
  const std::size_t colon = text.rfind(':');
  if (at == std::string::npos || colon == std::string::npos || colon < at)
    where.refuse("a list of \"PEER_ID@HOST:PORT\"");
  if (colon == at + 1) where.refuse("a list of \"PEER_ID@HOST:PORT\", each with its host");
  node::PeerConfig peer{
      .id = text.substr(0, at), .host = text.substr(at + 1, colon - at - 1), .port = 0};
  std::uint32_t port = 0;
  for (const char c : text.substr(colon + 1)) {
    if (c < '0' || c > '9' || port > 65535) where.refuse("a list of \"PEER_ID@HOST:PORT\"");
    port = port * 10 + static_cast<std::uint32_t>(c - '0');
  }
  if (port == 0 || port > 65535) where.refuse("a port from 1 to 65535 in each peer");
  peer.port = static_cast<std::uint16_t>(port);
  return peer;
}

/// Addresses that others can dial. Peers never resolve the names they are told.
std::vector<std::string> parse_announced(const ConfigValue& value) {
  const std::vector<std::string> out = value.list();
  if (out.size() > p2p::kPeerAddressesMax)
    value.refuse("a list of at most " + std::to_string(p2p::kPeerAddressesMax) + " addresses");
  for (const std::string& text : out) {
    const auto address = p2p::Multiaddr::from_text(text);
    if (!address || address->peer() || !address->is_dialable(p2p::AddressProfile::Local)) {
      value.refuse("a list of addresses such as \"/ip4/203.0.113.7/tcp/9000\"; \"" + text +
                   "\" is not one");
    }
  }
  return out;
}

// clang-format off
const std::vector<Key>& keys() {
  static const std::vector<Key> table{
      {"p2p", "host", "Address to listen on for other nodes.",
       [](const AppConfig& c) { return quote(c.node.p2p_host); },
       [](AppConfig& c, const ConfigValue& v) { c.node.p2p_host = v.text(); }},
      {"p2p", "port", "Port to listen on for other nodes, 1 to 65535.",
       [](const AppConfig& c) { return std::to_string(c.node.p2p_port); },
       [](AppConfig& c, const ConfigValue& v) { c.node.p2p_port = static_cast<std::uint16_t>(v.number(1, 65535)); }},
      {"p2p", "peers", "Nodes to stay connected to: \"PEER_ID@HOST:PORT\".",
       [](const AppConfig& c) { return quote(peers_text(c)); },
       [](AppConfig& c, const ConfigValue& v) {
         c.node.peers.clear();
         for (const std::string& p : v.list()) c.node.peers.push_back(parse_peer(p, v));
       }},
      {"p2p", "announce", "Where others reach this node, as \"/ip4/IP/tcp/PORT\" or \"/ip6/IP/tcp/PORT\"; empty: where it listens.",
       [](const AppConfig& c) { return quote(c.node.p2p_announce); },
       [](AppConfig& c, const ConfigValue& v) { c.node.p2p_announce = parse_announced(v); }},
      {"p2p", "unknown_peers_max", "Connected peers that are neither validators nor in peers, 0 to 192; 0 lets nobody else in.",
       [](const AppConfig& c) { return std::to_string(c.node.p2p_unknown_peers_max); },
       [](AppConfig& c, const ConfigValue& v) { c.node.p2p_unknown_peers_max = static_cast<std::uint32_t>(v.number(0, p2p::NetworkLimits{}.connections_max)); }},
      {"p2p", "private_addresses", "Dial addresses of private networks and loopback that others tell of; devnets always do.",
       [](const AppConfig& c) { return std::string(c.node.p2p_private_addresses ? "true" : "false"); },
       [](AppConfig& c, const ConfigValue& v) { c.node.p2p_private_addresses = v.boolean(); }},
      {"rpc", "host", "Address of the JSON-RPC server. 127.0.0.1 keeps it to this machine.",
       [](const AppConfig& c) { return quote(c.node.rpc_host); },
       [](AppConfig& c, const ConfigValue& v) { c.node.rpc_host = v.text(); }},
      {"rpc", "port", "Port of the JSON-RPC server (HTTP and WebSocket), 1 to 65535.",
       [](const AppConfig& c) { return std::to_string(c.node.rpc_port); },
       [](AppConfig& c, const ConfigValue& v) { c.node.rpc_port = static_cast<std::uint16_t>(v.number(1, 65535)); }},
      {"rpc", "threads", "Threads that answer JSON-RPC, 1 to 64.",
       [](const AppConfig& c) { return std::to_string(c.node.rpc_threads); },
       [](AppConfig& c, const ConfigValue& v) { c.node.rpc_threads = static_cast<std::uint32_t>(v.number(1, 64)); }},
      {"rpc", "connections_max", "Client connections at once, 1 to 65536.",
       [](const AppConfig& c) { return std::to_string(c.node.rpc_connections_max); },
       [](AppConfig& c, const ConfigValue& v) { c.node.rpc_connections_max = static_cast<std::uint32_t>(v.number(1, 65536)); }},
      {"rpc", "call_timeout_ms", "Longest a call may run (eth_call, estimates), in milliseconds, up to 600000; 0: no limit.",
       [](const AppConfig& c) { return std::to_string(c.node.rpc_call_timeout_ms); },
       [](AppConfig& c, const ConfigValue& v) { c.node.rpc_call_timeout_ms = static_cast<std::uint32_t>(v.number(0, 600'000)); }},
      {"rpc", "cors_origins", "Browser origins that may read answers; \"*\" allows all, empty none.",
       [](const AppConfig& c) { return quote(c.node.rpc_cors_origins); },
       [](AppConfig& c, const ConfigValue& v) { c.node.rpc_cors_origins = v.list(); }},
      {"rpc", "vhosts", "Host names requests may be addressed to; IP addresses always may.",
       [](const AppConfig& c) { return quote(c.node.rpc_vhosts); },
       [](AppConfig& c, const ConfigValue& v) { c.node.rpc_vhosts = v.list(); }},
      {"mempool", "txns_max", "Transactions kept in the pool, 16 to 10000000.",
       [](const AppConfig& c) { return std::to_string(c.node.mempool_txns_max); },
       [](AppConfig& c, const ConfigValue& v) { c.node.mempool_txns_max = v.number(16, 10'000'000); }},
      {"mempool", "txns_per_sender_max", "Transactions kept for one sender, 1 to 100000.",
       [](const AppConfig& c) { return std::to_string(c.node.mempool_txns_per_sender_max); },
       [](AppConfig& c, const ConfigValue& v) { c.node.mempool_txns_per_sender_max = v.number(1, 100'000); }},
      {"oracle", "source", "Where a validator takes prices from: auto, walk (devnets), none, file:PATH or http://HOST:PORT/PATH.",
       [](const AppConfig& c) { return quote(c.node.oracle_source); },
       [](AppConfig& c, const ConfigValue& v) { c.node.oracle_source = v.text(); }},
      {"storage", "block_cache_bytes", "Memory for cached database blocks, at least 1048576.",
       [](const AppConfig& c) { return std::to_string(c.node.block_cache_bytes); },
       [](AppConfig& c, const ConfigValue& v) { c.node.block_cache_bytes = v.number(1 << 20, std::uint64_t{1} << 40); }},
      {"storage", "sync_blocks", "Wait for the disk on every block; the safety record always does.",
       [](const AppConfig& c) { return std::string(c.node.sync_blocks ? "true" : "false"); },
       [](AppConfig& c, const ConfigValue& v) { c.node.sync_blocks = v.boolean(); }},
      {"consensus", "outbox_log", "Append every signed consensus message to data/outbox.log, for audits.",
       [](const AppConfig& c) { return std::string(c.node.outbox_log ? "true" : "false"); },
       [](AppConfig& c, const ConfigValue& v) { c.node.outbox_log = v.boolean(); }},
      {"consensus", "verify_threads", "Threads for transaction signatures; 0 is one less than the cores, at most 256.",
       [](const AppConfig& c) { return std::to_string(c.node.verify_threads); },
       [](AppConfig& c, const ConfigValue& v) { c.node.verify_threads = static_cast<std::uint32_t>(v.number(0, 256)); }},
      {"log", "format", "\"text\" for people, \"json\" for machines.",
       [](const AppConfig& c) { return quote(c.log_format); },
       [](AppConfig& c, const ConfigValue& v) { c.log_format = v.choice({"text", "json"}); }},
      {"log", "level", "\"debug\", \"info\", \"warn\" or \"error\".",
       [](const AppConfig& c) { return quote(c.log_level); },
       [](AppConfig& c, const ConfigValue& v) { c.log_level = v.choice({"debug", "info", "warn", "error"}); }},
  };
  return table;
}
// clang-format on

std::string variable_of(const Key& key) {
  std::string out = std::string("OPENLIQUID_") + key.section + "_" + key.name;
  for (char& c : out)
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

}  // namespace

AppConfig parse_config(std::string_view toml, const std::string& file,
                       const std::function<const char*(const char*)>& environment) {
  AppConfig config;
  const ConfigFile parsed(toml, file);
  std::set<std::pair<std::string, std::string>> known;
  for (const Key& key : keys()) {
    known.emplace(key.section, key.name);
    if (const auto value = parsed.find(key.section, key.name)) key.set(config, *value);
    const std::string variable = variable_of(key);
    if (const char* text = environment(variable.c_str()))
      key.set(config, ConfigValue::from_environment(variable, text));
  }
  parsed.refuse_unknown(known);
  return config;
}

AppConfig load_config(const std::filesystem::path& file,
                      const std::function<const char*(const char*)>& environment) {
  std::ifstream in(file);
  if (!in)
    throw CommandError("cannot read " + file.string() +
                       "; make a home with: openliquid init --home DIR");
  std::stringstream text;
  text << in.rdbuf();
  return parse_config(text.str(), file.string(), environment);
}

std::vector<std::string> unknown_variables(const char* const* environment) {
  std::set<std::string> known;
  std::set<std::string> sections;
  for (const Key& key : keys()) {
    known.insert(variable_of(key));
    sections.insert(variable_of({key.section, "", "", nullptr, nullptr}));
  }
  std::vector<std::string> out;
  for (; *environment != nullptr; ++environment) {
    const std::string name =
        std::string(*environment).substr(0, std::string(*environment).find('='));
    const auto names_it = [&](const std::string& section) { return name.starts_with(section); };
    if (!known.contains(name) && std::ranges::any_of(sections, names_it)) out.push_back(name);
  }
  return out;
}

std::string render_config(const AppConfig& config) {
  std::string out =
      "# OpenLiquid node configuration. Every key can be overridden by an environment variable\n"
      "# named OPENLIQUID_<SECTION>_<KEY>, for example OPENLIQUID_RPC_PORT=8546.\n";
  std::string section;
  for (const Key& key : keys()) {
    if (section != key.section) {
      section = key.section;
      out += "\n[" + section + "]\n";
    }
    out += std::string("# ") + key.comment + "\n" + key.name + " = " + key.get(config) + "\n";
  }
  return out;
}

}  // namespace ol::app
