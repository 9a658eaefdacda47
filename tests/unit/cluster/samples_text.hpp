#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ece465/wire/checksum.hpp"
#include "ece465/wire/header.hpp"
#include "ece465/wire/histogram_codec.hpp"

/// Samples, tables and answers as bytes on the wire, for tests of the worker. Expected values are computed here, one
/// sample at a time.

namespace ece465::testing {

inline std::string samples_text(std::size_t n, unsigned seed) {
  std::string text(n, '\0');
  std::uint32_t state = seed * 2'654'435'761U + 1;
  for (char& c : text) {
    state = state * 1'664'525U + 1'013'904'223U;
    c = static_cast<char>(state >> 24U & state >> 16U);  // not uniform: low levels are more frequent
  }
  return text;
}

/// A table that inverts 256 levels and adds `shift`.
inline std::string table_text(unsigned shift) {
  std::string text(256, '\0');
  for (unsigned i = 0; i < 256; ++i) text[i] = static_cast<char>(255 - i + shift);
  return text;
}

inline std::string mapped_text(std::string samples, const std::string& table) {
  for (char& c : samples) c = table[static_cast<unsigned char>(c)];
  return samples;
}

inline std::vector<std::uint64_t> counts_of(const std::string& samples) {
  std::vector<std::uint64_t> counts(256);
  for (const char c : samples) ++counts[static_cast<unsigned char>(c)];
  return counts;
}

/// "[2,1,0,...]"
inline std::string json_counts(const std::string& samples) {
  std::string text;
  wire::append_json_counts(text, counts_of(samples));
  return text;
}

inline std::string xxh3(std::string_view text) { return fmt::format("xxh3={:016x}", wire::checksum(as_bytes(text))); }

/// A HIST_RESULT or CDF_RESULT of ECE465/2 without `us`, which differs from run to run.
inline std::string without_time(const std::string& line) {
  const auto at = line.find(" us=");
  if (at == std::string::npos) return line;
  const auto end = line.find(' ', at + 1);
  return line.substr(0, at) + (end == std::string::npos ? "" : line.substr(end));
}

/// The size that an answer's header announces.
inline std::size_t size_of_answer(const std::string& line) {
  const auto header = wire::parse_header(line, {wire::Sender::worker, true, {}});
  return header ? wire::body_bytes(header->message) : 0;
}

}  // namespace ece465::testing
