#include "vectors.hpp"

#include <fstream>
#include <sstream>

#include <boost/json/parse.hpp>

#include <ol/base/check.hpp>

namespace ol::p2p::testing {

const boost::json::object& libp2p_vectors() {
  static const boost::json::value parsed = [] {
    std::ifstream file(OL_SOURCE_DIR "/lib/p2p/test/data/libp2p-vectors.json");
    OL_CHECK(file.good(), "the vectors are part of the source tree");
    std::stringstream text;
    text << file.rdbuf();
    return boost::json::parse(text.str());
  }();
  return parsed.as_object();
}

std::string vector_text(const char* section, const char* field) {
  return std::string(libp2p_vectors().at(section).at(field).as_string());
}

}  // namespace ol::p2p::testing
