#pragma once

#include <optional>

#include "chunks.hpp"

namespace ece465::image::png {

/// What becomes of a chunk when the pixels have changed and, perhaps, the kind of image.
enum class ChunkAction {
  kept,       ///< copied byte for byte
  rewritten,  ///< says the same about the new kind of image: see `rewrite`
  dropped,    ///< would be wrong now; people are told
  forgotten,  ///< has done its work (or was told of already)
};

/// The fate of a chunk that is neither IDAT nor, in an image with a palette, PLTE. `from`, `to`: the headers of
/// what was read and of what is written.
[[nodiscard]] ChunkAction action_for(ChunkName name, const Header& from, const Header& to);

/// The new data of a chunk that is to be rewritten; nothing when the old data makes no sense.
[[nodiscard]] std::optional<std::vector<std::byte>> rewrite(ChunkName name, Bytes data, const Header& from,
                                                            const Header& to);

}  // namespace ece465::image::png
