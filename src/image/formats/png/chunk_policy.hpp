#pragma once

#include <optional>

#include "chunks.hpp"

namespace ece465::image::png {

/// What happens to a chunk of the input, given that the pixels and perhaps the kind of image have changed.
enum class ChunkAction {
  keep,           ///< copy byte for byte
  rewrite,        ///< adapt to the new kind of image: see `rewrite_chunk`
  drop,           ///< would no longer be correct; the user is told
  drop_silently,  ///< has served its purpose, or is mentioned in another note
};

/// The action for a chunk that is neither IDAT nor, in an image with a palette, PLTE. `from`, `to`: the headers of
/// input and output.
[[nodiscard]] ChunkAction action_for(ChunkName name, const Header& from, const Header& to);

/// The new data of a chunk to be rewritten; nothing if the old data is invalid.
[[nodiscard]] std::optional<std::vector<std::byte>> rewrite_chunk(ChunkName name, Bytes data, const Header& from,
                                                                  const Header& to);

}  // namespace ece465::image::png
