#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ece465/image/equalize.hpp"
#include "json.hpp"

namespace ece465::cli {

/// One equalized plane.
struct PlaneSummary {
  std::string name;  ///< gray, luma, red, green, blue
  /// How many levels occur, and the lowest and highest of them; an empty plane has none.
  struct Levels {
    std::uint32_t count = 0, lowest = 0, highest = 0;
  };
  Levels before, after;
};

/// What reports say about a page, small enough to be kept for ten thousand files.
struct PageSummary {
  std::uint32_t width = 0, height = 0;
  unsigned bits = 8;
  unsigned channels = 1;  ///< samples of a pixel in the file, alpha included
  bool palette = false;
  bool alpha = false;
  std::vector<PlaneSummary> planes;
};

[[nodiscard]] PageSummary summarize(const image::PageReport& page, image::Channels channels);
/// The names of a page's planes, as in `PlaneSummary::name`.
[[nodiscard]] std::vector<std::string> plane_names(const image::PageReport& page, image::Channels channels);
/// "4000x3000 16-bit gray", "640x480 8-bit color with alpha".
[[nodiscard]] std::string describe_pixels(const PageSummary& page);
/// All but the planes, which `equalize` and `histogram` describe differently.
[[nodiscard]] Json page_json(const PageSummary& page);

}  // namespace ece465::cli
