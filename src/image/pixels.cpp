#include "ece465/image/pixels.hpp"

#include <algorithm>
#include <cassert>

#include "kernels.hpp"

namespace ece465::image {
namespace {

/// A row of samples, as what they are. Buffers come from operator new[] and strides are whole samples, so
/// 16-bit rows are aligned.
template <class T, class Byte>
auto samples_of(std::span<Byte> row) {
  using Sample = std::conditional_t<std::is_const_v<Byte>, const T, T>;
  return std::span(reinterpret_cast<Sample*>(row.data()), row.size() / sizeof(T));
}

/// Calls `f` with a value of the sample type that `bits` names.
template <class F>
decltype(auto) with_sample_type(unsigned bits, F&& f) {
  assert(bits == 8 || bits == 16);
  return bits == 8 ? f(std::uint8_t{}) : f(std::uint16_t{});
}

/// `pixel`'s colours with associated alpha divided out; a transparent pixel has none and stays as stored.
template <class T>
struct Straight {
  std::uint32_t color[3];
  std::uint32_t alpha;
};

template <class T>
constexpr std::uint32_t kMax = std::uint32_t{T(~T{0})};

template <class T>
std::uint32_t divide_out(std::uint32_t value, std::uint32_t alpha) {
  if (alpha == 0 || alpha == kMax<T>) return value;
  return std::min(kMax<T>, (value * kMax<T> + alpha / 2) / alpha);
}

template <class T>
std::uint32_t multiply_in(std::uint32_t value, std::uint32_t alpha) {
  return (value * alpha + kMax<T> / 2) / kMax<T>;
}

/// The alpha to divide by: the pixel's own when associated, else opaque.
template <class T>
std::uint32_t divisor_alpha(const T* pixel, const PixelLayout& layout) {
  return layout.alpha == Alpha::associated ? pixel[layout.colors] : kMax<T>;
}

template <class T>
std::uint32_t pixel_luma(const T* pixel, std::uint32_t alpha) {
  return kernels::luma(divide_out<T>(pixel[0], alpha), divide_out<T>(pixel[1], alpha), divide_out<T>(pixel[2], alpha));
}

template <class T>
T with_table(T value, std::uint32_t alpha, const std::uint16_t* table) {
  if (alpha == kMax<T>) return static_cast<T>(table[value]);
  if (alpha == 0) return value;  // nothing of it is seen
  return static_cast<T>(multiply_in<T>(table[divide_out<T>(value, alpha)], alpha));
}

template <class T>
void shift_luma(T* pixel, std::uint32_t alpha, const std::uint16_t* table) {
  if (alpha == 0) return;
  const std::uint32_t y = pixel_luma(pixel, alpha);
  const auto delta = static_cast<std::int32_t>(table[y]) - static_cast<std::int32_t>(y);
  for (int c = 0; c < 3; ++c) {
    const auto moved = static_cast<std::int32_t>(divide_out<T>(pixel[c], alpha)) + delta;
    const auto clamped =
        static_cast<std::uint32_t>(std::clamp(moved, std::int32_t{0}, static_cast<std::int32_t>(kMax<T>)));
    pixel[c] = static_cast<T>(alpha == kMax<T> ? clamped : multiply_in<T>(clamped, alpha));
  }
}

/// Calls `f(pixel)` with a pointer to every pixel of a row.
template <class T, class Byte, class F>
void for_each_pixel(std::span<Byte> row, const PixelLayout& layout, F&& f) {
  auto samples = samples_of<T>(row);
  for (std::size_t i = 0; i < samples.size(); i += layout.samples()) f(samples.data() + i);
}

bool is_plain_gray(const PixelLayout& layout) { return layout.samples() == 1; }
bool by_luma(const PixelLayout& layout, Channels channels) { return layout.colors == 3 && channels != Channels::each; }

/// Sets `out` up as `width` x `height` contiguous pixels.
void shape_like(const Block& block, std::size_t pixel_bytes, Block& out) {
  out.width = block.width;
  out.height = block.height;
  out.stride = block.width * pixel_bytes;
  out.pixels.resize(out.stride * out.height);
}

}  // namespace

std::size_t plane_count(const PixelLayout& layout, Channels channels) {
  return by_luma(layout, channels) ? 1 : layout.colors;
}

Counter::Counter(const PixelLayout& layout, Channels channels)
    : layout_(layout), channels_(channels), histograms_(plane_count(layout, channels), Histogram(layout.bits)) {}

void Counter::add(const Block& block) {
  with_sample_type(layout_.bits, [&]<class T>(T) {
    for (std::uint32_t y = 0; y < block.height; ++y) {
      const Bytes row = block.row(y, layout_);
      if (is_plain_gray(layout_)) {
        kernels::count(samples_of<T>(row), histograms_[0].counts());
      } else if (by_luma(layout_, channels_)) {
        auto counts = histograms_[0].counts();
        for_each_pixel<T>(row, layout_, [&](const T* p) { ++counts[pixel_luma(p, divisor_alpha(p, layout_))]; });
      } else {
        for_each_pixel<T>(row, layout_, [&](const T* p) {
          const std::uint32_t alpha = divisor_alpha(p, layout_);
          for (std::size_t c = 0; c < layout_.colors; ++c) ++histograms_[c].counts()[divide_out<T>(p[c], alpha)];
        });
      }
    }
  });
}

std::vector<Histogram> Counter::finish() { return std::move(histograms_); }

std::vector<Table> equalization_tables(const PixelLayout& layout, std::span<const Histogram> histograms) {
  std::vector<Table> tables;
  for (const auto& histogram : histograms) {
    tables.push_back(layout.inverted ? equalization_table_inverted(histogram) : equalization_table(histogram));
  }
  return tables;
}

Mapper::Mapper(const PixelLayout& layout, Channels channels, std::span<const Table> tables)
    : layout_(layout), channels_(channels), tables_(tables.begin(), tables.end()) {
  assert(tables_.size() == plane_count(layout, channels));
  if (layout_.bits == 8) {
    for (const Table& table : tables_) {
      for (const std::uint16_t level : table) bytes_.push_back(static_cast<std::uint8_t>(level));
    }
  }
}

void Mapper::apply(Block& block) const {
  with_sample_type(layout_.bits, [&]<class T>(T) {
    for (std::uint32_t y = 0; y < block.height; ++y) {
      const MutableBytes row = block.row(y, layout_);
      if (is_plain_gray(layout_)) {
        if constexpr (sizeof(T) == 1) {
          kernels::map(samples_of<T>(row), std::span<const T>(bytes_));
        } else {
          kernels::map(samples_of<T>(row), std::span<const T>(tables_[0]));
        }
      } else if (by_luma(layout_, channels_)) {
        for_each_pixel<T>(row, layout_, [&](T* p) { shift_luma(p, divisor_alpha(p, layout_), tables_[0].data()); });
      } else {
        for_each_pixel<T>(row, layout_, [&](T* p) {
          const std::uint32_t alpha = divisor_alpha(p, layout_);
          for (std::size_t c = 0; c < layout_.colors; ++c) p[c] = with_table(p[c], alpha, tables_[c].data());
        });
      }
    }
  });
}

PixelLayout gray_layout(const PixelLayout& layout) {
  PixelLayout gray = layout;
  gray.colors = 1;
  return gray;
}

void luma_block(const Block& block, const PixelLayout& layout, Block& out) {
  const PixelLayout gray = gray_layout(layout);
  shape_like(block, gray.pixel_bytes(), out);
  with_sample_type(layout.bits, [&]<class T>(T) {
    for (std::uint32_t y = 0; y < block.height; ++y) {
      T* to = samples_of<T>(out.row(y, gray)).data();
      for_each_pixel<T>(block.row(y, layout), layout, [&](const T* p) {
        const std::uint32_t alpha = divisor_alpha(p, layout);
        const std::uint32_t luma = pixel_luma(p, alpha);
        *to++ = static_cast<T>(alpha == kMax<T> || alpha == 0 ? luma : multiply_in<T>(luma, alpha));
        for (std::size_t e = 0; e < layout.extras; ++e) *to++ = p[layout.colors + e];
      });
    }
  });
}

void narrow_block(const Block& block, const PixelLayout& layout, Block& out) {
  assert(layout.bits == 16);
  shape_like(block, layout.samples(), out);
  for (std::uint32_t y = 0; y < block.height; ++y) {
    const auto from = samples_of<std::uint16_t>(block.row(y, layout));
    auto* to = reinterpret_cast<std::uint8_t*>(out.pixels.data() + y * out.stride);
    for (const std::uint32_t sample : from) *to++ = static_cast<std::uint8_t>((sample * 255 + 32767) / 65535);
  }
}

void drop_extras(const Block& block, const PixelLayout& layout, Block& out) {
  shape_like(block, layout.colors * layout.sample_bytes(), out);
  const std::size_t keep = layout.colors * layout.sample_bytes();
  for (std::uint32_t y = 0; y < block.height; ++y) {
    const std::byte* from = block.pixels.data() + y * block.stride;
    std::byte* to = out.pixels.data() + y * out.stride;
    for (std::uint32_t x = 0; x < block.width; ++x, from += layout.pixel_bytes(), to += keep) {
      std::copy_n(from, keep, to);
    }
  }
}

PaletteResult equalize_palette(const Palette& palette, const Histogram& indices, Channels channels, unsigned bits) {
  // A palette is a small image of its own in which every colour counts as often as its index occurs.
  const PixelLayout layout{.bits = static_cast<std::uint8_t>(bits), .colors = 3};
  const auto scaled = [&](std::uint16_t v) {
    return bits == 8 ? std::uint16_t((std::uint32_t{v} * 255 + 32767) / 65535) : v;
  };
  const auto widened = [&](std::uint16_t v) { return bits == 8 ? std::uint16_t(v * 257) : v; };
  const std::size_t n = palette.size();
  PaletteResult result;
  result.before.assign(plane_count(layout, channels), Histogram(bits));
  std::vector<std::uint16_t> colors;
  for (const auto& c : palette) {
    for (const std::uint16_t v : {c.red, c.green, c.blue}) colors.push_back(scaled(v));
  }
  const auto luma_of = [&](std::size_t i) {
    return kernels::luma(colors[3 * i], colors[3 * i + 1], colors[3 * i + 2]);
  };
  for (std::size_t i = 0; i < n && i < indices.counts().size(); ++i) {
    if (channels == Channels::each) {
      for (std::size_t c = 0; c < 3; ++c) result.before[c].counts()[colors[3 * i + c]] += indices.counts()[i];
    } else {
      result.before[0].counts()[luma_of(i)] += indices.counts()[i];
    }
  }
  result.tables = equalization_tables(layout, result.before);
  for (std::size_t i = 0; i < n; ++i) {
    if (channels != Channels::each) {
      const std::uint16_t level = result.tables[0][luma_of(i)];
      result.gray.push_back(level);
    }
    std::uint16_t* c = colors.data() + 3 * i;
    if (channels == Channels::each) {
      for (std::size_t k = 0; k < 3; ++k) c[k] = result.tables[k][c[k]];
    } else if (bits == 16) {
      shift_luma<std::uint16_t>(c, 65535, result.tables[0].data());
    } else {
      std::uint8_t narrow[3] = {std::uint8_t(c[0]), std::uint8_t(c[1]), std::uint8_t(c[2])};
      shift_luma<std::uint8_t>(narrow, 255, result.tables[0].data());
      std::copy_n(narrow, 3, c);
    }
    result.palette.push_back({widened(c[0]), widened(c[1]), widened(c[2]), palette[i].alpha});
  }
  return result;
}

}  // namespace ece465::image
