#include "ece465/http/range.hpp"

#include <algorithm>
#include <charconv>

#include "text.hpp"

namespace ece465::http {
namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view strong(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  return etag;
}

}  // namespace

RangeAnswer parse_range(std::string_view header, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  header = trim(header);
  if (!header.starts_with(kUnit) || header.find(',') != std::string_view::npos) return {};
  header.remove_prefix(kUnit.size());
  const auto dash = header.find('-');
  if (dash == std::string_view::npos) return {};
  const auto first_text = trim(header.substr(0, dash)), last_text = trim(header.substr(dash + 1));
  if (first_text.empty()) {  // the last n bytes
    const auto suffix = number(last_text);
    if (!suffix) return {};
    const std::uint64_t length = std::min(*suffix, size);
    if (length == 0) return {RangeKind::unsatisfiable, {}};
    return {RangeKind::part, {size - length, length}};
  }
  const auto first = number(first_text);
  const auto last = last_text.empty() ? std::optional(size == 0 ? 0 : size - 1) : number(last_text);
  if (!first || !last || (!last_text.empty() && *last < *first)) return {};
  if (*first >= size) return {RangeKind::unsatisfiable, {}};
  return {RangeKind::part, {*first, std::min(*last, size - 1) - *first + 1}};
}

bool etag_matches(std::string_view list, std::string_view etag) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    const auto item = trim(list.substr(0, comma));
    if (item == "*" || strong(item) == strong(etag)) return true;
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return false;
}

std::string attachment(std::string_view name) {
  std::string plain(name);
  // The plain form, for old clients, must be ASCII without quotes.
  std::ranges::replace_if(plain, [](char c) { return c < ' ' || c > '~' || c == '"' || c == '\\'; }, '_');
  return fmt::format("attachment; filename=\"{}\"; filename*=UTF-8''{}", plain, percent_encode(name));
}

Response serve_file(const Request& request, std::shared_ptr<const ByteSource> file, std::string_view etag,
                    std::string_view type) {
  const std::uint64_t size = file->size();
  const auto with_validators = [&](int status) {
    Response response(status);
    response.headers.add("ETag", etag);
    response.headers.add("Accept-Ranges", "bytes");
    response.headers.add("Cache-Control", "no-cache");
    return response;
  };
  if (const auto wanted = request.headers.get("If-Match"); wanted && !etag_matches(*wanted, etag)) {
    return with_validators(412);
  }
  if (const auto known = request.headers.get("If-None-Match"); known && etag_matches(*known, etag)) {
    return with_validators(304);
  }
  RangeAnswer answer;
  const auto if_range = request.headers.get("If-Range");
  if (const auto range = request.headers.get("Range"); range && (!if_range || *if_range == etag)) {
    answer = parse_range(*range, size);
  }
  switch (answer.kind) {
    case RangeKind::unsatisfiable: {
      Response response = with_validators(416);
      response.headers.add("Content-Range", fmt::format("bytes */{}", size));
      return response;
    }
    case RangeKind::part: {
      Response response = with_validators(206);
      response.headers.add("Content-Type", type);
      response.headers.add("Content-Range", fmt::format("bytes {}-{}/{}", answer.range.offset,
                                                        answer.range.offset + answer.range.length - 1, size));
      response.body = FileBody{std::move(file), answer.range.offset, answer.range.length};
      return response;
    }
    case RangeKind::whole: break;
  }
  Response response = with_validators(200);
  response.headers.add("Content-Type", type);
  response.body = FileBody{std::move(file), 0, size};
  return response;
}

}  // namespace ece465::http
