#include "table_service.hpp"

#include <algorithm>

#include "message_buffer.hpp"

namespace ece465::labs {

TableService::TableService(ServeState& state, std::function<void()> breached)
    : state_(state),
      forks_(state.options.seats, state.options.on_busy),
      watch_(state.options.seats, false, std::move(breached)),
      guests_(static_cast<std::size_t>(state.options.seats)) {}

net::Task<void> TableService::session(net::Stream stream) {
  // Shared with what is written to it: an approval comes while another philosopher's message is dealt with.
  const auto guest = std::make_shared<Guest>(std::move(stream));
  const Peers::Entry entry(state_.peers, guest->stream);
  guest->name = python_name(guest->stream.peer());
  state_.say(fmt::format("[Server] Connected to {}", guest->name));
  co_await serve(guest);
  leave(*guest);
  co_await part(guest->stream);
}

net::Task<void> TableService::serve(std::shared_ptr<Guest> guest) {
  const ServeLimits& limits = state_.options.limits;
  // Who waits for neighbours may be silent for as long as it takes, while his system is still there.
  guest->stream.keep_alive(std::chrono::seconds(30));
  MessageBuffer buffer(kMaxMessageBytes);
  while (!state_.stopping) {
    const MutableBytes room = buffer.room();
    if (room.empty()) co_return;
    const bool eats = guest->seat >= 0 && forks_.eats(guest->seat);
    const bool waits = guest->seat >= 0 && forks_.waits(guest->seat);
    // Who waits is bounded by the meals of others, and begins to eat while this read goes on: it is looked at again.
    const auto limit = eats ? limits.meal : waits ? std::min(limits.meal, limits.idle) : limits.idle;
    const auto count = co_await guest->stream.read_some(room, limit);
    if (!count && count.error().code == Errc::timeout && waits) {
      continue;  // still waits, or has had the forks for less than this
    }
    if (!count || *count == 0) co_return;
    buffer.filled(*count);
    while (const auto line = buffer.line()) {
      const auto message = decode(*line);
      if (!message) co_return;
      ++state_.report.messages;
      const bool seated = guest->seat >= 0;
      const bool fine = seated ? heard(guest, *message) : take_seat(guest, *message);
      if (!fine) co_return;
    }
  }
}

net::Task<void> TableService::send(std::shared_ptr<Guest> guest, std::string line) {
  const auto written = co_await guest->stream.write(as_bytes(line), state_.options.limits.write);
  if (!written) guest->stream.close();
}

void TableService::tell(const std::shared_ptr<Guest>& guest, const Message& message) {
  // A philosopher waits for each answer before he says something again, or says what is wrong and goes: no two of these
  // write at the same time.
  asio::co_spawn(guest->stream.executor(), send(guest, encode(message)), asio::detached);
}

bool TableService::take_seat(const std::shared_ptr<Guest>& guest, const Message& message) {
  if (message.action != Action::sit) return false;
  auto seat = std::ranges::find(guests_, nullptr);
  if (message.pid >= 0) {
    seat = message.pid < state_.options.seats ? guests_.begin() + message.pid : guests_.end();
    if (seat != guests_.end() && *seat != nullptr) seat = guests_.end();
  }
  if (seat == guests_.end()) {
    tell(guest, {.action = Action::full});
    return true;
  }
  *seat = guest;
  guest->seat = static_cast<int>(seat - guests_.begin());
  watch_.thinks(guest->seat);
  state_.say(fmt::format("[Philosopher {}] sits down: {}", guest->seat, guest->name));
  tell(guest, {.action = Action::seated, .pid = guest->seat, .seats = state_.options.seats});
  return true;
}

bool TableService::heard(const std::shared_ptr<Guest>& guest, const Message& message) {
  const int seat = guest->seat;
  if (message.action == Action::request) {
    watch_.asks(seat);
    if (state_.hooks.say) state_.say(fmt::format("[Philosopher {}] Requesting forks...", seat));
    switch (forks_.request(seat)) {
      case ForkTable::Answer::approved: approve(seat); return true;
      case ForkTable::Answer::queued: return true;
      case ForkTable::Answer::denied:
        watch_.denied(seat);
        watch_.thinks(seat);
        tell(guest, {.action = Action::denied, .pid = seat});
        return true;
      case ForkTable::Answer::wrong: return false;
    }
  }
  if (message.action != Action::returned || !forks_.eats(seat)) return false;
  if (state_.hooks.say) state_.say(fmt::format("[Philosopher {}] Returning forks...", seat));
  put_back(seat);
  watch_.thinks(seat);
  std::vector<int> approved;
  (void)forks_.give_back(seat, approved);
  for (const int other : approved) approve(other);
  return true;
}

void TableService::approve(int seat) {
  watch_.takes(seat, watch_.left_fork(seat));
  watch_.takes(seat, watch_.right_fork(seat));
  watch_.eats(seat);
  if (state_.hooks.say) state_.say(fmt::format("[Philosopher {}] Eating!", seat));
  tell(guests_[static_cast<std::size_t>(seat)], {.action = Action::approved, .pid = seat});
}

void TableService::put_back(int seat) {
  watch_.stops_eating(seat);
  watch_.puts(seat, watch_.left_fork(seat));
  watch_.puts(seat, watch_.right_fork(seat));
}

void TableService::leave(Guest& guest) {
  if (guest.seat < 0) return;
  const int seat = guest.seat;
  const bool ate = forks_.eats(seat);
  if (ate) put_back(seat);
  watch_.leaves(seat, false);
  guests_[static_cast<std::size_t>(seat)] = nullptr;
  guest.seat = -1;
  state_.say(fmt::format("[Philosopher {}] is gone{}", seat, ate ? "; the forks are back" : ""));
  std::vector<int> approved;
  forks_.forget(seat, approved);
  for (const int other : approved) approve(other);
}

}  // namespace ece465::labs
