#include "tags.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string_view>

namespace ece465::image::tiff {
namespace {

/// From libtiff's tiff.h.
struct Name {
  std::uint16_t value;
  std::string_view name;
};

std::string name_of(std::uint16_t value, std::span<const Name> names, std::string_view kind) {
  const auto found = std::ranges::find(names, value, &Name::value);
  if (found != names.end()) return std::string(found->name);
  return fmt::format("unknown {} {}", kind, value);
}

}  // namespace

std::string compression_name(std::uint16_t value) {
  static constexpr Name kNames[] = {
      {1, "no compression"},
      {2, "CCITT run-length compression (fax)"},
      {3, "CCITT group 3 compression (fax)"},
      {4, "CCITT group 4 compression (fax)"},
      {5, "LZW compression"},
      {6, "old-style JPEG compression"},
      {7, "JPEG compression"},
      {8, "deflate compression"},
      {9, "JBIG compression"},
      {10, "JBIG compression"},
      {32766, "NeXT compression"},
      {32771, "CCITT run-length compression (fax)"},
      {32773, "PackBits compression"},
      {32809, "ThunderScan compression"},
      {32946, "deflate compression"},
      {33003, "JPEG 2000 compression"},
      {33004, "JPEG 2000 compression"},
      {33005, "JPEG 2000 compression"},
      {34661, "JBIG compression"},
      {34676, "SGILog compression"},
      {34677, "SGILog compression"},
      {34712, "JPEG 2000 compression"},
      {34887, "LERC compression"},
      {34892, "lossy JPEG (DNG) compression"},
      {34925, "LZMA compression"},
      {50000, "zstd compression"},
      {50001, "WebP compression"},
      {50002, "JPEG XL compression"},
      {52546, "JPEG XL compression"},
  };
  return name_of(value, kNames, "compression");
}

std::string photometric_name(std::uint16_t value) {
  static constexpr Name kNames[] = {
      {0, "gray (0 is white)"},
      {1, "gray"},
      {2, "RGB"},
      {3, "palette"},
      {4, "a transparency mask"},
      {5, "CMYK or other ink separations"},
      {6, "YCbCr"},
      {8, "CIE L*a*b*"},
      {9, "ICC L*a*b*"},
      {10, "ITU L*a*b*"},
      {32803, "raw camera data (colour filter array)"},
      {32844, "LogL"},
      {32845, "LogLuv"},
      {34892, "raw camera data (linear)"},
      {51177, "a depth map"},
  };
  return name_of(value, kNames, "photometric interpretation");
}

}  // namespace ece465::image::tiff
