#pragma once

#include <string>
#include <string_view>

#include "model/enum_names.hpp"
#include "model/worker_status.hpp"
#include "observability/recent_log.hpp"
#include "observability/timeline.hpp"

/// What the API and its events say, as JSON text. Whatever is in names and messages, the result is valid JSON.

namespace ece465::cluster {

[[nodiscard]] std::string job_json(const JobStatus& job);
[[nodiscard]] std::string image_json(const ImageSummary& image);
[[nodiscard]] std::string worker_json(const WorkerStatus& worker);
/// The answer to an upload.
[[nodiscard]] std::string uploaded_json(std::string_view name);
/// Data of event `worker_lost`.
[[nodiscard]] std::string worker_lost_json(std::string_view id);
/// Data of event `file`. `change`: "added" or "removed".
[[nodiscard]] std::string file_event_json(std::string_view name, std::string_view change);
/// A page's timeline, its entries from number `from` on and at most `most` of them. Null: nothing is kept of the page,
/// or it has not begun.
[[nodiscard]] std::string timeline_json(const Timeline* timeline, std::size_t from, std::size_t most);
/// Data of event `log`.
[[nodiscard]] std::string log_json(const RecentLog::Line& line);

}  // namespace ece465::cluster
