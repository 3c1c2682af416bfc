#pragma once

#include <string>
#include <string_view>

#include <ol/base/bytes.hpp>
#include <ol/base/u256.hpp>
#include <ol/evm/step_text.hpp>

namespace ol::evm {

// Pieces of JSON, appended to a text.

/// "0x.." in quotes.
void put_hex(std::string& out, ByteView bytes);
void put_quantity(std::string& out, const U256& value);
/// A string in quotes, with what JSON does not allow escaped. @pre Valid UTF-8.
void put_string(std::string& out, std::string_view text);
/// `"key":`, after a comma unless it is the first of its object.
void put_key(std::string& out, std::string_view key);

}  // namespace ol::evm
