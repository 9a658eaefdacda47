#include "observability/event_stream.hpp"

#include <algorithm>
#include <utility>

namespace ece465::cluster {

using Clock = std::chrono::steady_clock;

struct EventStream::State {
  State(const asio::any_io_executor& executor, const EventStreamLimits& l)
      : limits(l), arrived(executor), closing(executor) {}

  struct Entry {
    std::string text;  // empty: superseded by a later event with the same key
    std::string key;
  };

  EventStreamLimits limits;
  std::deque<Entry> entries;
  std::uint64_t first = 0;    // number of the oldest entry
  std::uint64_t lost_to = 0;  // an entry below this that was not superseded has been dropped
  std::size_t bytes = 0;
  std::unordered_map<std::string, std::uint64_t> latest;  // by key: the number of its entry
  net::Condition arrived, closing;
  std::size_t subscribers = 0;
  bool closed = false;

  [[nodiscard]] std::uint64_t end() const { return first + entries.size(); }

  void drop_oldest() {
    const Entry& oldest = entries.front();
    bytes -= oldest.text.size();
    if (!oldest.text.empty()) {
      lost_to = first + 1;
      if (!oldest.key.empty()) latest.erase(oldest.key);
    }
    entries.pop_front();
    ++first;
  }
};

std::string event_text(std::string_view event, std::string_view data) {
  std::string text = "event: ";
  text.append(event).append("\n");
  do {
    const auto end = std::min(data.find('\n'), data.size());
    text.append("data: ").append(data.substr(0, end)).append("\n");
    data.remove_prefix(std::min(end + 1, data.size()));
  } while (!data.empty());
  return text + "\n";
}

EventStream::EventStream(const asio::any_io_executor& executor, EventStreamLimits limits)
    : state_(std::make_shared<State>(executor, limits)) {}

void EventStream::publish(std::string_view event, std::string data, std::string_view key) {
  State& state = *state_;
  if (state.subscribers == 0 || state.closed) return;
  if (!key.empty()) {
    const auto [at, is_new] = state.latest.try_emplace(std::string(key), state.end());
    if (!is_new) {
      State::Entry& outdated = state.entries[static_cast<std::size_t>(at->second - state.first)];
      state.bytes -= outdated.text.size();
      outdated.text = std::string();
      at->second = state.end();
    }
  }
  state.entries.push_back({event_text(event, data), std::string(key)});
  state.bytes += state.entries.back().text.size();
  // The newest entry stays even if it exceeds the limit on its own.
  while (state.entries.size() > 1 && (state.entries.size() > state.limits.events || state.bytes > state.limits.bytes)) {
    state.drop_oldest();
  }
  state.arrived.notify();
}

bool EventStream::has_subscribers() const { return state_->subscribers > 0 && !state_->closed; }
std::size_t EventStream::subscribers() const { return state_->subscribers; }

void EventStream::close() {
  state_->closed = true;
  state_->arrived.notify();
  state_->closing.notify();
}

EventStream::Subscriber::Subscriber(EventStream& events) : state_(events.state_), position_(state_->end()) {
  ++state_->subscribers;
}

EventStream::Subscriber::~Subscriber() {
  if (!state_ || --state_->subscribers > 0) return;
  // The last subscriber has gone.
  state_->first = state_->end();
  state_->entries.clear();
  state_->latest.clear();
  state_->bytes = 0;
}

net::Task<std::optional<std::string>> EventStream::Subscriber::next(net::Duration limit) {
  const auto state = state_;
  const auto end = net::deadline_after(limit);
  // Events that arrive within the interval are delivered together.
  if (const auto left = next_delivery_ - Clock::now(); left > net::Duration::zero() && !state->closed) {
    co_await state->closing.wait(left);
  }
  while (position_ == state->end() && !state->closed) {
    const auto left = end - Clock::now();
    if (left <= net::Duration::zero()) co_return "";
    co_await state->arrived.wait(left);
  }
  if (state->closed) co_return std::nullopt;
  std::string text;
  if (position_ < state->lost_to) text = event_text("gap", "{}");
  position_ = std::max(position_, state->first);
  for (; position_ < state->end(); ++position_)
    text += state->entries[static_cast<std::size_t>(position_ - state->first)].text;
  next_delivery_ = Clock::now() + state->limits.min_interval;
  co_return text;
}

}  // namespace ece465::cluster
