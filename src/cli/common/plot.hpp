#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "console.hpp"
#include "ece465/image/equalize.hpp"

/// Pictures of histograms and cumulative curves before and after equalization.

namespace ece465::cli {

/// A histogram reduced to 256 bins, whatever its depth.
struct PlotCurve {
  static constexpr std::size_t kBins = 256;
  std::array<std::uint64_t, kBins> bins{};
};

struct PlotPlane {
  std::string name;
  std::uint32_t max_level = 255;
  std::uint64_t samples = 0;
  PlotCurve before, after;
};

struct PlotPage {
  std::string caption;  ///< "640x480 8-bit color"
  std::vector<PlotPlane> planes;
};

struct Plot {
  std::string title;  ///< the file's name
  std::vector<PlotPage> pages;
  std::size_t pages_left_out = 0;

  /// Adds a page, up to the number that a picture can hold; later ones are only counted.
  void add(const image::PageReport& page, image::Channels channels);
};

[[nodiscard]] PlotPage plot_page(const image::PageReport& page, image::Channels channels);

/// The count at which bars are cut off: the highest bar, unless it dwarfs nearly all others (a black border), which
/// would then be invisible.
[[nodiscard]] std::uint64_t plot_ceiling(const PlotCurve& curve);

/// A standalone SVG 1.1 document: a row per plane, before on the left, after on the right; bars for the
/// histogram, a line for the cumulative curve.
[[nodiscard]] std::string plot_svg(const Plot& plot);

/// Lines of text no wider than `width`: before and after side by side if they fit, else one above the other. ASCII only
/// unless `unicode`.
[[nodiscard]] std::string plot_terminal(const PlotPlane& plane, std::size_t width, bool unicode, const Paint& paint);

}  // namespace ece465::cli
