#include "scene.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdlib>
#include <cstring>

namespace ece465::testing {
namespace {

using image::Block;
using image::Channels;
using image::PixelLayout;

/// A hash that is the same everywhere; its low bits are the film grain.
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

/// A colour of the landscape, each component 0..65535, before contrast is taken away.
std::array<std::uint32_t, 3> paint(std::uint32_t x, std::uint32_t y, std::uint32_t w, std::uint32_t h,
                                   std::uint32_t seed) {
  const std::uint32_t v = y * 1000 / h;                                           // 0 top .. 999 bottom
  std::array<std::uint32_t, 3> c{26000 + v * 26, 34000 + v * 20, 52000 - v * 8};  // sky
  const auto dx = static_cast<std::int64_t>(x) - static_cast<std::int64_t>(w) * 7 / 10;
  const auto dy = static_cast<std::int64_t>(y) - static_cast<std::int64_t>(h) / 4;
  const auto radius = static_cast<std::int64_t>(std::min(w, h)) / 9 + 1;
  if (dx * dx + dy * dy < radius * radius) c = {65000, 60000, 42000};
  for (std::uint32_t layer = 0; layer < 4; ++layer) {
    const std::uint32_t top = 380 + layer * 140 - ridge(x * 8, w * 8 / (3 + layer * 2) + 1, seed + layer) / 6;
    if (v > top) c = {24000 - layer * 5000, 30000 - layer * 4500, 30000 - layer * 7000};
  }
  return c;
}

}  // namespace

Scene landscape(std::uint32_t width, std::uint32_t height, const PixelLayout& layout, std::uint32_t seed) {
  Scene scene{width, height, layout, {}};
  scene.samples.reserve(std::size_t{width} * height * layout.samples());
  const std::uint32_t max = scene.max_level();
  for (std::uint32_t y = 0; y < height; ++y) {
    for (std::uint32_t x = 0; x < width; ++x) {
      const auto color = paint(x, y, width, height, seed);
      const std::uint32_t alpha = x * 4 >= width ? max : (x * 4 * max) / width;
      for (std::size_t s = 0; s < layout.colors; ++s) {
        std::uint32_t level = layout.colors == 3 ? color[s] : (color[0] + 2 * color[1] + color[2]) / 4;
        level = 22000 + level / 3 + hash(x, y, seed + 9) % 900;  // haze and grain: levels 22000..44800
        if (layout.inverted) level = 65535 - level;
        if (layout.bits == 8) level >>= 8;
        if (layout.alpha == image::Alpha::associated) level = (level * alpha + max / 2) / max;
        scene.samples.push_back(static_cast<std::uint16_t>(level));
      }
      for (std::size_t e = 0; e < layout.extras; ++e) {
        const bool is_alpha = e == 0 && layout.alpha != image::Alpha::none;
        scene.samples.push_back(static_cast<std::uint16_t>(is_alpha ? alpha : (x + y + e) % (max + 1)));
      }
    }
  }
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
