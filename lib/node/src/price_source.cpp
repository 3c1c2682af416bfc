#include "price_source.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

#include <simdjson.h>

#include <ol/base/codec.hpp>
#include <ol/base/descriptor.hpp>
#include <ol/crypto/hash.hpp>

namespace ol::node {
namespace {

using Prices = std::vector<exchange::OracleSubmit::Px>;

constexpr std::uint64_t kStepMs = 3'000;
constexpr std::size_t kAnswerBytesMax = std::size_t{1} << 20;
constexpr time_t kHttpSeconds = 2;

/// The devnet's prices: from the genesis price, each three seconds up or down by at most a tenth of
/// a percent, by the hash of chain, market and step. Every validator of the chain walks the same
/// way.
class Walk final : public PriceSource {
 public:
  explicit Walk(const primitives::Genesis& genesis)
      : seed_(primitives::genesis_hash(genesis)), start_ms_(genesis.time.value()) {
    for (PricedMarket& market : priced_markets(genesis)) {
      if (market.first_px > 0) markets_.push_back({std::move(market), 0});
    }
    for (Walker& walker : markets_)
      walker.px = walker.market.first_px;
  }

  Result<Prices, std::string> prices(std::uint64_t wall_ms) override {
    const std::uint64_t step = wall_ms > start_ms_ ? (wall_ms - start_ms_) / kStepMs : 0;
    for (; step_ < step; ++step_) {
      for (Walker& walker : markets_)
        walk(walker);
    }
    Prices out;
    for (const Walker& walker : markets_)
      out.push_back({walker.market.asset, walker.px, 0});
    return out;
  }

 private:
  struct Walker {
    PricedMarket market;
    std::uint64_t px = 0;
  };

  void walk(Walker& walker) const {
    Writer what;
    what.fixed(seed_).strong(walker.market.asset).u64(step_);
    const Hash256 hash = crypto::keccak256(what.bytes());
    const std::uint64_t roll = (std::uint64_t{hash.bytes[0]} << 8) | hash.bytes[1];
    const std::uint64_t most = std::max<std::uint64_t>(walker.px / 1'000, 1);
    const std::uint64_t move = roll % (most + 1);
    // Far from where it began it turns back.
    const bool high = walker.px > walker.market.first_px * 3 / 2;
    const bool low = walker.px < walker.market.first_px * 2 / 3 || walker.px <= move + 1;
    const bool up = low || (!high && (hash.bytes[2] & 1U) != 0);
    walker.px = up ? walker.px + move : walker.px - move;
  }

  Hash256 seed_;
  std::uint64_t start_ms_;
  std::uint64_t step_ = 0;
  std::vector<Walker> markets_;
};

class File final : public PriceSource {
 public:
  File(std::string path, std::vector<PricedMarket> markets)
      : path_(std::move(path)), markets_(std::move(markets)) {}

  Result<Prices, std::string> prices(std::uint64_t /*wall_ms*/) override {
    std::ifstream in(path_, std::ios::binary);
    if (!in) return fail("the price file " + path_ + " cannot be read");
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    return read_prices(text, markets_);
  }

 private:
  std::string path_;
  std::vector<PricedMarket> markets_;
};

class Http final : public PriceSource {
 public:
  Http(std::string host, std::string port, std::string path, std::vector<PricedMarket> markets)
      : host_(std::move(host)),
        port_(std::move(port)),
        path_(std::move(path)),
        markets_(std::move(markets)) {}

  Result<Prices, std::string> prices(std::uint64_t /*wall_ms*/) override {
    OL_TRY(const std::string answer, get());
    const std::size_t head = answer.find("\r\n\r\n");
    const std::string_view status = answer;
    // One digit of the version stands between.
    const bool ok =
        head != std::string::npos && status.starts_with("HTTP/1.") &&
        status.substr(0, head).substr(std::min<std::size_t>(head, 8)).starts_with(" 200");
    if (!ok) return fail("the price source " + host_ + ":" + port_ + path_ + " did not answer 200");
    return read_prices(std::string_view(answer).substr(head + 4), markets_);
  }

