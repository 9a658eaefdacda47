#include "data_units.hpp"

#include <algorithm>
#include <cmath>

namespace ece465::image::tiff {
namespace {

constexpr std::uint64_t kMaxValueBytes = 1024;  // of both tags; ReferenceBlackWhite has 48

std::byte to_level(double value) { return static_cast<std::byte>(std::clamp(std::lround(value), 0L, 255L)); }
double from_level(std::byte value) { return std::to_integer<int>(value); }

/// Calls `f(unit, first)` for every data unit; `first` is the index of its first pixel in rows of `stride()`.
template <class F>
void for_each_unit(const DataUnitShape& shape, F&& f) {
  for (std::size_t row = 0; row < shape.down; ++row) {
    for (std::size_t column = 0; column < shape.across; ++column) {
      f(row * shape.across + column, row * shape.v * shape.stride() + column * shape.h);
    }
  }
}

}  // namespace

Result<ColorCoding> read_color_coding(const Directory& directory, const ValueReader& values) {
  ColorCoding coding;
  const auto read = [&](std::uint16_t number, std::span<double> out) -> Result<bool> {
    const Entry* entry = directory.find(number);
    if (entry == nullptr) return false;
    const bool rational = entry->type == type::kRational;
    if (entry->count < out.size() || (!rational && entry->type != type::kLong)) {
      return fail(Errc::corrupt, "tag {} has {} values of type {}", number, entry->count, entry->type);
    }
    ECE465_ASSIGN(const auto raw, values.bytes(*entry, kMaxValueBytes));
    const std::endian order = values.encoding().order;
    for (std::size_t i = 0; i < out.size(); ++i) {
      const std::byte* at = raw.data() + i * type_bytes(entry->type);
      const double divisor = rational ? load<std::uint32_t>(at + 4, order) : 1;
      out[i] = divisor == 0 ? 0 : load<std::uint32_t>(at, order) / divisor;
    }
    return true;
  };
  std::array<double, 3> weights{};
  ECE465_ASSIGN(const bool weighted, read(tag::kYCbCrCoefficients, weights));
  if (weighted) {
    if (weights[1] <= 0 || weights[0] < 0 || weights[2] < 0 || weights[0] >= 1 || weights[2] >= 1) {
      return fail(Errc::corrupt, "invalid YCbCr coefficients");
    }
    coding.red = weights[0];
    coding.green = weights[1];
    coding.blue = weights[2];
  }
  std::array<double, 4> reference{};
  ECE465_ASSIGN(const bool referenced, read(tag::kReferenceBlackWhite, reference));
  if (referenced) {
    if (reference[1] <= reference[0] || reference[3] <= reference[2]) {
      return fail(Errc::corrupt, "invalid reference levels of black and white");
    }
    coding.black = reference[0];
    coding.white = reference[1];
    coding.neutral = reference[2];
    coding.saturated = reference[3];
  }
  return coding;
}

DataUnitShape data_unit_shape(const PageSpec& spec, std::uint32_t rows) {
  return {.across = (std::size_t{spec.segment_width} + spec.h_sampling - 1) / spec.h_sampling,
          .down = (std::size_t{rows} + spec.v_sampling - 1) / spec.v_sampling,
          .h = spec.h_sampling,
          .v = spec.v_sampling};
}

void split_data_units(const DataUnitShape& shape, const std::byte* units, std::byte* luma, std::byte* chroma) {
  for_each_unit(shape, [&](std::size_t unit, std::size_t first) {
    const std::byte* from = units + unit * shape.unit_bytes();
    for (std::size_t y = 0; y < shape.v; ++y, from += shape.h) {
      std::copy_n(from, shape.h, luma + first + y * shape.stride());
    }
    if (chroma != nullptr) std::copy_n(from, 2, chroma + 2 * unit);
  });
}

void join_data_units(const DataUnitShape& shape, const std::byte* luma, const std::byte* chroma, std::byte* units) {
  for_each_unit(shape, [&](std::size_t unit, std::size_t first) {
    std::byte* to = units + unit * shape.unit_bytes();
    for (std::size_t y = 0; y < shape.v; ++y, to += shape.h) {
      std::copy_n(luma + first + y * shape.stride(), shape.h, to);
    }
    std::copy_n(chroma + 2 * unit, 2, to);
  });
}

void data_units_to_rgb(const DataUnitShape& shape, const ColorCoding& coding, const std::byte* units, std::byte* rgb) {
  const double luma_scale = 255 / (coding.white - coding.black);
  const double chroma_scale = 127 / (coding.saturated - coding.neutral);
  for_each_unit(shape, [&](std::size_t unit, std::size_t first) {
    const std::byte* from = units + unit * shape.unit_bytes();
    const std::byte* chroma = from + shape.h * shape.v;
    const double cb = (from_level(chroma[0]) - coding.neutral) * chroma_scale;
    const double cr = (from_level(chroma[1]) - coding.neutral) * chroma_scale;
    for (std::size_t i = 0; i < shape.h * shape.v; ++i) {
      std::byte* to = rgb + 3 * (first + i / shape.h * shape.stride() + i % shape.h);
      const double y = (from_level(from[i]) - coding.black) * luma_scale;
      const double r = y + cr * (2 - 2 * coding.red), b = y + cb * (2 - 2 * coding.blue);
      to[0] = to_level(r);
      to[1] = to_level((y - coding.blue * b - coding.red * r) / coding.green);
      to[2] = to_level(b);
    }
  });
}

void rgb_to_data_units(const DataUnitShape& shape, const ColorCoding& coding, const std::byte* rgb, std::byte* units) {
  const double luma_scale = (coding.white - coding.black) / 255;
  const double chroma_scale = (coding.saturated - coding.neutral) / 127;
  const auto pixels = static_cast<double>(shape.h * shape.v);
  for_each_unit(shape, [&](std::size_t unit, std::size_t first) {
    std::byte* to = units + unit * shape.unit_bytes();
    double cb = 0, cr = 0;
    for (std::size_t i = 0; i < shape.h * shape.v; ++i) {
      const std::byte* from = rgb + 3 * (first + i / shape.h * shape.stride() + i % shape.h);
      const double r = from_level(from[0]), g = from_level(from[1]), b = from_level(from[2]);
      const double y = coding.red * r + coding.green * g + coding.blue * b;
      *to++ = to_level(y * luma_scale + coding.black);
      cb += (b - y) / (2 - 2 * coding.blue);
      cr += (r - y) / (2 - 2 * coding.red);
    }
    *to++ = to_level(cb / pixels * chroma_scale + coding.neutral);
    *to = to_level(cr / pixels * chroma_scale + coding.neutral);
  });
}

}  // namespace ece465::image::tiff
