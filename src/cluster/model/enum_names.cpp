#include "model/enum_names.hpp"

#include <array>

namespace ece465::cluster {
namespace {

using image::Channels;
using image::Format;

constexpr std::array kStates{JobState::queued, JobState::running, JobState::done, JobState::failed,
                             JobState::cancelled};
constexpr std::array kPhases{JobPhase::queued, JobPhase::read,  JobPhase::map, JobPhase::reduce,
                             JobPhase::apply,  JobPhase::write, JobPhase::done};
constexpr std::array kChannels{Channels::luma, Channels::gray, Channels::each};
constexpr std::array kFormats{Format::jpeg, Format::tiff, Format::png};

template <class Values, class Name>
auto find_by_name(const Values& values, Name name_of, std::string_view name)
    -> std::optional<typename Values::value_type> {
  for (const auto value : values) {
    if (name_of(value) == name) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view state_name(JobState state) {
  switch (state) {
    case JobState::queued: return "queued";
    case JobState::running: return "running";
    case JobState::done: return "done";
    case JobState::failed: return "failed";
    case JobState::cancelled: return "cancelled";
  }
  return "?";
}

std::optional<JobState> parse_state(std::string_view name) { return find_by_name(kStates, state_name, name); }

std::string_view phase_name(JobPhase phase) {
  switch (phase) {
    case JobPhase::queued: return "queued";
    case JobPhase::read: return "read";
    case JobPhase::map: return "map";
    case JobPhase::reduce: return "reduce";
    case JobPhase::apply: return "apply";
    case JobPhase::write: return "write";
    case JobPhase::done: return "done";
  }
  return "?";
}

std::optional<JobPhase> parse_phase(std::string_view name) { return find_by_name(kPhases, phase_name, name); }

std::string_view channels_name(Channels channels) {
  switch (channels) {
    case Channels::luma: return "luma";
    case Channels::gray: return "gray";
    case Channels::each: return "each";
  }
  return "?";
}

std::optional<Channels> parse_channels(std::string_view name) { return find_by_name(kChannels, channels_name, name); }

std::string_view worker_state_name(mapreduce::WorkerState state) {
  using mapreduce::WorkerState;
  switch (state) {
    case WorkerState::probation: return "proving";  // value of API v1
    case WorkerState::active: return "active";
    case WorkerState::late: return "late";
    case WorkerState::quarantined: return "quarantined";
    case WorkerState::leaving: return "leaving";
  }
  return "?";
}

std::string_view strip_state_name(mapreduce::StripState state) {
  using mapreduce::StripState;
  switch (state) {
    case StripState::unread: return "unread";
    case StripState::waiting: return "waiting";
    case StripState::kept: return "kept";
    case StripState::last_resort: return "last_resort";
    case StripState::running: return "running";
    case StripState::done: return "done";
  }
  return "?";
}

std::optional<Format> parse_format(std::string_view name) { return find_by_name(kFormats, image::format_name, name); }

}  // namespace ece465::cluster
