#include "bench/assembler.hpp"

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <ol/base/check.hpp>
#include <ol/base/hex.hpp>
#include <ol/evm/opcode.hpp>

namespace ol::app::bench {
namespace {

constexpr std::uint8_t kJumpdest = 0x5b;
constexpr std::uint8_t kPush2 = 0x61;

const std::map<std::string, std::uint8_t>& opcodes() {
  static const auto kOpcodes = [] {
    std::map<std::string, std::uint8_t> out;
    for (int byte = 0; byte < 256; ++byte) {
      const char* const name = evm::opcode_name(static_cast<std::uint8_t>(byte));
      if (name != nullptr) out.emplace(name, static_cast<std::uint8_t>(byte));
    }
    return out;
  }();
  return kOpcodes;
}

struct Jump {
  std::size_t place = 0;  // of the two bytes to fill in
  std::string label;
};

class Assembly {
 public:
  void add(const std::string& word) {
    if (word.back() == ':') {
      labels_[word.substr(0, word.size() - 1)] = code_.size();
      code_.push_back(kJumpdest);
    } else if (word.front() == '@') {
      code_.insert(code_.end(), {kPush2, 0, 0});
      jumps_.push_back({code_.size() - 2, word.substr(1)});
    } else if (word.starts_with("0x")) {
      const auto bytes = from_hex(word);
      OL_CHECK(bytes && !bytes->empty() && bytes->size() <= 32, word.c_str());
      code_.push_back(static_cast<std::uint8_t>(0x5f + bytes->size()));
      append(code_, *bytes);
    } else {
      const auto found = opcodes().find(word);
      OL_CHECK(found != opcodes().end(), word.c_str());
      code_.push_back(found->second);
    }
  }

  [[nodiscard]] Bytes finish() && {
    for (const Jump& jump : jumps_) {
      const auto label = labels_.find(jump.label);
      OL_CHECK(label != labels_.end(), jump.label.c_str());
      code_[jump.place] = static_cast<std::uint8_t>(label->second >> 8);
      code_[jump.place + 1] = static_cast<std::uint8_t>(label->second);
    }
    return std::move(code_);
  }

 private:
  Bytes code_;
  std::map<std::string, std::size_t> labels_;
  std::vector<Jump> jumps_;
};

}  // namespace

Bytes assemble(std::string_view text) {
  std::istringstream words{std::string(text)};
  Assembly out;
  for (std::string word; words >> word;)
    out.add(word);
  return std::move(out).finish();
}

}  // namespace ol::app::bench
