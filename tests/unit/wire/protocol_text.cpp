#include "protocol_text.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

namespace protocol_text {
namespace {

std::string repeat(const std::string& text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

std::string all_bytes() {
  std::string out;
  for (int i = 0; i < 256; ++i) out += static_cast<char>(i);
  return out;
}

}  // namespace

std::vector<Block> blocks(const std::string& kind) {
  std::ifstream file(ECE465_PROTOCOL_TEXT);
  REQUIRE(file);
  std::vector<Block> found;
  bool inside = false, wanted = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
      if (!inside) continue;
      Block block;
      std::istringstream words(line.substr(3));
      for (std::string word; words >> word;) block.info.push_back(word);
      wanted = !block.info.empty() && block.info[0] == kind;
      if (wanted) found.push_back(block);
    } else if (inside && wanted) {
      found.back().lines.push_back(line);
    }
  }
  REQUIRE_FALSE(inside);
  return found;
}

std::string unescape(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (text.compare(i, 2, "\\n") == 0) {
      out += '\n';
      i += 2;
    } else if (text.compare(i, 2, "\\x") == 0) {
      out += static_cast<char>(std::stoi(text.substr(i + 2, 2), nullptr, 16));
      i += 4;
    } else if (text.compare(i, 8, "{00..ff}") == 0) {
      out += all_bytes();
      i += 8;
    } else if (text[i] == '{') {
      const std::size_t close = text.find("}*", i);
      REQUIRE(close != std::string::npos);
      std::size_t digits = 0;
      const int times = std::stoi(text.substr(close + 2), &digits);
      out += repeat(unescape(text.substr(i + 1, close - i - 1)), static_cast<std::size_t>(times));
      i = close + 2 + digits;
    } else {
      out += text[i++];
    }
  }
  return out;
}

std::string bytes_of(const Block& block) {
  std::string out;
  for (const std::string& line : block.lines) out += unescape(line);
  return out;
}

}  // namespace protocol_text
