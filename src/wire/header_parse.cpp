#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>

#include "ece465/wire/header.hpp"
#include "ece465/wire/histogram_codec.hpp"
#include "ece465/wire/worker_id.hpp"
#include "fields.hpp"
#include "keywords.hpp"

// Lines to messages: PROTOCOL sections 3 to 5, one function per command.

namespace ece465::wire {
namespace {

// Limits that keep sums of these numbers far from overflow; no real peer comes near them.
constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 60;
constexpr std::uint64_t kMaxThreads = 65'535;
constexpr std::uint64_t kMaxMicroseconds = std::uint64_t{1} << 52;
constexpr std::uint64_t kMaxHeartbeatMs = 3'600'000;
constexpr std::size_t kMaxKinds = 64;
constexpr std::size_t kMaxVerbBytes = 32;

Result<std::uint64_t> parse_size(std::string_view text, std::uint64_t limit) {
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  if (!digits) return fail(Errc::corrupt, "{} is not a size", quoted(text));
  const auto size = parse_number(text, limit);
  if (!size) return fail(Errc::too_large, "a size of {} exceeds the limit of {} bytes", quoted(text), limit);
  return *size;
}

/// `<size>` (documented), `<job> <size>` (course), `<size> task=<id> ...` (ECE465/2).
struct Sized {
  Dialect dialect = Dialect::documented;
  RequestId id;
  std::uint64_t size = 0;
  Attributes attributes;
};

Result<Sized> parse_sized(Fields& fields, const Peer& peer, std::uint64_t limit) {
  Sized sized;
  const std::string_view first = fields.next();
  if (peer.v2) {
    sized.dialect = Dialect::v2;
    ECE465_ASSIGN(sized.size, parse_size(first, limit));
    ECE465_ASSIGN(sized.attributes, Attributes::parse(fields, peer.limits));
    ECE465_ASSIGN(const std::uint64_t task, sized.attributes.required(key::kTask));
    sized.id.task = TaskId{task};
    return sized;
  }
  const std::string_view second = fields.next();
  if (!fields.rest().empty()) return fail(Errc::corrupt, "expected a size, or a job and a size");
  if (second.empty()) {
    ECE465_ASSIGN(sized.size, parse_size(first, limit));
    return sized;
  }
  sized.dialect = Dialect::course;
  if (!is_token(first) || first.size() > peer.limits.max_job_bytes) {
    return fail(Errc::corrupt, "{} is not a job id", quoted(first));
  }
  sized.id.job = first;
  ECE465_ASSIGN(sized.size, parse_size(second, limit));
  return sized;
}

Result<unsigned> parse_bits(const Attributes& attributes) {
  ECE465_ASSIGN(const auto bits, attributes.number(key::kBits, 16));
  if (bits && *bits != 8 && *bits != 16) return fail(Errc::corrupt, "bits={}: expected 8 or 16", *bits);
  return static_cast<unsigned>(bits.value_or(8));
}

Result<void> check_whole_samples(std::uint64_t size, unsigned bits) {
  if (bits == 16 && size % 2 != 0)
    return fail(Errc::corrupt, "{} bytes are not a whole number of 16-bit samples", size);
  return {};
}

Result<std::optional<std::uint64_t>> parse_checksum(const Attributes& attributes) {
  const auto text = attributes.text(key::kXxh3);
  if (!text) return std::optional<std::uint64_t>();
  std::uint64_t value = 0;
  const char* const begin = text->data();
  const char* const end = begin + text->size();
  const auto [stopped, problem] = std::from_chars(begin, end, value, 16);
  if (text->size() != 16 || text->find_first_not_of("0123456789abcdef") != std::string_view::npos ||
      problem != std::errc() || stopped != end) {
    return fail(Errc::corrupt, "xxh3={} is not a checksum", quoted(*text));
  }
  return std::optional(value);
}

Result<std::optional<std::chrono::microseconds>> parse_took(const Attributes& attributes) {
  ECE465_ASSIGN(const auto us, attributes.number(key::kMicroseconds, kMaxMicroseconds));
  if (!us) return std::optional<std::chrono::microseconds>();
  return std::optional(std::chrono::microseconds(*us));
}

Result<bool> parse_flag(const Attributes& attributes, std::string_view name) {
  ECE465_ASSIGN(const auto value, attributes.number(name, 1));
  return value.value_or(0) == 1;
}

/// `a,b,c`.
std::vector<std::string_view> split_list(std::string_view text) {
  std::vector<std::string_view> items;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (comma > 0) items.push_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return items;
}

/// The version n of `ECE465/<n>`, if it is at least 2. Anything else is not an offer.
std::optional<unsigned> parse_version(std::string_view field) {
  if (!field.starts_with(kProtocolName)) return std::nullopt;
  const auto version = parse_number(field.substr(kProtocolName.size()), 1'000'000);
  if (!version || *version < kVersion) return std::nullopt;
  return static_cast<unsigned>(*version);
}

Result<Header> parse_register(Fields& fields, const Peer& peer) {
  Register message;
  message.worker = fields.next();
  ECE465_TRY(check_worker_id(message.worker, peer.limits));
  const auto version = parse_version(fields.next());
  if (!version) return Header{std::move(message), Dialect::documented};

  ECE465_ASSIGN(const auto attributes, Attributes::parse(fields, peer.limits));
  Offer& offer = message.offer;
  offer.version = *version;
  ECE465_ASSIGN(const auto threads, attributes.number(key::kThreads, kMaxThreads));
  offer.threads = static_cast<unsigned>(std::max<std::uint64_t>(threads.value_or(1), 1));
  ECE465_ASSIGN(offer.credit_bytes, attributes.required(key::kCredit, kMaxBytes));
  ECE465_ASSIGN(const auto memory, attributes.number(key::kMemory, kMaxBytes));
  offer.memory_bytes = memory.value_or(0);
  ECE465_ASSIGN(offer.payload_bytes, attributes.required(key::kPayload, kMaxBytes));
  const auto checksums = split_list(attributes.text(key::kChecksum).value_or(""));
  offer.checksum = std::find(checksums.begin(), checksums.end(), kXxh3Name) != checksums.end();
  for (const std::string_view kind : split_list(attributes.text(key::kMaps).value_or(""))) {
    if (!is_kind(kind)) return fail(Errc::corrupt, "maps={} is not a kind of MAP", quoted(kind));
    if (offer.maps.size() == kMaxKinds) return fail(Errc::corrupt, "maps= has more than {} kinds", kMaxKinds);
    offer.maps.emplace_back(kind);
  }
  return Header{std::move(message), Dialect::v2};
}

Result<Header> parse_registered(Fields& fields, const Peer& peer) {
  const auto version = parse_version(fields.next());
  if (!version) return Header{Registered{}, Dialect::documented};
  if (*version != kVersion) {
    return fail(Errc::unsupported, "the master chose ECE465/{}, but this worker speaks ECE465/{}", *version, kVersion);
  }
  ECE465_ASSIGN(const auto attributes, Attributes::parse(fields, peer.limits));
  Terms terms;
  const std::string_view algorithm = attributes.text(key::kChecksum).value_or(kNoChecksum);
  if (algorithm != kNoChecksum && algorithm != kXxh3Name) {
    return fail(Errc::unsupported, "the master chose checksum {}, which was not offered", quoted(algorithm));
  }
  terms.checksum = algorithm == kXxh3Name;
  ECE465_ASSIGN(const auto heartbeat, attributes.required(key::kHeartbeat, kMaxHeartbeatMs));
  terms.heartbeat = std::chrono::milliseconds(std::max<std::uint64_t>(heartbeat, 1));
  ECE465_ASSIGN(terms.payload_bytes, attributes.required(key::kPayload, kMaxBytes));
  return Header{Registered{terms}, Dialect::v2};
}

Result<Header> parse_ack_register(Fields&, const Peer&) { return Header{Registered{}, Dialect::course}; }

Result<Header> parse_calc_hist(Fields& fields, const Peer& peer) {
  ECE465_ASSIGN(Sized sized, parse_sized(fields, peer, peer.limits.max_payload_bytes));
  CalcHist message{.id = std::move(sized.id), .size = sized.size};
  ECE465_ASSIGN(message.bits, parse_bits(sized.attributes));
  ECE465_TRY(check_whole_samples(message.size, message.bits));
  ECE465_ASSIGN(message.keep, parse_flag(sized.attributes, key::kKeep));
  ECE465_ASSIGN(message.checksum, parse_checksum(sized.attributes));
  return Header{std::move(message), sized.dialect};
}

Result<Header> parse_apply_cdf(Fields& fields, const Peer& peer) {
  ECE465_ASSIGN(Sized sized, parse_sized(fields, peer, peer.limits.max_payload_bytes));
  ApplyCdf message{.id = std::move(sized.id), .size = sized.size};
  ECE465_ASSIGN(message.bits, parse_bits(sized.attributes));
  ECE465_TRY(check_whole_samples(message.size, message.bits));
  ECE465_ASSIGN(const auto from, sized.attributes.number(key::kFrom));
  if (from) message.from = TaskId{*from};
  if (from && message.size != 0) return fail(Errc::corrupt, "from= requires size 0, not {}", message.size);
  ECE465_ASSIGN(const auto table, sized.attributes.number(key::kTable));
  if (table) message.table = TableId{*table};
  ECE465_ASSIGN(message.checksum, parse_checksum(sized.attributes));
  return Header{std::move(message), sized.dialect};
}

Result<Header> parse_hist_result(Fields& fields, const Peer& peer) {
  HistResult message;
  if (peer.v2) {
    ECE465_ASSIGN(Sized sized, parse_sized(fields, peer, peer.limits.max_payload_bytes));
    message.id = std::move(sized.id);
    message.size = sized.size;
    ECE465_ASSIGN(message.bits, parse_bits(sized.attributes));
    const std::uint64_t max = max_packed_bytes(std::size_t{1} << message.bits);
    if (message.size > max) return fail(Errc::too_large, "a histogram takes at most {} bytes", max);
    ECE465_ASSIGN(message.took, parse_took(sized.attributes));
    ECE465_ASSIGN(message.checksum, parse_checksum(sized.attributes));
    return Header{std::move(message), Dialect::v2};
  }
  const std::string_view rest = fields.rest();
  if (rest.starts_with('[')) {
    ECE465_ASSIGN(message.counts, parse_json_counts(rest, kByteLevels));
    return Header{std::move(message), Dialect::documented};
  }
  if (!is_token(rest) || rest.size() > peer.limits.max_job_bytes) {
    return fail(Errc::corrupt, "{} is neither an array nor a job id", quoted(rest));
  }
  message.id.job = rest;
  return Header{std::move(message), Dialect::course, true};
}

Result<Header> parse_cdf_result(Fields& fields, const Peer& peer) {
  ECE465_ASSIGN(Sized sized, parse_sized(fields, peer, peer.limits.max_payload_bytes));
  if (sized.dialect == Dialect::course) return fail(Errc::corrupt, "expected one size");
  CdfResult message{.id = std::move(sized.id), .size = sized.size};
  ECE465_ASSIGN(message.took, parse_took(sized.attributes));
  ECE465_ASSIGN(message.checksum, parse_checksum(sized.attributes));
  return Header{std::move(message), sized.dialect};
}

Result<Header> parse_mapped_result(Fields& fields, const Peer& peer) {
  ECE465_ASSIGN(Sized sized, parse_sized(fields, peer, peer.limits.max_payload_bytes));
  if (sized.dialect != Dialect::course) return fail(Errc::corrupt, "expected a job and a size");
  return Header{CdfResult{.id = std::move(sized.id), .size = sized.size}, Dialect::course};
}

Result<Header> parse_table(Fields& fields, const Peer& peer) {
  ECE465_ASSIGN(const std::uint64_t size, parse_size(fields.next(), peer.limits.max_payload_bytes));
  if (size != kByteTableBytes && size != kWordTableBytes) {
    return fail(Errc::corrupt, "a table has {} or {} bytes, not {}", kByteTableBytes, kWordTableBytes, size);
  }
  ECE465_ASSIGN(const auto attributes, Attributes::parse(fields, peer.limits));
  Table message{.size = size};
  ECE465_ASSIGN(const std::uint64_t table, attributes.required(key::kTable));
  message.table = TableId{table};
  ECE465_ASSIGN(message.checksum, parse_checksum(attributes));
  return Header{message, Dialect::v2};
}

Result<Header> parse_map(Fields& fields, const Peer& peer) {
  ECE465_ASSIGN(Sized sized, parse_sized(fields, peer, peer.limits.max_payload_bytes));
  Map message{.task = sized.id.task, .size = sized.size};
  message.kind = sized.attributes.text(key::kKind).value_or("");
  if (!is_kind(message.kind)) return fail(Errc::corrupt, "kind={} is not a kind of MAP", quoted(message.kind));
  ECE465_ASSIGN(message.checksum, parse_checksum(sized.attributes));
  return Header{std::move(message), Dialect::v2};
}

Result<Header> parse_map_result(Fields& fields, const Peer& peer) {
  ECE465_ASSIGN(Sized sized, parse_sized(fields, peer, peer.limits.max_payload_bytes));
  MapResult message{.task = sized.id.task, .size = sized.size};
  ECE465_ASSIGN(message.took, parse_took(sized.attributes));
  ECE465_ASSIGN(message.checksum, parse_checksum(sized.attributes));
  return Header{message, Dialect::v2};
}

template <class Message>
Result<Header> parse_heartbeat(Fields& fields, const Peer& peer) {
  ECE465_ASSIGN(const auto attributes, Attributes::parse(fields, peer.limits));
  ECE465_ASSIGN(const std::uint64_t number, attributes.required(key::kNumber));
  return Header{Message{number}, Dialect::v2};
}

Result<Header> parse_log(Fields& fields, const Peer& peer) {
  Log message;
  Fields after_id = fields;
  message.worker = after_id.next();
  // Whatever it contains, a line that is only for people is no reason to close the connection.
  if (check_worker_id(message.worker, peer.limits)) {
    fields = after_id;
  } else {
    message.worker.clear();
  }
  message.text = clean_text(fields.rest(), peer.limits.max_text_bytes);
  return Header{std::move(message), peer.v2 ? Dialect::v2 : Dialect::course};
}

Result<Header> parse_error(Fields& fields, const Peer& peer) {
  // The text extends to the end of the line and may contain anything, so it is split off first.
  const std::string_view rest = fields.rest();
  const std::string text_mark = fmt::format(" {}=", key::kText);
  const bool only_text = rest.starts_with(std::string_view(text_mark).substr(1));
  const std::size_t mark = only_text ? 0 : rest.find(text_mark);
  ErrorReport message;
  std::string_view attributes_part = rest;
  if (mark != std::string_view::npos) {
    attributes_part = rest.substr(0, mark);
    message.text = clean_text(rest.substr(mark + text_mark.size() - (only_text ? 1 : 0)), peer.limits.max_text_bytes);
  }
  Fields attribute_fields(attributes_part);
  const auto attributes = Attributes::parse(attribute_fields, peer.limits);
  if (!attributes) {
    if (peer.v2) return std::unexpected(attributes.error());
    // Another program's way of refusing a REGISTER.
    message.text = clean_text(rest, peer.limits.max_text_bytes);
    return Header{std::move(message), Dialect::v2};
  }
  message.code = error_code_of(attributes->text(key::kCode).value_or(""));
  ECE465_ASSIGN(const auto task, attributes->number(key::kTask));
  if (task) message.task = TaskId{*task};
  return Header{std::move(message), Dialect::v2};
}

Result<Header> parse_drop(Fields& fields, const Peer& peer) {
  ECE465_ASSIGN(const auto attributes, Attributes::parse(fields, peer.limits));
  Drop message;
  ECE465_ASSIGN(const auto task, attributes.number(key::kTask));
  if (task) message.task = TaskId{*task};
  ECE465_ASSIGN(const auto table, attributes.number(key::kTable));
  if (table) message.table = TableId{*table};
  return Header{message, Dialect::v2};
}

Result<Header> parse_bye(Fields&, const Peer&) { return Header{Bye{}, Dialect::v2}; }

/// An unknown command. In ECE465/2 a number in its second field is the size of its body, so that later versions can add
/// commands with payloads.
Result<Header> parse_unknown(std::string_view verb, Fields& fields, const Peer& peer) {
  const auto is_letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
  const bool is_verb =
      verb.size() <= kMaxVerbBytes && is_letter(verb.front()) &&
      std::all_of(verb.begin(), verb.end(), [&](char c) { return is_letter(c) || c == '_' || (c >= '0' && c <= '9'); });
  if (!is_verb) return fail(Errc::corrupt, "{} is not a command", quoted(verb));
  Ignored message{.verb = std::string(verb)};
  if (!peer.v2) return Header{std::move(message), Dialect::documented};

  Fields after_size = fields;
  if (auto size = parse_size(after_size.next(), peer.limits.max_payload_bytes)) {
    message.skip_bytes = *size;
    fields = after_size;
  } else if (size.error().code == Errc::too_large) {
    return std::unexpected(std::move(size).error());
  }
  if (const auto attributes = Attributes::parse(fields, peer.limits)) {
    const auto task = attributes->number(key::kTask);
    if (task && *task) message.task = TaskId{**task};
  }
  return Header{std::move(message), Dialect::v2};
}

struct Command {
  std::string_view verb;
  bool from_worker, from_master;
  bool older, v2;  // the dialects it belongs to
  Result<Header> (*parse)(Fields&, const Peer&);
};

constexpr std::array<Command, 17> kCommands{{
    {verb::kRegister, true, false, true, true, parse_register},
    {verb::kRegistered, false, true, true, true, parse_registered},
    {verb::kAckRegister, false, true, true, false, parse_ack_register},
    {verb::kCalcHist, false, true, true, true, parse_calc_hist},
    {verb::kHistResult, true, false, true, true, parse_hist_result},
    {verb::kApplyCdf, false, true, true, true, parse_apply_cdf},
    {verb::kCdfResult, true, false, true, true, parse_cdf_result},
    {verb::kMappedResult, true, false, true, false, parse_mapped_result},
    {verb::kTable, false, true, false, true, parse_table},
    {verb::kMap, false, true, false, true, parse_map},
    {verb::kMapResult, true, false, false, true, parse_map_result},
    {verb::kPing, true, true, false, true, parse_heartbeat<Ping>},
    {verb::kPong, true, true, false, true, parse_heartbeat<Pong>},
    {verb::kLog, true, false, true, true, parse_log},
    // Also in the older dialects, because a master refuses a registration with it.
    {verb::kError, true, true, true, true, parse_error},
    {verb::kDrop, false, true, false, true, parse_drop},
    {verb::kBye, true, true, false, true, parse_bye},
}};

}  // namespace

Result<Header> parse_header(std::string_view line, const Peer& peer) {
  if (line.size() >= peer.limits.max_line_bytes) {
    return fail(Errc::too_large, "a line of more than {} bytes", peer.limits.max_line_bytes);
  }
  if (line.ends_with('\r')) line.remove_suffix(1);
  Fields fields(line);
  const std::string_view name = fields.next();
  if (name.empty()) return Header{Ignored{}, peer.v2 ? Dialect::v2 : Dialect::documented};

  const auto* const command =
      std::find_if(kCommands.begin(), kCommands.end(), [&](const Command& c) { return c.verb == name; });
  if (command == kCommands.end() || !(peer.v2 ? command->v2 : command->older)) {
    return parse_unknown(name, fields, peer);
  }
  if (!(peer.sender == Sender::worker ? command->from_worker : command->from_master)) {
    return fail(Errc::corrupt, "a {} must not send {}", peer.sender == Sender::worker ? "worker" : "master", name);
  }
  auto header = command->parse(fields, peer);
  if (!header) return within(name, std::move(header).error());
  return header;
}

Result<void> add_counts_line(Header& header, std::string_view line, const Peer& peer) {
  assert(header.counts_line_follows);
  if (line.size() >= peer.limits.max_line_bytes) {
    return fail(Errc::too_large, "a line of more than {} bytes", peer.limits.max_line_bytes);
  }
  auto counts = parse_json_counts(line, kByteLevels);
  if (!counts) return within(verb::kHistResult, std::move(counts).error());
  std::get<HistResult>(header.message).counts = *std::move(counts);
  header.counts_line_follows = false;
  return {};
}

}  // namespace ece465::wire
