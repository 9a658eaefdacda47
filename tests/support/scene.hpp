#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "ece465/image/pixels.hpp"

/// Test pictures, and the naive oracle that says what equalizing them must give.

namespace ece465::testing {

/// A page of pixels in the simplest form: `samples[(y * width + x) * layout.samples() + s]`, at the layout's
/// depth.
struct Scene {
  std::uint32_t width = 0, height = 0;
  image::PixelLayout layout;
  std::vector<std::uint16_t> samples;

  [[nodiscard]] std::uint16_t at(std::uint32_t x, std::uint32_t y, std::size_t s = 0) const {
    return samples[(std::size_t{y} * width + x) * layout.samples() + s];
  }
  [[nodiscard]] std::uint32_t max_level() const { return layout.bits == 8 ? 255 : 65535; }
  bool operator==(const Scene&) const = default;
};

/// Draws a low-contrast landscape: hazy sky, ridges of hills, a sun, film grain; levels fill about a third of
/// the range. The same arguments give the same picture on every machine (integers only). Alpha, if any, fades
/// from the left edge; further extras hold a ramp.
[[nodiscard]] Scene landscape(std::uint32_t width, std::uint32_t height, const image::PixelLayout& layout,
                              std::uint32_t seed = 1);

/// The scene's rows [first, first + rows) as a block with contiguous rows.
[[nodiscard]] image::Block block_of(const Scene& scene, std::uint32_t first, std::uint32_t rows);
[[nodiscard]] inline image::Block block_of(const Scene& scene) { return block_of(scene, 0, scene.height); }
/// Copies a block into the scene's rows from `first` and columns from `left` on.
void paste(Scene& scene, const image::Block& block, std::uint32_t first, std::uint32_t left = 0);

/// `round((cdf(v) - h0) * L / (N - h0))`, half up, one sample at a time; the definition, written as it reads.
[[nodiscard]] std::vector<std::uint16_t> oracle_table(const std::vector<std::uint16_t>& plane, std::uint32_t max_level);
/// Equalizes a scene sample by sample, by that table. Handles gray (both polarities), RGB, and unassociated or
/// no alpha.
[[nodiscard]] Scene oracle(const Scene& scene, image::Channels channels);

}  // namespace ece465::testing
