#include "store/job_record.hpp"

#include <nlohmann/json.hpp>

#include "model/enum_names.hpp"
#include "store/error_json.hpp"

namespace ece465::cluster {
namespace {

using nlohmann::json;
using std::chrono::nanoseconds;

/// Milliseconds since 1970.
std::int64_t to_number(WallTime time) { return time.time_since_epoch().count(); }
WallTime to_time(std::int64_t number) { return WallTime(WallTime::duration(number)); }

/// Durations and counters with their keys: one list for writing and reading.
template <class Job, class Visit>
void for_each_number(Job& job, Visit visit) {
  visit("read_ns", job.read);
  visit("split_ns", job.split);
  visit("map_ns", job.map);
  visit("reduce_ns", job.reduce);
  visit("apply_ns", job.apply);
  visit("stitch_ns", job.stitch);
  visit("write_ns", job.write);
  visit("pixels", job.pixels);
  visit("bytes_sent", job.bytes_sent);
  visit("bytes_received", job.bytes_received);
  visit("bytes_spared", job.bytes_spared);
  visit("map_sent", job.map_sent);
  visit("map_received", job.map_received);
  visit("apply_sent", job.apply_sent);
  visit("apply_received", job.apply_received);
  visit("strips", job.strips);
  visit("map_done", job.map_done);
  visit("apply_done", job.apply_done);
  visit("attempts", job.attempts);
  visit("retries", job.retries);
  visit("duplicates", job.duplicates);
  visit("stolen", job.stolen);
  visit("lies", job.invalid_results);
}

/// Sets `value` from an enumerator's name, which must be a known one. Leaves it unchanged if the key is missing.
template <class T>
Result<void> read_enum(const json& object, const char* key, std::optional<T> (*parse)(std::string_view), T& value) {
  const auto at = object.find(key);
  if (at == object.end()) return {};
  const auto known = parse(at->get<std::string>());
  if (!known)
    return fail(Errc::corrupt, "unknown {} {}", key, at->dump(-1, ' ', false, json::error_handler_t::replace));
  value = *known;
  return {};
}

std::optional<WallTime> optional_time(const json& object, const char* key) {
  const auto at = object.find(key);
  if (at == object.end() || at->is_null()) return std::nullopt;
  return to_time(at->get<std::int64_t>());
}

Result<JobStatus> parse_job(JobNumber number, std::string_view text) {
  const json object = json::parse(text);
  JobStatus job;
  job.number = number;
  job.request.file = object.at("file").get<std::string>();
  ECE465_TRY(read_enum(object, "channels", parse_channels, job.request.channels));
  job.request.quality = object.value("quality", 0);
  job.result = object.value("result", "");
  ECE465_TRY(read_enum(object, "state", parse_state, job.state));
  // Records of older versions have the reason's text only.
  if (const auto at = object.find("error"); at != object.end()) {
    job.error = Error{parse_errc(at->at("code").get<std::string>()).value_or(Errc::internal), at->at("message"),
                      at->at("subject")};
  } else if (std::string reason = object.value("reason", ""); !reason.empty()) {
    job.error = Error{Errc::internal, std::move(reason)};
  }
  ECE465_TRY(read_enum(object, "phase", parse_phase, job.phase));
  job.progress = object.value("progress", 0.0);
  job.page = object.value("page", std::size_t{0});
  job.created = to_time(object.value("created", std::int64_t{0}));
  job.started = optional_time(object, "started");
  job.finished = optional_time(object, "finished");
  for_each_number(job, [&]<class T>(const char* key, T& value) {
    if constexpr (std::is_same_v<T, nanoseconds>) {
      value = nanoseconds(object.value(key, std::int64_t{0}));
    } else {
      value = object.value(key, T{});
    }
  });
  if (const auto image = object.find("image"); image != object.end() && !image->is_null()) {
    ImageSummary& summary = job.image.emplace();
    ECE465_TRY(read_enum(*image, "format", parse_format, summary.format));
    summary.width = image->value("width", 0U);
    summary.height = image->value("height", 0U);
    summary.bits = image->value("bits", 8U);
    summary.color = image->value("color", false);
    summary.pages = image->value("pages", std::size_t{1});
  }
  const json shares = object.value("shares", json::object());
  for (const auto& [id, share] : shares.items()) {
    job.shares[id] = {share.at(0).get<std::uint64_t>(), share.at(1).get<std::uint64_t>()};
  }
  job.notes = object.value("notes", std::vector<std::string>{});
  return job;
}

// Histograms and tables

constexpr std::uint64_t kVersion = 1;
constexpr std::size_t kMaxPlanes = 4;
constexpr unsigned kMoreFollows = 0x80;
constexpr unsigned kPayload = 7;  // bits of a byte

void put(std::vector<std::byte>& out, std::uint64_t value) {
  while (value >= kMoreFollows) {
    out.push_back(static_cast<std::byte>(value | kMoreFollows));
    value >>= kPayload;
  }
  out.push_back(static_cast<std::byte>(value));
}

/// Removes an integer from the front.
Result<std::uint64_t> take(Bytes& rest) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; !rest.empty() && shift < 64; shift += kPayload) {
    const auto byte = std::to_integer<std::uint64_t>(rest.front());
    rest = rest.subspan(1);
    value |= (byte & (kMoreFollows - 1)) << shift;
    if (byte < kMoreFollows) return value;
  }
  return fail(Errc::corrupt, "the histograms end early");
}

