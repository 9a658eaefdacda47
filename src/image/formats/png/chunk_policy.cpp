#include "chunk_policy.hpp"

#include <algorithm>

#include "kernels/scalar.hpp"

namespace ece465::image::png {
namespace {

bool has_alpha(const Header& header) {
  return header.color_type == ColorType::gray_alpha || header.color_type == ColorType::rgb_alpha;
}

/// Chunks that are marked as unsafe to copy, but are known to stay correct when levels change.
bool is_independent_of_levels(ChunkName chunk) {
  constexpr std::array kIndependent{name("gAMA"), name("cHRM"), name("sRGB"), name("iCCP"), name("cICP"), name("mDCV"),
                                    name("cLLI"), name("sBIT"), name("bKGD"), name("sPLT"), name("tIME"), name("oFFs"),
                                    name("sCAL"), name("sTER"), name("mDCv"), name("cLLi")};
  return std::ranges::find(kIndependent, chunk) != kIndependent.end();
}

/// sBIT: the number of significant bits of each channel, before samples were scaled to the stored depth.
std::optional<std::vector<std::byte>> significant_bits(Bytes data, const Header& from, const Header& to) {
  const std::size_t colors = from.is_color() ? 3 : 1;
  if (data.size() != colors + (has_alpha(from) ? 1 : 0)) return std::nullopt;
  std::vector<std::byte> result(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(colors));
  if (from.is_color() && !to.is_color()) result = {std::ranges::max(result)};
  if (has_alpha(to)) result.push_back(has_alpha(from) ? data[colors] : static_cast<std::byte>(to.bit_depth));
  return result;
}

/// bKGD: the background colour, as 16-bit numbers at the depth of the image.
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
    case name("fdAT"): return ChunkAction::drop_silently;
    case name("PLTE"):
      return becomes_gray ? ChunkAction::drop_silently : ChunkAction::keep;  // in a true-colour image: a suggestion
    case name("tRNS"):                                                       // otherwise converted to alpha
    // The frequency of palette entries: unchanged if pixels still are indices.
    case name("hIST"): return was_palette && !becomes_gray ? ChunkAction::keep : ChunkAction::drop_silently;
    case name("iCCP"): return becomes_gray ? ChunkAction::drop : ChunkAction::keep;
    case name("sBIT"): return from.color_type == to.color_type ? ChunkAction::keep : ChunkAction::rewrite;
    case name("bKGD"):
      if (becomes_gray && was_palette) return ChunkAction::drop;
      return becomes_gray || from.bit_depth != to.bit_depth ? ChunkAction::rewrite : ChunkAction::keep;
    case name("pCAL"): return ChunkAction::drop;  // the levels' physical units: no longer valid
    default: return is_safe_to_copy(chunk) || is_independent_of_levels(chunk) ? ChunkAction::keep : ChunkAction::drop;
  }
}

std::optional<std::vector<std::byte>> rewrite_chunk(ChunkName chunk, Bytes data, const Header& from, const Header& to) {
  return chunk == name("sBIT") ? significant_bits(data, from, to) : background(data, from, to);
}

}  // namespace ece465::image::png
