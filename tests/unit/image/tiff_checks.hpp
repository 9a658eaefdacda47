#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "ece465/image/equalize.hpp"
#include "tiff_builder.hpp"
#include "tiff_file.hpp"

/// Helpers of the TIFF tests.

namespace ece465::testing {

inline Result<std::vector<std::byte>> try_equalize(Bytes tiff, const image::EqualizeOptions& options = {}) {
  const auto source = borrow_memory("test.tif", tiff);
  MemorySink sink;
  ECE465_TRY(image::equalize(*source, sink, image::Format::tiff, options));
  return sink.bytes();
}

inline std::vector<std::byte> equalized(Bytes tiff, const image::EqualizeOptions& options = {}) {
  auto result = try_equalize(tiff, options);
  REQUIRE_MESSAGE(result, result.error().text());
  return *std::move(result);
}

inline image::EqualizeOptions with(image::Channels channels) {
  image::EqualizeOptions options;
  options.channels = channels;
  return options;
}

/// Checks that two directories have the same tags, except for offsets and sizes.
inline void check_same_tags(const TiffDirectory& before, const TiffDirectory& after) {
  // Offsets and sizes of strips and tiles; SubIFDs, EXIF, GPS and interoperability directories.
  constexpr std::uint16_t kMoving[] = {273, 279, 324, 325, 330, 34665, 34853, 40965};
  for (const auto& [number, tag] : before.tags) {
    CAPTURE(number);
    REQUIRE(after.tags.contains(number));
    const TiffTag& same = after.tags.at(number);
    const bool pointer = tag.type == 13 || tag.type == 18;
    if (pointer || std::ranges::find(kMoving, number) != std::end(kMoving)) {
      CHECK(tag.count == same.count);
    } else {
      CHECK(tag == same);
    }
  }
  CHECK(before.tags.size() == after.tags.size());
}

inline void check_same_tags(Bytes before, Bytes after, std::size_t page = 0) {
  const TiffAnatomy a(before), b(after);
  CHECK(a.order == b.order);
  CHECK(a.big == b.big);
  REQUIRE(a.chain.size() == b.chain.size());
  check_same_tags(a.chain[page], b.chain[page]);
}

}  // namespace ece465::testing
