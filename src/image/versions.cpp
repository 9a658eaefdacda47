#include "ece465/image/versions.hpp"

#include <fmt/format.h>
#include <png.h>
#include <tiffio.h>
#include <zlib.h>

#include <cstdio>
// jpeglib.h needs FILE and size_t.
#include <jpeglib.h>

namespace ece465::image {
namespace {

std::string jpeg_version() {
#ifdef LIBJPEG_TURBO_VERSION_NUMBER
  constexpr int kNumber = LIBJPEG_TURBO_VERSION_NUMBER;  // 2001005: 2.1.5
  return fmt::format("turbo {}.{}.{}", kNumber / 1'000'000, kNumber / 1000 % 1000, kNumber % 1000);
#else
  return fmt::format("{}", JPEG_LIB_VERSION);
#endif
}

std::string tiff_version() {
  // "LIBTIFF, Version 4.5.0\nCopyright ..."
  std::string text = TIFFGetVersion();
  text.resize(text.find('\n') == std::string::npos ? text.size() : text.find('\n'));
  return text.substr(text.rfind(' ') + 1);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> library_versions() {
  return {
      {"libjpeg", jpeg_version()},
      {"libtiff", tiff_version()},
      {"libpng", png_get_libpng_ver(nullptr)},
      {"zlib", zlibVersion()},
  };
}

}  // namespace ece465::image
