#pragma once

#include "ece465/image/codec.hpp"

/// The formats' entry points, for codec.cpp only, which has checked the signature before it calls `open`.

namespace ece465::image {

namespace jpeg {
[[nodiscard]] Result<std::unique_ptr<ImageReader>> open(const ByteSource& source, const ReadOptions& options);
[[nodiscard]] Result<std::unique_ptr<ImageWriter>> create(const ImageReader& reader, ByteSink& sink,
                                                          const WriteOptions& options);
}  // namespace jpeg

namespace tiff {
[[nodiscard]] Result<std::unique_ptr<ImageReader>> open(const ByteSource& source, const ReadOptions& options);
[[nodiscard]] Result<std::unique_ptr<ImageWriter>> create(const ImageReader& reader, ByteSink& sink,
                                                          const WriteOptions& options);
}  // namespace tiff

namespace png {
[[nodiscard]] Result<std::unique_ptr<ImageReader>> open(const ByteSource& source, const ReadOptions& options);
[[nodiscard]] Result<std::unique_ptr<ImageWriter>> create(const ImageReader& reader, ByteSink& sink,
                                                          const WriteOptions& options);
}  // namespace png

}  // namespace ece465::image
