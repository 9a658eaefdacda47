#pragma once

#include <bit>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "ece465/base/bytes.hpp"
#include "scene.hpp"

struct tiff;  // libtiff's handle

/// TIFF files for tests, written and read by libtiff, independently of the code under test; and a parser for their
/// directories, to compare them tag by tag and to damage them.

namespace ece465::testing {

struct TiffShape {
  std::uint16_t compression = 1;
  std::uint16_t predictor = 1;
  std::uint32_t rows_per_strip = 7;
  std::uint32_t tile_width = 0, tile_height = 0;  ///< 0: strips
  bool planar = false;
  bool mirrored_bits = false;  ///< FillOrder 2
  bool big_endian = false, big_tiff = false;
  /// If not empty, a palette of 256 colours; the scene's samples are indices.
  std::vector<std::uint16_t> red{}, green{}, blue{};
  /// Chroma subsampling of a YCbCr page made from an RGB scene; 0: not YCbCr. JPEG only: libtiff converts.
  std::uint16_t h_sampling = 0, v_sampling = 0;
  int quality = 90;
  /// Sets further tags of each page, before its pixels are written.
  std::function<void(tiff*)> tags{};
};

/// Writes each scene as a page.
[[nodiscard]] std::vector<std::byte> encode_tiff(const std::vector<Scene>& pages, const TiffShape& shape = {});
[[nodiscard]] inline std::vector<std::byte> encode_tiff(const Scene& scene, const TiffShape& shape = {}) {
  return encode_tiff(std::vector{scene}, shape);
}
/// Writes a file in memory with `write`, which gets libtiff's handle. `mode`: as TIFFOpen's.
[[nodiscard]] std::vector<std::byte> make_tiff(const std::string& mode, const std::function<void(tiff*)>& write);

/// Page `index`, or the directory at `offset` if that is not 0, as decoded by libtiff: stored samples, but JPEG's YCbCr
/// as RGB. Throws std::runtime_error with libtiff's message for errors and warnings.
[[nodiscard]] Scene decode_tiff(Bytes file, std::size_t index = 0, std::uint64_t offset = 0);

/// A tag as stored in the file.
struct TiffTag {
  std::uint16_t type = 0;
  std::uint64_t count = 0;
  std::vector<std::byte> values;
  std::uint64_t where = 0;  ///< offset of the values, within the entry or elsewhere

  bool operator==(const TiffTag& other) const {
    return type == other.type && count == other.count && values == other.values;
  }
};

struct TiffDirectory {
  std::uint64_t offset = 0, next = 0;
  std::map<std::uint16_t, TiffTag> tags;
};

/// A parsed TIFF. Throws std::runtime_error if it is not well-formed: offsets beyond the end or odd, tags out of order.
class TiffAnatomy {
 public:
  explicit TiffAnatomy(Bytes file);

  std::endian order = std::endian::little;
  bool big = false;
  std::vector<TiffDirectory> chain;

  [[nodiscard]] TiffDirectory directory_at(std::uint64_t offset) const;
  /// The unsigned integers of a tag; empty if it is missing.
  [[nodiscard]] std::vector<std::uint64_t> integers(const TiffDirectory& directory, std::uint16_t tag) const;
  /// The bytes of strip or tile `index`.
  [[nodiscard]] Bytes segment(const TiffDirectory& directory, std::size_t index) const;

 private:
  [[nodiscard]] std::uint64_t integer(std::uint64_t at, std::size_t bytes) const;

  std::vector<std::byte> file_;
};

}  // namespace ece465::testing
