#include <ol/p2p/network.hpp>

#include <ol/base/check.hpp>

namespace ol::p2p {

const char* describe(CloseCode code) {
  switch (code) {
    case CloseCode::Stopped:
      return "stopped";
    case CloseCode::ConnectFailed:
      return "connect_failed";
    case CloseCode::ConnectionLost:
      return "connection_lost";
    case CloseCode::HandshakeFailed:
      return "handshake_failed";
    case CloseCode::HandshakeTimeout:
      return "handshake_timeout";
    case CloseCode::WrongPeer:
      return "wrong_peer";
    case CloseCode::SelfConnection:
      return "self_connection";
    case CloseCode::NotAllowed:
      return "not_allowed";
    case CloseCode::Banned:
      return "banned";
    case CloseCode::TooManyPeers:
      return "too_many_peers";
    case CloseCode::HelloRefused:
      return "hello_refused";
    case CloseCode::Duplicate:
      return "duplicate";
    case CloseCode::Replaced:
      return "replaced";
    case CloseCode::SlowPeer:
      return "slow_peer";
    case CloseCode::KeepAliveTimeout:
      return "keep_alive_timeout";
    case CloseCode::ProtocolError:
      return "protocol_error";
    case CloseCode::LocalRequest:
      return "local_request";
    case CloseCode::Rotated:
      return "rotated";
  }
  OL_CHECK(false, "unknown CloseCode");
}

const char* describe(SendError error) {
  switch (error) {
    case SendError::TooLarge:
      return "message longer than its channel allows";
    case SendError::BadChannel:
      return "the control channel belongs to the link";
    case SendError::InboxFull:
      return "the network thread is behind";
  }
  OL_CHECK(false, "unknown SendError");
}

std::optional<GossipVerdict> NetworkHandler::on_gossip(const PeerId&, const std::string&,
                                                       const std::string&, ByteView) {
  return GossipVerdict::Ignore;
}

ChannelCounters& ChannelCounters::operator+=(const ChannelCounters& other) {
  messages_in += other.messages_in;
  bytes_in += other.bytes_in;
  messages_out += other.messages_out;
  bytes_out += other.bytes_out;
  dropped += other.dropped;
  return *this;
}

}  // namespace ol::p2p
