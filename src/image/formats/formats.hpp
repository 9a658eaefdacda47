#pragma once

#include "ece465/image/codec.hpp"

/// The formats' doors, for codec.cpp's dispatch alone. Each `open` has seen its format's signature already.

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
