#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <ol/consensus/conflict.hpp>

namespace ol::node {

/// Why this node finalises nothing more, in the file `finality.halt` of its data directory: while
/// it is there the node stays halted. Only an operator takes it away. Format:
/// docs/protocol/safety-record.md, "Halt".
class HaltFile {
 public:
  explicit HaltFile(const std::filesystem::path& data_dir) : path_(data_dir / "finality.halt") {}

  /// Durable on return. The error is a sentence.
  [[nodiscard]] Result<void, std::string> write(const consensus::Conflict& conflict) const;
  /// Nothing if there is no file. The error is a sentence: the file cannot be read, and a node that
  /// does not know whether it halted must not start.
  [[nodiscard]] Result<std::optional<consensus::Conflict>, std::string> read() const;
  /// What an operator does to let the node go on.
  [[nodiscard]] std::string how_to_clear() const;

 private:
  std::filesystem::path path_;
};

}  // namespace ol::node
