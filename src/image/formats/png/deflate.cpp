#include "deflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>
#include <vector>

#include "huffman.hpp"

namespace ece465::image::png {
namespace {

// RFC 1951, 3.2.5 and 3.2.7.
constexpr std::size_t kLiterals = 256, kEndOfBlock = 256, kFirstLength = 257, kLengthCodes = 29;
constexpr std::size_t kSymbols = kFirstLength + kLengthCodes;
constexpr std::size_t kLongestMatch = 258;
constexpr std::array<std::uint16_t, kLengthCodes> kLengthBase{
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
constexpr std::array<std::uint8_t, kLengthCodes> kLengthExtra{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                                              2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
/// The length code of each match length, minus kFirstLength.
constexpr auto kLengthCode = [] {
  std::array<std::uint8_t, kLongestMatch + 1> codes{};
  for (std::size_t code = 0; code < kLengthCodes; ++code) {
    const std::size_t end = code + 1 < kLengthCodes ? kLengthBase[code + 1] : kLongestMatch + 1;
    for (std::size_t length = kLengthBase[code]; length < end; ++length) codes[length] = std::uint8_t(code);
  }
  return codes;
}();
constexpr std::array<std::uint8_t, 19> kCodeLengthOrder{16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                        11, 4,  12, 3, 13, 2, 14, 1, 15};

/// Bytes that share a code: few enough for the code to fit them, and enough to make the cost of its description small.
constexpr std::size_t kBlockBytes = std::size_t{64} << 10;
/// Shorter runs take fewer bits as literals: where runs are frequent, a literal takes a bit or two. Also the number of
/// bytes that are compared at once.
constexpr std::size_t kShortestRun = 8;
/// Four literals of this length and the remaining bits of a byte fit the bit buffer: 4 * 14 + 7 <= 64.
constexpr unsigned kLongestCode = 14;

class BitWriter {
 public:
  explicit BitWriter(std::byte* to) : to_(to) {}
  /// At most 57 bits between flushes.
  void put(std::uint64_t bits, unsigned length) {
    buffer_ |= bits << filled_;
    filled_ += length;
  }
  void put(Code code) { put(code.bits, code.length); }
  /// Writes complete bytes. Overwrites up to eight bytes at the position.
  void flush() {
    if constexpr (std::endian::native == std::endian::little) {
      std::memcpy(to_, &buffer_, sizeof buffer_);
    } else {
      store(to_, buffer_, std::endian::little);
    }
    to_ += filled_ / 8;
    buffer_ >>= filled_ & ~7U;
    filled_ &= 7;
  }
  /// Aligns to a byte boundary with an empty stored block or, if `last`, with an empty final block.
  void align(bool last) {
    if (last) {
      put(0b011, 10);  // final, fixed codes, end of block
    } else {
      put(0b000, 3);  // not final, stored
    }
    filled_ = (filled_ + 7) / 8 * 8;
    flush();
    if (!last) put(0xFFFF0000, 32);  // length 0 and its complement
    flush();
  }
  [[nodiscard]] std::byte* position() const { return to_; }

 private:
  std::byte* to_;
  std::uint64_t buffer_ = 0;
  unsigned filled_ = 0;
};

/// A run of bytes from `at` that are equal to the byte before `at`.
struct Run {
  std::uint32_t at, length;
};

/// Splits a run into matches of valid lengths (3 to 258) and calls `f(length)` for each.
template <class F>
void for_each_match(std::size_t run, F&& f) {
  while (run > 0) {
    std::size_t length = std::min(run, kLongestMatch);
    if (run - length == 1 || run - length == 2) length -= 3;
    f(length);
    run -= length;
  }
}

std::uint64_t load_eight(const std::byte* from) { return load<std::uint64_t>(from, std::endian::native); }

/// Encodes one block with a code of its own.
class HuffmanBlock {
 public:
  /// `has_before`: whether a byte precedes the block, which its first run may continue.
  void write(Bytes bytes, bool has_before, BitWriter& out);

 private:
  void find_runs(Bytes bytes, bool has_before);
  void write_code(BitWriter& out);
  void write_bytes(Bytes bytes, BitWriter& out) const;

  std::array<std::uint32_t, kSymbols> counts_{};
  std::array<Code, kSymbols> codes_{};
  std::vector<Run> runs_;
};

void HuffmanBlock::find_runs(Bytes bytes, bool has_before) {
  // Four tables, so that consecutive equal bytes do not wait for each other's count.
  std::array<std::array<std::uint32_t, kLiterals>, 4> counts{};
  const std::byte* const data = bytes.data();
  const auto at = [&](std::size_t i) { return std::to_integer<std::size_t>(data[i]); };
  runs_.clear();
  counts_.fill(0);
  std::size_t i = 0;
  if (!has_before && !bytes.empty()) ++counts[0][at(i++)];
  while (i + kShortestRun <= bytes.size()) {
    if (load_eight(data + i) != load_eight(data + i - 1)) {
      for (std::size_t k = 0; k < kShortestRun; k += 4) {
        for (std::size_t j = 0; j < 4; ++j) ++counts[j][at(i + k + j)];
      }
      i += kShortestRun;
      continue;
    }
    std::size_t end = i + kShortestRun;
    while (end < bytes.size() && data[end] == data[i]) ++end;
    runs_.push_back({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(end - i)});
    for_each_match(end - i, [&](std::size_t length) { ++counts_[kFirstLength + kLengthCode[length]]; });
    i = end;
  }
  for (; i < bytes.size(); ++i) ++counts[0][at(i)];
  for (const auto& table : counts) {
    for (std::size_t v = 0; v < kLiterals; ++v) counts_[v] += table[v];
  }
  counts_[kEndOfBlock] = 1;
}

/// RFC 1951, 3.2.7: the code lengths, run-length encoded, with a code of their own.
void HuffmanBlock::write_code(BitWriter& out) {
  make_code(counts_, kLongestCode, codes_);
  std::size_t symbols = kSymbols;
  while (codes_[symbols - 1].length == 0) --symbols;

  struct Item {
    std::uint8_t symbol, extra;
  };
  std::array<std::uint8_t, kSymbols + 1> lengths{};
  for (std::size_t i = 0; i < symbols; ++i) lengths[i] = static_cast<std::uint8_t>(codes_[i].length);
  lengths[symbols] = 1;  // the only distance: 1
  const auto all = std::span(lengths).first(symbols + 1);
  std::array<Item, kSymbols + 1> items;
  std::array<std::uint32_t, kCodeLengthOrder.size()> counts{};
  std::size_t n = 0;
  const auto add = [&](std::size_t symbol, std::size_t extra) {
    items[n++] = {static_cast<std::uint8_t>(symbol), static_cast<std::uint8_t>(extra)};
    ++counts[symbol];
  };
  for (std::size_t i = 0; i < all.size();) {
    std::size_t same = 1;
    while (i + same < all.size() && all[i + same] == all[i]) ++same;
    if (all[i] == 0 && same >= 3) {
      same = std::min<std::size_t>(same, 138);
      add(same < 11 ? 17 : 18, same - (same < 11 ? 3 : 11));
    } else if (all[i] != 0 && same >= 4) {
      same = std::min<std::size_t>(same, 7);
      add(all[i], 0);
      add(16, same - 4);
    } else {
      same = 1;
      add(all[i], 0);
    }
    i += same;
  }
  std::array<Code, kCodeLengthOrder.size()> codes;
  make_code(counts, 7, codes);
  std::size_t listed = codes.size();
  while (listed > 4 && codes[kCodeLengthOrder[listed - 1]].length == 0) --listed;

  out.put(0b100, 3);  // not final, dynamic codes
  out.put(symbols - kFirstLength, 5);
  out.put(0, 5);
  out.put(listed - 4, 4);
  out.flush();
  for (std::size_t i = 0; i < listed; ++i) {
    out.put(codes[kCodeLengthOrder[i]].length, 3);
    out.flush();
  }
  for (const auto& [symbol, extra] : std::span(items).first(n)) {
    out.put(codes[symbol]);
    if (symbol >= 16) out.put(extra, symbol == 16 ? 2 : symbol == 17 ? 3 : 7);
    out.flush();
  }
}

void HuffmanBlock::write_bytes(Bytes bytes, BitWriter& out) const {
  const std::byte* const data = bytes.data();
  const auto code = [&](std::size_t i) { return codes_[std::to_integer<std::size_t>(data[i])]; };
  const auto literals = [&](std::size_t i, std::size_t end) {
    for (; i + 4 <= end; i += 4) {
      out.put(code(i));
      out.put(code(i + 1));
      out.put(code(i + 2));
      out.put(code(i + 3));
      out.flush();
    }
    for (; i < end; ++i) out.put(code(i));
    out.flush();
  };
  std::size_t i = 0;
  for (const Run& run : runs_) {
    literals(i, run.at);
    for_each_match(run.length, [&](std::size_t length) {
      const std::size_t which = kLengthCode[length];
      out.put(codes_[kFirstLength + which]);
      out.put(length - kLengthBase[which], kLengthExtra[which]);
      out.put(0, 1);  // the distance
      out.flush();
    });
    i = run.at + run.length;
  }
  literals(i, bytes.size());
  out.put(codes_[kEndOfBlock]);
  out.flush();
}

void HuffmanBlock::write(Bytes bytes, bool has_before, BitWriter& out) {
  find_runs(bytes, has_before);
  write_code(out);
  write_bytes(bytes, out);
}

/// The maximum size of a part: every byte with the longest code, and a code's description for every block.
std::size_t max_part_bytes(std::size_t n) { return n * kLongestCode / 8 + (n / kBlockBytes + 1) * 512 + 64; }

}  // namespace

void deflate_runs(Bytes bytes, bool last, Buffer& out) {
  out.resize(max_part_bytes(bytes.size()));
  BitWriter writer(out.data());
  HuffmanBlock block;
  for (std::size_t at = 0; at < bytes.size(); at += kBlockBytes) {
    block.write(bytes.subspan(at, std::min(kBlockBytes, bytes.size() - at)), at > 0, writer);
  }
  writer.align(last);
  out.resize(static_cast<std::size_t>(writer.position() - out.data()));
}

unsigned percent_repeated(Bytes bytes) {
  constexpr std::size_t kSample = std::size_t{32} << 10;
  constexpr std::size_t kHashBits = 12, kMinMatch = 6;
  constexpr std::uint32_t kMultiplier = 2654435761U;  // 2^32 divided by the golden ratio: Knuth, TAOCP volume 3, 6.4
  const std::size_t n = std::min(bytes.size(), kSample);
  const std::byte* const data = bytes.data() + (bytes.size() - n) / 2;
  std::array<std::uint16_t, std::size_t{1} << kHashBits> last_seen{};
  std::size_t repeated = 0;
  for (std::size_t i = 0; i + 8 <= n;) {
    const std::uint32_t four = load<std::uint32_t>(data + i, std::endian::little);
    std::uint16_t& place = last_seen[four * kMultiplier >> (32 - kHashBits)];
    const std::size_t before = std::exchange(place, static_cast<std::uint16_t>(i));
    std::size_t length = 0;
    while (before < i && i + length < n && data[before + length] == data[i + length]) ++length;
    if (length >= kMinMatch) repeated += length;
    i += length >= kMinMatch ? length : 1;
  }
  return n == 0 ? 0 : static_cast<unsigned>(repeated * 100 / n);
}

Result<void> deflate_matches(Bytes bytes, int level, bool last, Buffer& out) {
  z_stream stream{};
  constexpr int kRaw = -15, kMemory = 9;
  if (deflateInit2(&stream, level, Z_DEFLATED, kRaw, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) {
    return fail(Errc::too_large, "out of memory");
  }
  constexpr std::size_t kFlush = 16;  // deflateBound does not include the bytes of a flush
  out.resize(deflateBound(&stream, bytes.size()) + kFlush);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, last ? Z_FINISH : Z_SYNC_FLUSH);
  const bool done = result == (last ? Z_STREAM_END : Z_OK) && stream.avail_in == 0;
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (!done) return fail(Errc::internal, "zlib stopped with {}", result);
  return {};
}

}  // namespace ece465::image::png
