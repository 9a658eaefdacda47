#include "formats.hpp"

namespace ece465::image::jpeg {

Result<std::unique_ptr<ImageReader>> open(const ByteSource&, const ReadOptions&) {
  return fail(Errc::unsupported, "not yet");
}
Result<std::unique_ptr<ImageWriter>> create(const ImageReader&, ByteSink&, const WriteOptions&) {
  return fail(Errc::unsupported, "not yet");
}

}  // namespace ece465::image::jpeg
