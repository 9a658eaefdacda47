#include "chunk_policy.hpp"

#include <algorithm>

#include "kernels/scalar.hpp"

namespace ece465::image::png {
namespace {

bool has_alpha(const Header& header) {
  return header.color_type == ColorType::gray_alpha || header.color_type == ColorType::rgb_alpha;
}

/// Chunks that count as unsafe to copy, but of which it is known that they stay true when levels change.
bool is_known_to_last(ChunkName chunk) {
  constexpr std::array kLasting{name("gAMA"), name("cHRM"), name("sRGB"), name("iCCP"), name("cICP"), name("mDCV"),
                                name("cLLI"), name("sBIT"), name("bKGD"), name("sPLT"), name("tIME"), name("oFFs"),
                                name("sCAL"), name("sTER"), name("mDCv"), name("cLLi")};
  return std::ranges::find(kLasting, chunk) != kLasting.end();
}

/// How many bits of each channel meant something, before samples were scaled up to what is stored.
std::optional<std::vector<std::byte>> significant_bits(Bytes data, const Header& from, const Header& to) {
  const std::size_t colors = from.is_color() ? 3 : 1;
  if (data.size() != colors + (has_alpha(from) ? 1 : 0)) return std::nullopt;
  std::vector<std::byte> result(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(colors));
  if (from.is_color() && !to.is_color()) result = {std::ranges::max(result)};
  if (has_alpha(to)) result.push_back(has_alpha(from) ? data[colors] : static_cast<std::byte>(to.bit_depth));
  return result;
}

/// The colour to show an image on: samples of 16 bits each, at the depth of the image.
std::optional<std::vector<std::byte>> background(Bytes data, const Header& from, const Header& to) {
  if (data.size() != (from.is_color() ? 6U : 2U)) return std::nullopt;
  const auto sample = [&](std::size_t i) -> std::uint32_t {
    return load<std::uint16_t>(data.data() + 2 * i, std::endian::big) & ((1U << from.bit_depth) - 1);
  };
  const std::uint32_t level = from.is_color() ? kernels::luma(sample(0), sample(1), sample(2)) : sample(0);
  std::vector<std::byte> result(2);
  const std::uint32_t scale = ((1U << to.bit_depth) - 1) / ((1U << from.bit_depth) - 1);
  store(result.data(), static_cast<std::uint16_t>(level * scale), std::endian::big);
  return result;
}

}  // namespace

ChunkAction action_for(ChunkName chunk, const Header& from, const Header& to) {
  const bool becomes_gray = from.is_color() && !to.is_color();
  const bool was_palette = from.color_type == ColorType::palette;
  switch (chunk) {
    case name("acTL"):
    case name("fcTL"):
    case name("fdAT"): return ChunkAction::forgotten;
    case name("PLTE"): return becomes_gray ? ChunkAction::forgotten : ChunkAction::kept;  // of a colour image: a suggestion
    case name("tRNS"):                                                      // else it is alpha now
    // How often each palette entry occurs: still so, if entries are what the pixels are.
    case name("hIST"): return was_palette && !becomes_gray ? ChunkAction::kept : ChunkAction::forgotten;
    case name("iCCP"): return becomes_gray ? ChunkAction::dropped : ChunkAction::kept;
    case name("sBIT"): return from.color_type == to.color_type ? ChunkAction::kept : ChunkAction::rewritten;
    case name("bKGD"):
      if (becomes_gray && was_palette) return ChunkAction::dropped;
      return becomes_gray || from.bit_depth != to.bit_depth ? ChunkAction::rewritten : ChunkAction::kept;
    case name("pCAL"): return ChunkAction::dropped;  // what levels mean in physical units: no longer
    default: return is_safe_to_copy(chunk) || is_known_to_last(chunk) ? ChunkAction::kept : ChunkAction::dropped;
  }
}

std::optional<std::vector<std::byte>> rewrite(ChunkName chunk, Bytes data, const Header& from, const Header& to) {
  return chunk == name("sBIT") ? significant_bits(data, from, to) : background(data, from, to);
}

}  // namespace ece465::image::png
