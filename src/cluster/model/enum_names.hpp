#pragma once

#include <optional>
#include <string_view>

#include "ece465/mapreduce/types.hpp"
#include "model/job.hpp"

/// Text for enumerations: in JSON, the job store, and messages.

namespace ece465::cluster {

/// "queued", "running", "done", "failed", "cancelled".
[[nodiscard]] std::string_view state_name(JobState state);
[[nodiscard]] std::optional<JobState> parse_state(std::string_view name);
/// "queued", "read", "map", "reduce", "apply", "write", "done".
[[nodiscard]] std::string_view phase_name(JobPhase phase);
[[nodiscard]] std::optional<JobPhase> parse_phase(std::string_view name);
/// "luma", "gray", "each".
[[nodiscard]] std::string_view channels_name(image::Channels channels);
[[nodiscard]] std::optional<image::Channels> parse_channels(std::string_view name);
/// "proving" (probation), "active", "late", "quarantined", "leaving".
[[nodiscard]] std::string_view worker_state_name(mapreduce::WorkerState state);
/// "unread", "waiting", "kept", "last_resort", "running", "done".
[[nodiscard]] std::string_view strip_state_name(mapreduce::StripState state);
/// "JPEG", "TIFF", "PNG".
[[nodiscard]] std::optional<image::Format> parse_format(std::string_view name);

}  // namespace ece465::cluster
