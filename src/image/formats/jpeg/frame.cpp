#include "frame.hpp"

#include <algorithm>

namespace ece465::image::jpeg {
namespace {

constexpr int kMaxBlocksInMcu = 10;        // T.81, B.2.3
constexpr std::uint16_t kMaxStep = 8191;   // libjpeg stores 8 times the step in 16 bits
constexpr unsigned kMaxRestart = 0xFFFFU;  // the interval has 16 bits (T.81, B.2.4.4)

std::uint32_t divide_up(std::uint64_t a, std::uint64_t b) { return static_cast<std::uint32_t>((a + b - 1) / b); }

}  // namespace

int Frame::max_h() const { return std::ranges::max(components, {}, &Component::h).h; }
int Frame::max_v() const { return std::ranges::max(components, {}, &Component::v).v; }

PlaneSize Frame::plane(std::size_t component) const {
  const auto h = static_cast<std::uint64_t>(components[component].h);
  const auto v = static_cast<std::uint64_t>(components[component].v);
  PlaneSize size;
  size.width = divide_up(width * h, static_cast<std::uint64_t>(max_h()));
  size.height = divide_up(height * v, static_cast<std::uint64_t>(max_v()));
  size.padded_width = divide_up(size.width, kDctSize) * kDctSize;
  size.padded_height = divide_up(size.height, kDctSize) * kDctSize;
  return size;
}

bool Frame::full_size_luma() const { return components[0].h == max_h() && components[0].v == max_v(); }

std::uint32_t Frame::imcu_rows() const { return divide_up(height, kDctSize * static_cast<std::uint64_t>(max_v())); }

std::uint64_t Frame::coefficient_bytes() const {
  const std::uint64_t across = divide_up(width, kDctSize * static_cast<std::uint64_t>(max_h()));
  std::uint64_t blocks = 0;
  for (const auto& c : components) blocks += across * imcu_rows() * static_cast<std::uint64_t>(c.h * c.v);
  return blocks * kDctSize * kDctSize * sizeof(std::int16_t);
}

bool Frame::interleaves() const {
  int blocks = 0;
  for (const auto& c : components) blocks += c.h * c.v;
  return components.size() == 1 || blocks <= kMaxBlocksInMcu;
}

Frame gray_frame(const Frame& frame) {
  Frame gray = frame;
  const std::size_t brightest = frame.color == ColorModel::rgb ? 1 : 0;
  gray.color = ColorModel::gray;
  gray.components = {frame.components[brightest]};
  if (frame.components.size() == 1) return gray;
  gray.components[0].h = gray.components[0].v = 1;
  gray.multi_scan = frame.progressive;
  // An MCU shrinks to one block; the scaled interval covers about the same area.
  const auto blocks = static_cast<unsigned>(frame.max_h() * frame.max_v());
  gray.restart_interval = std::min(kMaxRestart, frame.restart_interval * blocks);
  return gray;
}

Result<void> check_quant_tables(const Frame& frame) {
  for (const auto& c : frame.components) {
    const auto [min, max] = std::ranges::minmax(c.quant);
    if (min == 0) return fail(Errc::corrupt, "quantization table {} contains a step of 0", c.quant_slot);
    if (max > kMaxStep) {
      return fail(Errc::unsupported, "quantization table {} contains a step of {}; at most {} can be written",
                  c.quant_slot, max, kMaxStep);
    }
  }
  return {};
}

Band make_band(const Frame& frame, std::size_t components, std::uint32_t imcu_rows) {
  Band band;
  for (std::size_t i = 0; i < components; ++i) {
    PlaneRows& rows = band.planes[i];
    rows.offset = band.bytes;
    rows.stride = frame.plane(i).padded_width;
    rows.rows = imcu_rows * kDctSize * static_cast<std::uint32_t>(frame.components[i].v);
    band.bytes += rows.stride * rows.rows;
  }
  return band;
}

}  // namespace ece465::image::jpeg
