#include "ece465/http/multipart.hpp"

#include <algorithm>
#include <cctype>

namespace ece465::http {
namespace {

constexpr std::size_t kMaxBoundary = 70;  // RFC 2046

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

/// The value of `key` among `; key=value; key="quoted \" value"` parameters.
std::optional<std::string> parameter(std::string_view text, std::string_view key) {
  std::size_t at = text.find(';');
  while (at != std::string_view::npos && at < text.size()) {
    ++at;
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
    const std::size_t equals = text.find_first_of("=;", at);
    if (equals == std::string_view::npos) return std::nullopt;
    if (text[equals] == ';') {
      at = equals;
      continue;
    }
    const std::string name = lower(text.substr(at, equals - at));
    std::string value;
    at = equals + 1;
    if (at < text.size() && text[at] == '"') {
      for (++at; at < text.size() && text[at] != '"'; ++at) {
        // Only \" and \\ are escapes: some browsers send other backslashes of file names unescaped.
        if (text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == '"' || text[at + 1] == '\\')) ++at;
        value += text[at];
      }
      at = text.find(';', at);
    } else {
      const std::size_t end = std::min(text.find(';', at), text.size());
      value = text.substr(at, end - at);
      while (value.ends_with(' ')) value.pop_back();
      at = end == text.size() ? std::string_view::npos : end;
    }
    if (name == key) return value;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> multipart_boundary(std::string_view content_type) {
  if (!lower(content_type).starts_with("multipart/form-data")) return std::nullopt;
  auto boundary = parameter(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > kMaxBoundary) return std::nullopt;
  // The parser relies on the delimiter containing '\r' only at its start.
  if (!std::ranges::all_of(*boundary, [](char c) { return c >= ' ' && c <= '~'; })) return std::nullopt;
  return boundary;
}

MultipartParser::MultipartParser(std::string_view boundary, std::size_t max_header_bytes)
    : delimiter_("\r\n--" + std::string(boundary)),
      max_header_bytes_(max_header_bytes),
      held_("\r\n") {}  // the first delimiter may be at the very start, without a line end before it

void MultipartParser::feed(Bytes input) { input_ = input; }

Result<MultipartParser::Event> MultipartParser::next() {
  for (;;) {
    switch (state_) {
      case State::preamble:
      case State::data: {
        auto event = parse_data();
        if (!event) return event;
        if (state_ == State::after_boundary && !in_part_) continue;  // the end of the preamble is not an event
        if (std::holds_alternative<PartEnd>(*event)) in_part_ = false;
        return event;
      }
      case State::after_boundary: {
        while (held_.size() < 2 && !input_.empty()) {
          held_ += static_cast<char>(input_.front());
          input_ = input_.subspan(1);
        }
        // RFC 2046 allows blanks after a boundary, though nobody writes them.
        while (!held_.empty() && (held_[0] == ' ' || held_[0] == '\t')) held_.erase(0, 1);
        if (held_.size() < 2) {
          if (input_.empty()) return NeedMore{};
          continue;
        }
        if (held_.starts_with("--")) {
          state_ = State::done;
        } else if (held_.starts_with("\r\n")) {
          held_.erase(0, 2);
          state_ = State::header;
        } else {
          return fail(Errc::corrupt, "invalid multipart body: a boundary is followed by neither a part nor the end");
        }
        continue;
      }
      case State::header: return parse_header();
      case State::done: input_ = {}; return Finished{};
    }
  }
}

Result<MultipartParser::Event> MultipartParser::parse_header() {
  // One byte at a time: headers are short, and the data after them must not be consumed.
  while (!held_.ends_with("\r\n\r\n") && held_ != "\r\n") {
    if (input_.empty()) return NeedMore{};
    if (held_.size() >= max_header_bytes_) {
      return fail(Errc::too_large, "invalid multipart body: a part's header has more than {} bytes", max_header_bytes_);
    }
    held_ += static_cast<char>(input_.front());
    input_ = input_.subspan(1);
  }
  PartBegin part;
  std::string_view rest = held_;
  while (!rest.empty()) {
    const auto end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 2);
    if (!lower(line).starts_with("content-disposition:")) continue;
    part.name = parameter(line, "name").value_or("");
    part.filename = parameter(line, "filename");
  }
  // The delimiter after an empty part starts with the last line end of the header. parse_data drops that line end
  // unless it belongs to a delimiter.
  held_ = "\r\n";
  synthetic_line_end_ = true;
  out_.clear();
  state_ = State::data;
  in_part_ = true;
  return part;
}

Result<MultipartParser::Event> MultipartParser::parse_data() {
  for (;;) {
    // `held_` is a prefix of the delimiter. Extend it until it is the whole delimiter or does not match any more.
    while (!held_.empty()) {
      if (held_.size() == delimiter_.size()) {
        held_.clear();
        synthetic_line_end_ = false;
        state_ = State::after_boundary;
        if (in_part_) return PartEnd{};
        return NeedMore{};
      }
      if (input_.empty()) return NeedMore{};
      const char c = static_cast<char>(input_.front());
      if (c == delimiter_[held_.size()]) {
        held_ += c;
        input_ = input_.subspan(1);
        continue;
      }
      // Not the delimiter. It cannot start later inside `held_` either, because it contains '\r' only at its start: so
      // all of `held_` is data.
      out_ = std::exchange(held_, {});
      if (std::exchange(synthetic_line_end_, false)) out_.erase(0, 2);
      if (in_part_ && !out_.empty()) return PartData{as_bytes(out_)};
    }
    if (input_.empty()) return NeedMore{};
    // Everything up to the next '\r' that could start a delimiter is data.
    const std::string_view text = as_text(input_);
    std::size_t at = text.find('\r');
    while (at != std::string_view::npos && at + delimiter_.size() <= text.size() &&
           text.compare(at, delimiter_.size(), delimiter_) != 0) {
      at = text.find('\r', at + 1);
    }
    const std::size_t n = at == std::string_view::npos ? text.size() : at;
    const Bytes data = input_.first(n);
    input_ = input_.subspan(n);
    if (at != std::string_view::npos) {
      held_ = "\r";
      input_ = input_.subspan(1);
    }
    if (in_part_ && !data.empty()) return PartData{data};
  }
}

}  // namespace ece465::http
