#pragma once

#include <cstdint>
#include <span>

#include "ece465/image/pixels.hpp"

/// One plane of a block on its own: taken out as contiguous samples, and put back when they were mapped. What
/// Counter and Mapper do, cut where a wire goes through.
///
/// Different planes of one block may be taken out and put back by several threads at once: nobody touches samples
/// of planes that are not his, but to read alpha. (So no vector goes over pixels where there are several planes.)

namespace ece465::image {

/// The plane's samples, row by row, to `out`, which is aligned for them.
void take_plane(const Block& block, const PixelLayout& layout, Channels channels, std::size_t plane, std::byte* out);
/// Adds the plane's levels to `counts`.
void count_plane(const Block& block, const PixelLayout& layout, Channels channels, std::size_t plane,
                 std::span<std::uint64_t> counts);
/// The plane's sample number `index`, in the order of `take_plane`.
[[nodiscard]] std::uint16_t plane_level(const Block& block, const PixelLayout& layout, Channels channels,
                                        std::size_t plane, std::size_t index);
/// Makes of the plane what `mapped` holds, as `take_plane` would take it out: what Mapper does, given what its table
/// says of every sample. `mapped` needs no alignment.
void put_plane(Block& block, const PixelLayout& layout, Channels channels, std::size_t plane, const std::byte* mapped);
/// Puts one colour's plane through a table (of `layout.bits`, native, aligned), where it is.
void map_color(Block& block, const PixelLayout& layout, std::size_t plane, const std::byte* table);

}  // namespace ece465::image
