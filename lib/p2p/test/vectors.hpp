#pragma once

#include <string>

#include <boost/json/value.hpp>

/// The vectors in data/libp2p-vectors.json: keys from the libp2p peer-id spec, everything else
/// computed with js-libp2p 3.3.11.
namespace ol::p2p::testing {

[[nodiscard]] const boost::json::object& libp2p_vectors();

/// A text field of a section, such as ("yamux", "pingSyn_id7").
[[nodiscard]] std::string vector_text(const char* section, const char* field);

}  // namespace ol::p2p::testing