/// Zigzag encoding, as in Protocol Buffers: small numbers of either sign become small unsigned ones.
std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

}  // namespace

std::string encode_job(const JobStatus& job) {
  json object{{"file", job.request.file},         {"channels", channels_name(job.request.channels)},
              {"quality", job.request.quality},   {"result", job.result},
              {"state", state_name(job.state)},   {"phase", phase_name(job.phase)},
              {"progress", job.progress},         {"page", job.page},
              {"created", to_number(job.created)}};
  if (job.started) object["started"] = to_number(*job.started);
  if (job.finished) object["finished"] = to_number(*job.finished);
  for_each_number(job, [&]<class T>(const char* key, const T& value) {
    if constexpr (std::is_same_v<T, nanoseconds>) {
      object[key] = value.count();
    } else {
      object[key] = value;
    }
  });
  if (job.image) {
    object["image"] = {{"format", image::format_name(job.image->format)},
                       {"width", job.image->width},
                       {"height", job.image->height},
                       {"bits", job.image->bits},
                       {"color", job.image->color},
                       {"pages", job.image->pages}};
  }
  json shares = json::object();
  for (const auto& [id, share] : job.shares) shares[id] = {share.strips, share.bytes};
  object["shares"] = std::move(shares);
  object["notes"] = job.notes;
  if (job.error) object["error"] = error_json(*job.error);
  // An error may quote bytes of a file or of a worker.
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<JobStatus> decode_job(JobNumber number, std::string_view text) {
  try {
    auto job = parse_job(number, text);
    if (!job) return about(to_string(number), std::move(job).error());
    return job;
  } catch (const json::exception& e) {
    return fail_on(to_string(number), Errc::corrupt, "{}", e.what());
  }
}

std::vector<std::byte> encode_levels(const PageLevels& levels) {
  std::vector<std::byte> out;
  put(out, kVersion);
  put(out, levels.bits);
  put(out, levels.before.size());
  for (const auto& histogram : levels.before) {
    for (const std::uint64_t count : histogram.counts()) put(out, count);
  }
  put(out, levels.tables.size());
  for (const auto& table : levels.tables) {
    std::int64_t last = 0;
    for (const std::uint16_t level : table) put(out, zigzag(level - std::exchange(last, level)));
  }
  return out;
}

Result<PageLevels> decode_levels(Bytes bytes) {
  PageLevels levels;
  ECE465_ASSIGN(const auto version, take(bytes));
  ECE465_ASSIGN(const auto bits, take(bytes));
  if (version != kVersion || (bits != 8 && bits != 16)) return fail(Errc::corrupt, "not histograms of a known version");
  levels.bits = static_cast<unsigned>(bits);
  ECE465_ASSIGN(const auto planes, take(bytes));
  if (planes > kMaxPlanes) return fail(Errc::corrupt, "histograms of {} planes", planes);
  for (std::uint64_t i = 0; i < planes; ++i) {
    for (auto& count : levels.before.emplace_back(levels.bits).counts()) {
      ECE465_ASSIGN(count, take(bytes));
    }
  }
  ECE465_ASSIGN(const auto tables, take(bytes));
  if (tables > kMaxPlanes) return fail(Errc::corrupt, "tables of {} planes", tables);
  for (std::uint64_t i = 0; i < tables; ++i) {
    std::int64_t level = 0;
    for (auto& entry : levels.tables.emplace_back(std::size_t{1} << levels.bits)) {
      ECE465_ASSIGN(const auto difference, take(bytes));
      level += unzigzag(difference & 0x3FFFF);  // a difference of 16-bit levels has 17 bits and a sign
      if (level < 0 || level > 0xFFFF) return fail(Errc::corrupt, "table entry {} is out of range", level);
      entry = static_cast<std::uint16_t>(level);
    }
  }
  if (!bytes.empty()) return fail(Errc::corrupt, "{} bytes after the histograms", bytes.size());
  return levels;
}

}  // namespace ece465::cluster
