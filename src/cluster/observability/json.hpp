#pragma once

#include <string>
#include <string_view>

#include "model/enum_names.hpp"
#include "model/worker_status.hpp"
#include "observability/recent_log.hpp"
#include "observability/timeline.hpp"

/// JSON texts of the API and its events. Invalid UTF-8 in names and messages is replaced.

namespace ece465::cluster {

[[nodiscard]] std::string job_json(const JobStatus& job);
[[nodiscard]] std::string image_json(const ImageSummary& image);
[[nodiscard]] std::string worker_json(const WorkerStatus& worker);
/// The response to an upload.
[[nodiscard]] std::string uploaded_json(std::string_view name);
/// Data of event `worker_lost`.
[[nodiscard]] std::string worker_lost_json(std::string_view id);
/// Data of event `file`. `change`: "added" or "removed".
[[nodiscard]] std::string file_event_json(std::string_view name, std::string_view change);
/// A page's timeline with at most `limit` entries, starting at entry `from`. Null: the page has not begun, or its
/// timeline has been deleted.
[[nodiscard]] std::string timeline_json(const Timeline* timeline, std::size_t from, std::size_t limit);
/// Data of event `log`.
[[nodiscard]] std::string log_json(const RecentLog::Line& line);

}  // namespace ece465::cluster
