#include "attacker.hpp"

namespace ol::p2p::testing {
namespace {

std::span<const std::string_view> yamux() {
  static constexpr std::string_view kMuxers[] = {kYamuxProtocol};
  return kMuxers;
}

}  // namespace

Bytes yamux_header(std::uint8_t type, std::uint16_t flags, std::uint32_t id, std::uint32_t length) {
  Bytes out{0, type, static_cast<std::uint8_t>(flags >> 8), static_cast<std::uint8_t>(flags)};
  for (const std::uint32_t value : {id, length}) {
    for (const unsigned shift : {24U, 16U, 8U, 0U})
      out.push_back(static_cast<std::uint8_t>(value >> shift));
  }
  return out;
}

RawDialler::RawDialler(std::uint8_t number)
    : identity_(IdentityKey(identity_key(number)), exchange_key(number), yamux()),
      security_({std::string(kNoiseProtocol)}),
      handshake_(NoiseRole::Initiator, identity_,
                 exchange_key(static_cast<std::uint8_t>(number + 1)), std::nullopt) {
  security_.start(out_);
}

void RawDialler::receive(ByteView bytes) {
  if (!security_.done()) {
    bytes = bytes.subspan(security_.feed(bytes, out_).value());
    if (!security_.done()) return;
    handshake_.start(out_);
  }
  if (!is_secured()) {
    bytes = bytes.subspan(handshake_.feed(bytes, out_).value());
    if (!handshake_.done()) return;
    NoiseSession session = handshake_.take_session();
    sealer_.emplace(session.send_key);
    opener_.emplace(session.receive_key);
  }
  opener_->feed(bytes);
  while (const auto text = opener_->next().value())
    append(heard_, *text);
}

void RawDialler::send(ByteView plaintext) {
  OL_CHECK(sealer_->seal(plaintext, out_).has_value(), "2^64 messages do not happen");
}

Attacker::Attacker(HostNetwork& network, TestHost& victim, std::uint8_t number, const char* from)
    : network_(network),
      victim_(victim),
      peer_(number),
      id_(victim.host.on_accepted(*Multiaddr::from_text(from), network.now())) {}

void Attacker::exchange() {
  while (id_) {
    const Bytes there = peer_.take_output();
    if (!there.empty()) victim_.host.on_received(*id_, there, network_.now());
    Bytes back;
    victim_.host.poll_transmit(*id_, back, network_.now());
    victim_.host.on_written(*id_, network_.now());
    if (!back.empty()) peer_.receive(back);
    if (there.empty() && back.empty()) return;
  }
}

void Attacker::send(ByteView plaintext) {
  peer_.send(plaintext);
  exchange();
}

void Attacker::send_raw(ByteView bytes) {
  peer_.send_raw(bytes);
  exchange();
}

void Attacker::push(ByteView plaintext) {
  peer_.send(plaintext);
  victim_.host.on_received(*id_, peer_.take_output(), network_.now());
}

std::string Attacker::outcome() const {
  return victim_.ended.empty() ? std::string() : victim_.ended.back();
}

}  // namespace ol::p2p::testing
