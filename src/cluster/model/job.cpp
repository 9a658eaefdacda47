#include "model/job.hpp"

#include <fmt/format.h>

#include <charconv>

namespace ece465::cluster {
namespace {

constexpr std::string_view kJobPrefix = "job_";

}  // namespace

std::string to_string(JobNumber number) { return fmt::format("{}{}", kJobPrefix, static_cast<std::uint64_t>(number)); }

std::optional<JobNumber> parse_job_number(std::string_view text) {
  if (!text.starts_with(kJobPrefix)) return std::nullopt;
  text.remove_prefix(kJobPrefix.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  // Names are unique: "job_07" is not valid.
  if (error != std::errc{} || end != text.data() + text.size() || text.starts_with('0')) return std::nullopt;
  return JobNumber{number};
}

ImageSummary image_summary(const image::ImageReader& reader) {
  ImageSummary summary;
  summary.format = reader.format();
  summary.pages = reader.pages().size();
  if (summary.pages == 0) return summary;
  const image::PageInfo& page = reader.pages().front();
  summary.width = page.width;
  summary.height = page.height;
  summary.bits = page.layout.bits;
  // A colour JPEG's chroma are auxiliary samples of its luma; a palette's colours are not in the pixels.
  summary.color = page.palette || page.layout.colors > 1 || page.auxiliary_samples > 0;
  return summary;
}

}  // namespace ece465::cluster
