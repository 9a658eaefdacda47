#include "message_buffer.hpp"

#include <algorithm>
#include <cstring>

namespace ece465::labs {

MutableBytes MessageBuffer::free_space() {
  const std::size_t held = end_ - begin_;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, held);
    begin_ = 0;
    end_ = held;
  }
  if (end_ == buffer_.size() && buffer_.size() < max_bytes_) {
    Buffer larger(std::clamp(2 * buffer_.size(), std::min(kFirst, max_bytes_), max_bytes_));
    std::copy_n(buffer_.data(), held, larger.data());
    buffer_ = std::move(larger);
  }
  return buffer_.span().subspan(end_);
}

std::optional<std::string_view> MessageBuffer::line() {
  const std::byte* const from = buffer_.data() + begin_;
  const std::size_t held = end_ - begin_;
  if (held == searched_) return std::nullopt;
  const void* const at = std::memchr(from + searched_, '\n', held - searched_);
  if (at == nullptr) {
    searched_ = held;
    return std::nullopt;
  }
  const auto length = static_cast<std::size_t>(static_cast<const std::byte*>(at) - from);
  begin_ += length + 1;
  searched_ = 0;
  std::string_view text(reinterpret_cast<const char*>(from), length);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

std::optional<std::string_view> MessageBuffer::rest() {
  if (!partial()) return std::nullopt;
  const std::string_view text = as_text(buffer_.span().subspan(begin_, end_ - begin_));
  begin_ = end_ = searched_ = 0;
  return text;
}

std::string_view stripped(std::string_view text) {
  constexpr std::string_view kWhiteSpace = " \t\n\v\f\r";
  const auto first = text.find_first_not_of(kWhiteSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kWhiteSpace) - first + 1);
}

}  // namespace ece465::labs
