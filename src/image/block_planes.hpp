#pragma once

#include <cstdint>
#include <span>

#include "ece465/image/pixels.hpp"

/// Access to one plane of a block: extracted as contiguous samples, and inserted again after mapping. Together with
/// samples.hpp this does what Counter and Mapper do, split at the point where samples are sent over the network.
///
/// Several threads may work on different planes of a block at once: each touches only the samples of its plane, and
/// reads alpha. (That is why vector kernels, which write whole pixels, are not used if there are several planes.)

namespace ece465::image {

/// Writes the plane's samples, row by row, to `out`, which must be aligned for them.
void extract_plane(const Block& block, const PixelLayout& layout, Channels channels, std::size_t plane, std::byte* out);
/// Adds the plane's levels to `counts`.
void count_plane(const Block& block, const PixelLayout& layout, Channels channels, std::size_t plane,
                 std::span<std::uint64_t> counts);
/// The plane's sample number `index`, in the order of `extract_plane`.
[[nodiscard]] std::uint16_t plane_level(const Block& block, const PixelLayout& layout, Channels channels,
                                        std::size_t plane, std::size_t index);
/// Changes the plane so that `extract_plane` yields `mapped`: what Mapper does, given the mapped samples instead of the
/// table. `mapped` needs no alignment.
void insert_plane(Block& block, const PixelLayout& layout, Channels channels, std::size_t plane,
                  const std::byte* mapped);
/// Maps one colour's plane in place. The table has `layout.bits` and native byte order, and is aligned.
void map_color(Block& block, const PixelLayout& layout, std::size_t plane, const std::byte* table);

}  // namespace ece465::image