 private:
  // HTTP/1.0, so that the answer ends with the connection and is never in chunks.
  [[nodiscard]] Result<std::string, std::string> get() const {
    const std::string where = "the price source " + host_ + ":" + port_;
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host_.c_str(), port_.c_str(), &hints, &found) != 0)
      return fail(where + " has no address");
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
    const Descriptor socket(::socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, 0));
    const timeval limit{kHttpSeconds, 0};
    for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO})
      ::setsockopt(socket.get(), SOL_SOCKET, option, &limit, sizeof limit);
    if (::connect(socket.get(), found->ai_addr, found->ai_addrlen) != 0)
      return fail(where + " does not accept connections");
    const std::string request = "GET " + path_ + " HTTP/1.0\r\nHost: " + host_ +
                                "\r\nAccept: application/json\r\nConnection: close\r\n\r\n";
    if (::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size()))
      return fail(where + " does not take the request");
    std::string answer;
    std::array<char, 4096> part{};
    // A source that sends byte by byte must not hold the thread that submits prices.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(kHttpSeconds);
    while (std::chrono::steady_clock::now() < deadline) {
      const ssize_t got = ::recv(socket.get(), part.data(), part.size(), 0);
      if (got < 0) return fail(where + " does not answer in time");
      if (got == 0) return answer;
      answer.append(part.data(), static_cast<std::size_t>(got));
      if (answer.size() > kAnswerBytesMax) return fail(where + " answers more than 1 MiB");
    }
    return fail(where + " does not answer in time");
  }

  std::string host_;
  std::string port_;
  std::string path_;
  std::vector<PricedMarket> markets_;
};

// A plain decimal times 10^decimals. Feeds quote finer than a market does: what is finer is cut
// off.
std::optional<std::uint64_t> scaled(std::string_view text, unsigned decimals) {
  constexpr std::size_t kDigitsMax = 12;
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  std::string digits(whole);
  std::string_view fraction;
  if (point != std::string_view::npos) fraction = text.substr(point + 1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (whole.empty() || whole.size() > kDigitsMax || !std::ranges::all_of(whole, is_digit) ||
      !std::ranges::all_of(fraction, is_digit))
    return std::nullopt;
  for (unsigned i = 0; i < decimals; ++i)
    digits += i < fraction.size() ? fraction[i] : '0';
  std::uint64_t out = 0;
  for (const char digit : digits)
    out = out * 10 + static_cast<std::uint64_t>(digit - '0');
  return out;
}

Result<std::unique_ptr<PriceSource>, std::string> make_http(std::string_view rest,
                                                            std::vector<PricedMarket> markets) {
  const std::size_t slash = rest.find('/');
  const std::string path(slash == std::string_view::npos ? "/" : rest.substr(slash));
  const std::string_view place = rest.substr(0, slash);
  const std::size_t colon = place.rfind(':');
  const std::string host(place.substr(0, colon));
  const std::string port(colon == std::string_view::npos ? "80" : place.substr(colon + 1));
  const auto plain = [](char c) { return c > ' ' && c < 0x7f; };
  if (host.empty() || port.empty() || !std::ranges::all_of(rest, plain))
    return fail(std::string("oracle.source is no URL of the form http://HOST:PORT/PATH"));
  return std::make_unique<Http>(host, port, path, std::move(markets));
}

}  // namespace

std::vector<PricedMarket> priced_markets(const primitives::Genesis& genesis) {
  std::vector<PricedMarket> out;
  for (const primitives::ExchangeMarket& market : genesis.exchange->markets) {
    const exchange::AssetId asset(market.asset);
    if (exchange::is_spot(asset)) continue;
    out.push_back({asset, market.name, market.sz_decimals, market.px});
  }
  return out;
}

Result<Prices, std::string> read_prices(std::string_view json,
                                        const std::vector<PricedMarket>& markets) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(simdjson::padded_string(json)).get(object) != simdjson::SUCCESS)
    return fail(std::string("the prices are no JSON object of market to decimal string"));
  Prices out;
  for (const PricedMarket& market : markets) {
    std::string_view text;
    const auto found = object.at_key(market.name);
    if (found.error() == simdjson::NO_SUCH_FIELD) continue;
    if (found.get(text) != simdjson::SUCCESS)
      return fail("the price of " + market.name + " is no decimal string");
    const auto px = scaled(text, 6U - market.sz_decimals);  // dex.md 1.2
    if (!px || *px == 0 || *px >= exchange::kPxEnd)
      return fail("the price of " + market.name + " is out of range: " + std::string(text));
    out.push_back({market.asset, *px, 0});
  }
  if (out.empty()) return fail(std::string("the prices name none of the markets"));
  return out;
}

Result<std::unique_ptr<PriceSource>, std::string> make_price_source(
    const std::string& text, const primitives::Genesis& genesis) {
  const bool chooses = text == "auto";
  const bool walks = text == "walk" || (chooses && genesis.devnet);
  if (walks && !genesis.devnet)
    return fail(std::string("oracle.source \"walk\" makes prices up; only devnets may"));
  if (walks) return std::make_unique<Walk>(genesis);
  if (chooses || text == "none") return std::unique_ptr<PriceSource>();
  std::vector<PricedMarket> markets = priced_markets(genesis);
  if (text.starts_with("file:")) return std::make_unique<File>(text.substr(5), std::move(markets));
  if (text.starts_with("http://"))
    return make_http(std::string_view(text).substr(7), std::move(markets));
  return fail("oracle.source is \"" + text +
              "\"; allowed are auto, walk, none, file:PATH and http://HOST:PORT/PATH");
}

}  // namespace ol::node
