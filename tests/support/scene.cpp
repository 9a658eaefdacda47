#include "scene.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstring>

namespace ece465::testing {
namespace {

using image::Block;
using image::Channels;
using image::PixelLayout;

/// A hash that is the same on all platforms; its low bits are the film grain.
std::uint32_t hash(std::uint32_t x, std::uint32_t y, std::uint32_t seed) {
  std::uint32_t h = x * 0x9E3779B1U ^ (y * 0x85EBCA77U + seed * 0xC2B2AE3DU);
  h ^= h >> 15;
  h *= 0x2C1B3C6DU;
  h ^= h >> 12;
  h *= 0x297A2D39U;
  return h ^ (h >> 15);
}

/// Value noise along one axis, 0..1023, smooth over `period` pixels.
std::uint32_t ridge(std::uint32_t x, std::uint32_t period, std::uint32_t seed) {
  const std::uint32_t cell = x / period;
  const std::uint32_t t = (x % period) * 1024 / period;
  const std::uint32_t smooth = t * t / 1024 * (3 * 1024 - 2 * t) / 1024;
  const std::uint32_t a = hash(cell, 77, seed) % 1024, b = hash(cell + 1, 77, seed) % 1024;
  return (a * (1024 - smooth) + b * smooth) / 1024;
}

using Color = std::array<std::uint32_t, 3>;  // components 0..65535, before contrast is taken away

constexpr Color kSun{65000, 60000, 42000};

Color sky(std::uint32_t v) { return {26000 + v * 26, 34000 + v * 20, 52000 - v * 8}; }
Color hill(std::uint32_t i) { return {24000 - i * 5000, 30000 - i * 4500, 30000 - i * 7000}; }

/// The level of component `c` under haze: 22000..43800, before texture and grain.
std::int32_t hazy(const Color& color, std::size_t c, std::size_t colors) {
  const std::uint32_t level = colors == 3 ? color[c] : (color[0] + 2 * color[1] + color[2]) / 4;
  return static_cast<std::int32_t>(22000 + level / 3);
}

}  // namespace

LandscapePainter::LandscapePainter(std::uint32_t width, std::uint32_t height, const PixelLayout& layout,
                                   std::uint32_t seed)
    : width_(width), height_(height), seed_(seed), layout_(layout) {
  for (std::uint32_t i = 0; i < kHills; ++i) {
    const std::uint32_t period = width * 8 / (3 + i * 2) + 1;
    for (std::uint32_t x = 0; x < width; ++x) {
      ridges_[i].push_back(380 + i * 140 - ridge(x * 8, period, seed + i) / 6);
    }
  }
  // Detail at several scales, weaker at finer ones, as in photographs, so that encoders take about as long.
  for (const auto& [log2_period, amplitude] : {std::pair{6, 1800}, std::pair{4, 1300}, std::pair{2, 1800}}) {
    Octave octave{log2_period, amplitude, 0, {}, {}, {}};
    const std::size_t columns = (width >> log2_period) + 2;
    octave.above.resize(columns);
    octave.below.resize(columns);
    octave.between.resize(columns);
    octave.lattice_y = UINT32_MAX;  // no row computed yet
    octaves_.push_back(std::move(octave));
  }
  for (auto* row : {&texture_, &grain_, &on_land_, &line_}) row->resize(width);
}

void LandscapePainter::add_octave(Octave& octave, std::uint32_t y) {
  const int log2_period = octave.log2_period;
  const std::uint32_t period = 1U << log2_period;
  const std::uint32_t lattice_y = y >> log2_period;
  if (lattice_y != octave.lattice_y) {
    const auto noise = [&](std::size_t column, std::uint32_t row) {
      const std::uint32_t h = hash(static_cast<std::uint32_t>(column), row, seed_ + period);
      return static_cast<std::int32_t>(h >> 8) % (2 * octave.amplitude) - octave.amplitude;
    };
    for (std::size_t c = 0; c < octave.above.size(); ++c) {
      octave.above[c] = noise(c, lattice_y);
      octave.below[c] = noise(c, lattice_y + 1);
    }
    octave.lattice_y = lattice_y;
  }
  const auto down = static_cast<std::int32_t>(y % period);
  for (std::size_t c = 0; c < octave.between.size(); ++c) {
    octave.between[c] = octave.above[c] + ((octave.below[c] - octave.above[c]) * down >> log2_period);
  }
  for (std::uint32_t x = 0, c = 0; x < width_; x += period, ++c) {
    const std::int32_t left = octave.between[c], step = octave.between[c + 1] - left;
    const std::uint32_t n = std::min(period, width_ - x);
    std::int32_t* to = texture_.data() + x;
    for (std::uint32_t i = 0; i < n; ++i) to[i] += left + (step * static_cast<std::int32_t>(i) >> log2_period);
  }
}

void LandscapePainter::paint(std::uint32_t y, std::span<std::uint16_t> out) {
  assert(out.size() == std::size_t{width_} * layout_.samples());
  const auto v = static_cast<std::uint32_t>(std::uint64_t{y} * 1000 / height_);  // 0 top .. 999 bottom

  std::fill(texture_.begin(), texture_.end(), 0);
  for (auto& octave : octaves_) add_octave(octave, y);
  for (std::uint32_t x = 0; x < width_; ++x) grain_[x] = static_cast<std::int32_t>(hash(x, y, seed_ + 9) % 900);
  std::fill(on_land_.begin(), on_land_.end(), 0);
  for (const auto& ridge : ridges_) {
    for (std::uint32_t x = 0; x < width_; ++x) on_land_[x] |= v > ridge[x] ? -1 : 0;
  }
  for (std::uint32_t x = 0; x < width_; ++x) grain_[x] += on_land_[x] != 0 ? texture_[x] : texture_[x] / 8;

  // The sun, a disc: columns [sun_from, sun_to) of this row.
  const auto radius = static_cast<std::int64_t>(std::min(width_, height_)) / 9 + 1;
  const auto sun_x = std::int64_t{width_} * 7 / 10, dy = std::int64_t{y} - std::int64_t{height_} / 4;
  std::int64_t half = 0;
  if (dy * dy < radius * radius) {
    half = static_cast<std::int64_t>(std::sqrt(static_cast<double>(radius * radius - dy * dy)));
  }
  const auto sun_from = static_cast<std::uint32_t>(std::clamp<std::int64_t>(sun_x - half, 0, width_));
  const auto sun_to = static_cast<std::uint32_t>(std::clamp<std::int64_t>(sun_x + half, 0, width_));

  const std::size_t per_pixel = layout_.samples();
  const std::uint32_t max = layout_.bits == 8 ? 255 : 65535;
  const auto alpha_at = [&](std::uint32_t x) {
    return x * 4 >= width_ ? max : static_cast<std::uint32_t>(std::uint64_t{x} * 4 * max / width_);
  };
  for (std::size_t c = 0; c < layout_.colors; ++c) {
    std::fill(line_.begin(), line_.end(), hazy(sky(v), c, layout_.colors));
    std::fill(line_.begin() + sun_from, line_.begin() + sun_to, hazy(kSun, c, layout_.colors));
    for (std::uint32_t i = 0; i < kHills; ++i) {
      const std::int32_t level = hazy(hill(i), c, layout_.colors);
      for (std::uint32_t x = 0; x < width_; ++x) line_[x] = v > ridges_[i][x] ? level : line_[x];
    }
    const std::int32_t flip = layout_.inverted ? 65535 : 0;
    const int shift = layout_.bits == 8 ? 8 : 0;
    for (std::uint32_t x = 0; x < width_; ++x) line_[x] = ((line_[x] + grain_[x]) ^ flip) >> shift;
    if (layout_.alpha == image::Alpha::associated) {
      for (std::uint32_t x = 0; x < width_; ++x) {
        const std::uint32_t level = static_cast<std::uint32_t>(line_[x]) * alpha_at(x);
        line_[x] = static_cast<std::int32_t>((level + max / 2) / max);
      }
    }
    std::uint16_t* to = out.data() + c;
    for (std::uint32_t x = 0; x < width_; ++x) to[x * per_pixel] = static_cast<std::uint16_t>(line_[x]);
  }
  for (std::size_t e = 0; e < layout_.extras; ++e) {
    const bool is_alpha = e == 0 && layout_.alpha != image::Alpha::none;
    std::uint16_t* to = out.data() + layout_.colors + e;
    for (std::uint32_t x = 0; x < width_; ++x) {
      const auto ramp = static_cast<std::uint32_t>((x + y + e) % (max + 1));
      to[x * per_pixel] = static_cast<std::uint16_t>(is_alpha ? alpha_at(x) : ramp);
    }
  }
}

Scene landscape(std::uint32_t width, std::uint32_t height, const PixelLayout& layout, std::uint32_t seed) {
  Scene scene{width, height, layout, {}};
  const std::size_t row = std::size_t{width} * layout.samples();
  scene.samples.resize(row * height);
  LandscapePainter painter(width, height, layout, seed);
  for (std::uint32_t y = 0; y < height; ++y) painter.paint(y, std::span(scene.samples).subspan(y * row, row));
  return scene;
}

Block block_of(const Scene& scene, std::uint32_t first, std::uint32_t rows) {
  Block block;
  block.width = scene.width;
  block.height = rows;
  block.stride = scene.width * scene.layout.pixel_bytes();
  block.pixels.resize(block.stride * rows);
  const std::size_t n = std::size_t{scene.width} * rows * scene.layout.samples();
  const std::uint16_t* from = scene.samples.data() + std::size_t{scene.width} * first * scene.layout.samples();
  if (scene.layout.bits == 16) {
    std::memcpy(block.pixels.data(), from, n * 2);
  } else {
    std::transform(from, from + n, block.pixels.data(), [](std::uint16_t v) { return static_cast<std::byte>(v); });
  }
  return block;
}

void paste(Scene& scene, const Block& block, std::uint32_t first, std::uint32_t left) {
  const std::size_t per_pixel = scene.layout.samples();
  for (std::uint32_t y = 0; y < block.height; ++y) {
    const Bytes row = block.row(y, scene.layout);
    std::uint16_t* to = scene.samples.data() + ((std::size_t{first} + y) * scene.width + left) * per_pixel;
    if (scene.layout.bits == 16) {
      std::memcpy(to, row.data(), row.size());
    } else {
      std::transform(row.begin(), row.end(), to, [](std::byte v) { return std::to_integer<std::uint16_t>(v); });
    }
  }
}

std::vector<std::uint16_t> oracle_table(const std::vector<std::uint16_t>& plane, std::uint32_t max_level) {
  std::vector<std::uint64_t> cdf(max_level + 1);
  for (const auto v : plane) ++cdf[v];
  for (std::size_t v = 1; v <= max_level; ++v) cdf[v] += cdf[v - 1];
  const std::uint64_t total = plane.size();
  const std::uint64_t h0 = *std::find_if(cdf.begin(), cdf.end(), [](auto n) { return n != 0; });
  std::vector<std::uint16_t> table(max_level + 1);
  for (std::size_t v = 0; v <= max_level; ++v) {
    if (total == h0) {
      table[v] = static_cast<std::uint16_t>(v);
    } else if (cdf[v] != 0) {
      // round(a / b) = floor((2a + b) / 2b)
      const std::uint64_t a = (cdf[v] - h0) * max_level, b = total - h0;
      table[v] = static_cast<std::uint16_t>((2 * a + b) / (2 * b));
    }
  }
  return table;
}

Scene oracle(const Scene& scene, Channels channels) {
  assert(scene.layout.alpha != image::Alpha::associated);
  const std::uint32_t max = scene.max_level();
  const std::size_t n = std::size_t{scene.width} * scene.height, per = scene.layout.samples();
  Scene result = scene;
  if (scene.layout.colors == 3 && channels != Channels::each) {
    std::vector<std::uint16_t> luma(n);
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint64_t r = scene.samples[i * per], g = scene.samples[i * per + 1], b = scene.samples[i * per + 2];
      luma[i] = static_cast<std::uint16_t>((19595 * r + 38470 * g + 7471 * b + 32768) / 65536);
    }
    const auto table = oracle_table(luma, max);
    if (channels == Channels::gray) {
      result.layout.colors = 1;
      result.samples.clear();
      for (std::size_t i = 0; i < n; ++i) {
        result.samples.push_back(table[luma[i]]);
        for (std::size_t e = 0; e < scene.layout.extras; ++e) result.samples.push_back(scene.samples[i * per + 3 + e]);
      }
      return result;
    }
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t c = 0; c < 3; ++c) {
        const int v = scene.samples[i * per + c] + table[luma[i]] - luma[i];
        result.samples[i * per + c] = static_cast<std::uint16_t>(std::clamp(v, 0, static_cast<int>(max)));
      }
    }
    return result;
  }
  for (std::size_t c = 0; c < scene.layout.colors; ++c) {
    std::vector<std::uint16_t> plane(n);
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint16_t v = scene.samples[i * per + c];
      plane[i] = static_cast<std::uint16_t>(scene.layout.inverted ? max - v : v);
    }
    const auto table = oracle_table(plane, max);
    for (std::size_t i = 0; i < n; ++i) {
      const std::uint16_t v = table[plane[i]];
      result.samples[i * per + c] = static_cast<std::uint16_t>(scene.layout.inverted ? max - v : v);
    }
  }
  return result;
}

}  // namespace ece465::testing
