#include "block_planes.hpp"

#include <array>
#include <cstring>

#include "kernels/level_counter.hpp"
#include "pixel_runs.hpp"

namespace ece465::image {
namespace {

/// Extracts a plane's samples from a piece of a run.
template <class T>
void extract_piece(std::span<const T> piece, const PixelLayout& layout, Channels channels, std::size_t plane, T* out) {
  const std::size_t samples = layout.samples();
  if (uses_luma(layout, channels)) {
    luma_run(piece, layout, out);
  } else if (samples == 1) {
    std::copy(piece.begin(), piece.end(), out);
  } else if (!is_translucent(piece, layout)) {
    for (std::size_t i = plane; i < piece.size(); i += samples) *out++ = piece[i];
  } else {
    for (std::size_t i = 0; i < piece.size(); i += samples) {
      *out++ = static_cast<T>(unpremultiplied<T>(piece[i + plane], piece[i + layout.colors]));
    }
  }
}

template <class T>
void insert_luma(std::span<T> piece, const PixelLayout& layout, const T* mapped) {
  const std::size_t samples = layout.samples();
  if (!is_translucent(piece, layout)) {
    kernels::current().of<T>().shift_to(piece.data(), piece.size() / samples, samples, mapped);
    return;
  }
  for (std::size_t i = 0; i < piece.size(); i += samples, ++mapped) {
    T* const pixel = piece.data() + i;
    const std::uint32_t alpha = pixel[layout.colors];
    if (alpha != 0) shift_translucent(pixel, alpha, layout.colors, pixel_luma(pixel, alpha), *mapped);
  }
}

template <class T>
void insert_piece(std::span<T> piece, const PixelLayout& layout, Channels channels, std::size_t plane,
                  const T* mapped) {
  const std::size_t samples = layout.samples();
  if (uses_luma(layout, channels)) {
    insert_luma(piece, layout, mapped);
  } else if (samples == 1) {
    std::copy_n(mapped, piece.size(), piece.data());
  } else if (!is_translucent(piece, layout)) {
    for (std::size_t i = plane; i < piece.size(); i += samples) piece[i] = *mapped++;
  } else {
    for (std::size_t i = 0; i < piece.size(); i += samples, ++mapped) {
      const std::uint32_t alpha = piece[i + layout.colors];
      if (alpha != 0) piece[i + plane] = static_cast<T>(premultiplied<T>(*mapped, alpha));
    }
  }
}

/// Calls `f` with the pieces of a block's rows.
template <class T, class B, class F>
void for_each_block_piece(B& block, const PixelLayout& layout, F&& f) {
  for_each_run<T>(block, layout, [&](auto run) { for_each_piece(run, layout.samples(), kPiecePixels, f); });
}

}  // namespace

void extract_plane(const Block& block, const PixelLayout& layout, Channels channels, std::size_t plane,
                   std::byte* out) {
  with_sample_type(layout.bits, [&]<class T>(T) {
    T* to = reinterpret_cast<T*>(out);
    for_each_block_piece<T>(block, layout, [&](std::span<const T> piece) {
      extract_piece(piece, layout, channels, plane, to);
      to += piece.size() / layout.samples();
    });
  });
}

void count_plane(const Block& block, const PixelLayout& layout, Channels channels, std::size_t plane,
                 std::span<std::uint64_t> counts) {
  with_sample_type(layout.bits, [&]<class T>(T) {
    auto& counter = kernels::thread_counter<T>();
    if (layout.samples() == 1) {
      for_each_run<T>(block, layout, [&](std::span<const T> run) { counter.add(run, counts); });
    } else {
      std::array<T, kPiecePixels> extracted;
      for_each_block_piece<T>(block, layout, [&](std::span<const T> piece) {
        extract_piece(piece, layout, channels, plane, extracted.data());
        counter.add(std::span<const T>(extracted).first(piece.size() / layout.samples()), counts);
      });
    }
    counter.flush(counts);
  });
}

std::uint16_t plane_level(const Block& block, const PixelLayout& layout, Channels channels, std::size_t plane,
                          std::size_t index) {
  const std::size_t x = index % block.width, y = index / block.width;
  return with_sample_type(layout.bits, [&]<class T>(T) {
    const auto row = samples_of<T>(block.row(static_cast<std::uint32_t>(y), layout));
    T level;
    extract_piece(row.subspan(x * layout.samples(), layout.samples()), layout, channels, plane, &level);
    return std::uint16_t{level};
  });
}

void insert_plane(Block& block, const PixelLayout& layout, Channels channels, std::size_t plane,
                  const std::byte* mapped) {
  with_sample_type(layout.bits, [&]<class T>(T) {
    std::array<T, kPiecePixels> aligned;
    for_each_block_piece<T>(block, layout, [&](std::span<T> piece) {
      const std::size_t bytes = piece.size() / layout.samples() * sizeof(T);
      const T* from = reinterpret_cast<const T*>(mapped);
      if (reinterpret_cast<std::uintptr_t>(mapped) % alignof(T) != 0) {
        std::memcpy(aligned.data(), mapped, bytes);
        from = aligned.data();
      }
      insert_piece(piece, layout, channels, plane, from);
      mapped += bytes;
    });
  });
}

void map_color(Block& block, const PixelLayout& layout, std::size_t plane, const std::byte* table) {
  with_sample_type(layout.bits, [&]<class T>(T) {
    const T* levels = reinterpret_cast<const T*>(table);
    const std::size_t samples = layout.samples();
    for_each_block_piece<T>(block, layout, [&](std::span<T> piece) {
      if (!is_translucent(piece, layout)) {
        for (std::size_t i = plane; i < piece.size(); i += samples) piece[i] = levels[piece[i]];
        return;
      }
      for (std::size_t i = 0; i < piece.size(); i += samples) {
        const std::uint32_t alpha = piece[i + layout.colors];
        if (alpha == 0) continue;
        T& sample = piece[i + plane];
        sample = static_cast<T>(premultiplied<T>(levels[unpremultiplied<T>(sample, alpha)], alpha));
      }
    });
  });
}

}  // namespace ece465::image
