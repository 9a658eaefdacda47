#include "image_stream.hpp"

#include <cassert>

#include "deflate.hpp"

namespace ece465::image::png {

Result<void> ImageStream::add(std::size_t index, Part part) {
  const std::scoped_lock lock(mutex_);
  assert(index >= next_ && index < parts_);
  waiting_.emplace(index, std::move(part));
  for (auto first = waiting_.begin(); first != waiting_.end() && first->first == next_; first = waiting_.begin()) {
    ECE465_TRY(write(first->second));
    waiting_.erase(first);
    ++next_;
  }
  return {};
}

Result<void> ImageStream::write(const Part& part) {
  checksum_ = joined_checksum(checksum_, part.checksum, part.raw_bytes);
  std::array<std::byte, 4> tail{};
  store(tail.data(), checksum_, std::endian::big);
  const bool is_first = next_ == 0, is_last = next_ + 1 == parts_;
  return output_.append_joined(
      name("IDAT"), {is_first ? Bytes(kZlibHead) : Bytes(), Bytes(part.bytes), is_last ? Bytes(tail) : Bytes()});
}

}  // namespace ece465::image::png
