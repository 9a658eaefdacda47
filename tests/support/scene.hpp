#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "ece465/image/pixels.hpp"

/// Test pictures, and a naive oracle for the result of equalizing them.

namespace ece465::testing {

/// A page of pixels in the simplest form: `samples[(y * width + x) * layout.samples() + s]`, at the layout's depth.
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

/// Draws a low-contrast landscape row by row: hazy sky, ridges of textured hills, a sun, film grain; levels fill about
/// a third of the range. The same arguments give the same picture on every machine (integers only). Alpha, if any,
/// increases from the left edge; further extras hold a ramp. Takes a few nanoseconds per pixel, so that pictures of
/// gigapixels can be streamed.
class LandscapePainter {
 public:
  LandscapePainter(std::uint32_t width, std::uint32_t height, const image::PixelLayout& layout, std::uint32_t seed);
  /// Writes row `y` to `out`: `width * layout.samples()` samples. Rows may come in any order.
  void paint(std::uint32_t y, std::span<std::uint16_t> out);

 private:
  static constexpr std::size_t kHills = 4;
  /// Smooth noise on a lattice with cells of 2^log2_period pixels. Two lattice rows are in memory.
  struct Octave {
    int log2_period = 0;
    std::int32_t amplitude = 0;
    std::uint32_t lattice_y = 0;
    std::vector<std::int32_t> above, below;  ///< lattice rows lattice_y and lattice_y + 1
    std::vector<std::int32_t> between;       ///< scratch: the lattice interpolated at a row of pixels
  };
  void add_octave(Octave& octave, std::uint32_t y);

  std::uint32_t width_, height_, seed_;
  image::PixelLayout layout_;
  std::array<std::vector<std::uint32_t>, kHills> ridges_;  ///< per column, the top of each range of hills
  std::vector<Octave> octaves_;
  std::vector<std::int32_t> texture_, grain_, on_land_, line_;  ///< scratch rows
};

/// The complete picture of a `LandscapePainter`.
[[nodiscard]] Scene landscape(std::uint32_t width, std::uint32_t height, const image::PixelLayout& layout,
                              std::uint32_t seed = 1);

/// The scene's rows [first, first + rows) as a block with contiguous rows.
[[nodiscard]] image::Block block_of(const Scene& scene, std::uint32_t first, std::uint32_t rows);
[[nodiscard]] inline image::Block block_of(const Scene& scene) { return block_of(scene, 0, scene.height); }
/// Copies a block into the scene, at row `first` and column `left`.
void paste(Scene& scene, const image::Block& block, std::uint32_t first, std::uint32_t left = 0);

/// `round((cdf(v) - h0) * L / (N - h0))`, half up: the definition, implemented literally.
[[nodiscard]] std::vector<std::uint16_t> oracle_table(const std::vector<std::uint16_t>& plane, std::uint32_t max_level);
/// Equalizes a scene sample by sample with this table. Supports gray (normal and inverted) and RGB, without alpha or
/// with unassociated alpha.
[[nodiscard]] Scene oracle(const Scene& scene, image::Channels channels);

}  // namespace ece465::testing
