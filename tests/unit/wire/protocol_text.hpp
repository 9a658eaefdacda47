#pragma once

#include <string>
#include <vector>

/// The examples of src/wire/PROTOCOL.md, so that text and code cannot diverge.

namespace protocol_text {

/// A fenced block: the words after the three backticks, and its lines.
struct Block {
  std::vector<std::string> info;
  std::vector<std::string> lines;
};

/// All blocks whose first word is `kind`.
std::vector<Block> blocks(const std::string& kind);

/// Converts the text's notation to bytes: `\n`, `\xHH`, `{00..ff}`, `{x}*3`.
std::string unescape(const std::string& text);

/// A block's lines as one message.
std::string bytes_of(const Block& block);

}  // namespace protocol_text
