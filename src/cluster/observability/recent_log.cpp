#include "observability/recent_log.hpp"

#include "observability/json.hpp"

namespace ece465::cluster {
namespace {

constexpr std::size_t kLines = 100;
constexpr std::size_t kMaxBytes = 4096;  // of a message

}  // namespace

void RecentLog::add(std::string_view source, std::string_view message) {
  if (lines_.size() == kLines) lines_.pop_front();
  lines_.push_back({wall_now(), std::string(source), std::string(message.substr(0, kMaxBytes))});
  if (events_.has_subscribers()) events_.publish("log", log_json(lines_.back()));
}

}  // namespace ece465::cluster
