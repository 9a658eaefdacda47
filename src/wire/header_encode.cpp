#include <fmt/format.h>

#include <cassert>
#include <iterator>

#include "ece465/wire/header.hpp"
#include "ece465/wire/histogram_codec.hpp"
#include "fields.hpp"
#include "keywords.hpp"

// Messages to lines: PROTOCOL sections 3 to 5. Attributes are written in a fixed order and only if they do not have
// their default value, so that a message has exactly one form.

namespace ece465::wire {
namespace {

class Writer {
 public:
  Writer(std::string& out, Dialect dialect) : out_(out), dialect_(dialect) {}

  void operator()(const Register& m) {
    add("{} {}", verb::kRegister, m.worker);
    if (dialect_ != Dialect::v2) return;
    add(" {}{} {}={} {}={} {}={} {}={}", kProtocolName, m.offer.version, key::kThreads, m.offer.threads, key::kCredit,
        m.offer.credit_bytes, key::kMemory, m.offer.memory_bytes, key::kPayload, m.offer.payload_bytes);
    if (m.offer.checksum) add(" {}={}", key::kChecksum, kXxh3Name);
    if (!m.offer.maps.empty()) add(" {}={}", key::kMaps, fmt::join(m.offer.maps, ","));
  }

  void operator()(const Registered& m) {
    if (dialect_ == Dialect::course) return add("{}", verb::kAckRegister);
    add("{}", verb::kRegistered);
    if (dialect_ == Dialect::documented) return;
    add(" {}{} {}={} {}={} {}={}", kProtocolName, m.terms.version, key::kHeartbeat, m.terms.heartbeat.count(),
        key::kPayload, m.terms.payload_bytes, key::kChecksum, m.terms.checksum ? kXxh3Name : kNoChecksum);
  }

  void operator()(const CalcHist& m) {
    sized(verb::kCalcHist, m.id, m.size);
    if (dialect_ != Dialect::v2) return only_bytes(m.bits);
    bits(m.bits);
    if (m.keep) add(" {}=1", key::kKeep);
    checksum(m.checksum);
  }

  void operator()(const HistResult& m) {
    if (dialect_ == Dialect::v2) {
      sized(verb::kHistResult, m.id, m.size);
      bits(m.bits);
      took(m.took);
      return checksum(m.checksum);
    }
    assert(m.counts.size() == kByteLevels);
    add("{} ", verb::kHistResult);
    if (dialect_ == Dialect::course) add("{}\n", m.id.job);
    append_json_counts(out_, m.counts);
  }

  void operator()(const ApplyCdf& m) {
    sized(verb::kApplyCdf, m.id, m.size);
    if (dialect_ != Dialect::v2) {
      assert(!m.from && !m.table);
      return only_bytes(m.bits);
    }
    bits(m.bits);
    if (m.from) add(" {}={}", key::kFrom, number(*m.from));
    if (m.table) add(" {}={}", key::kTable, number(*m.table));
    checksum(m.checksum);
  }

  void operator()(const CdfResult& m) {
    sized(dialect_ == Dialect::course ? verb::kMappedResult : verb::kCdfResult, m.id, m.size);
    if (dialect_ != Dialect::v2) return;
    took(m.took);
    checksum(m.checksum);
  }

  void operator()(const Table& m) {
    only_v2();
    add("{} {} {}={}", verb::kTable, m.size, key::kTable, number(m.table));
    checksum(m.checksum);
  }

  void operator()(const Map& m) {
    only_v2();
    add("{} {} {}={} {}={}", verb::kMap, m.size, key::kTask, number(m.task), key::kKind, m.kind);
    checksum(m.checksum);
  }

  void operator()(const MapResult& m) {
    only_v2();
    add("{} {} {}={}", verb::kMapResult, m.size, key::kTask, number(m.task));
    took(m.took);
    checksum(m.checksum);
  }

  void operator()(const Ping& m) {
    only_v2();
    add("{} {}={}", verb::kPing, key::kNumber, m.number);
  }

  void operator()(const Pong& m) {
    only_v2();
    add("{} {}={}", verb::kPong, key::kNumber, m.number);
  }

  void operator()(const Log& m) {
    assert(dialect_ != Dialect::documented);
    add("{} {} {}", verb::kLog, m.worker, clean_text(m.text, WireLimits{}.max_text_bytes));
  }

  void operator()(const ErrorReport& m) {
    only_v2();
    add("{} {}={}", verb::kError, key::kCode, error_code_name(m.code));
    if (m.task) add(" {}={}", key::kTask, number(*m.task));
    if (!m.text.empty()) add(" {}={}", key::kText, clean_text(m.text, WireLimits{}.max_text_bytes));
  }

  void operator()(const Drop& m) {
    only_v2();
    add("{}", verb::kDrop);
    if (m.task) add(" {}={}", key::kTask, number(*m.task));
    if (m.table) add(" {}={}", key::kTable, number(*m.table));
  }

  void operator()(const Bye&) {
    only_v2();
    add("{}", verb::kBye);
  }

  void operator()(const Ignored&) { assert(false && "never sent"); }

 private:
  template <class... Args>
  void add(fmt::format_string<Args...> text, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), text, std::forward<Args>(args)...);
  }

  void only_v2() const { assert(dialect_ == Dialect::v2); }
  static void only_bytes([[maybe_unused]] unsigned bits) { assert(bits == 8 && "older dialects support bytes only"); }

  template <class Id>
  static std::uint64_t number(Id id) {
    return static_cast<std::uint64_t>(id);
  }

  /// The verb, the request's id and its size, in the dialect's order.
  void sized(std::string_view name, const RequestId& id, std::uint64_t size) {
    switch (dialect_) {
      case Dialect::documented: return add("{} {}", name, size);
      case Dialect::course: return add("{} {} {}", name, id.job, size);
      case Dialect::v2: return add("{} {} {}={}", name, size, key::kTask, number(id.task));
    }
  }

  void bits(unsigned value) {
    if (value != 8) add(" {}={}", key::kBits, value);
  }
  void took(const std::optional<std::chrono::microseconds>& value) {
    if (value) add(" {}={}", key::kMicroseconds, value->count());
  }
  void checksum(const std::optional<std::uint64_t>& value) {
    if (value) add(" {}={:016x}", key::kXxh3, *value);
  }

  std::string& out_;
  Dialect dialect_;
};

}  // namespace

void append_header(std::string& out, const Message& message, Dialect dialect) {
  std::visit(Writer(out, dialect), message);
  out += '\n';
}

std::string to_line(const Message& message, Dialect dialect) {
  std::string line;
  append_header(line, message, dialect);
  return line;
}

}  // namespace ece465::wire
