#include "directory_writer.hpp"

#include <algorithm>
#include <limits>

namespace ece465::image::tiff {
namespace {

constexpr std::uint64_t kMax32 = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kMaxPending = std::size_t{64} << 10;  // written at once
/// Smaller values are copied each time: they are not worth an entry in `copied_`.
constexpr std::uint64_t kMinSharedBytes = 256;

std::uint64_t even(std::uint64_t offset) { return offset + offset % 2; }

std::uint16_t wider(std::uint16_t field_type) {
  switch (field_type) {
    case type::kByte: return type::kShort;
    case type::kShort: return type::kLong;
    case type::kIfd: return type::kIfd8;
    default: return type::kLong8;
  }
}

}  // namespace

Result<void> DirectoryWriter::append(Bytes bytes) {
  if (pending_.size() + bytes.size() > kMaxPending) ECE465_TRY(flush());
  if (bytes.size() > kMaxPending) {
    ECE465_TRY(sink_.write_at(end_, bytes));
    end_ += bytes.size();
    return {};
  }
  pending_.insert(pending_.end(), bytes.begin(), bytes.end());
  return {};
}

Result<void> DirectoryWriter::flush() {
  if (pending_.empty()) return {};
  ECE465_TRY(sink_.write_at(end_, pending_));
  end_ += pending_.size();
  pending_.clear();
  return {};
}

Result<void> DirectoryWriter::align() {
  constexpr std::array<std::byte, 1> kZero{};
  return (end_ + pending_.size()) % 2 == 0 ? Result<void>() : append(kZero);
}

Result<std::uint64_t> DirectoryWriter::begin_pixels() {
  ECE465_TRY(align());
  ECE465_TRY(flush());
  return end_;
}

Result<NewEntry> DirectoryWriter::store(std::uint16_t number, std::uint16_t field_type, std::uint64_t count,
                                        Bytes values) {
  NewEntry entry{.tag = number, .type = field_type, .count = count};
  if (values.size() <= entry.field.size()) {
    std::ranges::copy(values, entry.field.begin());
    return entry;
  }
  ECE465_TRY(align());
  entry.offset = end_ + pending_.size();
  ECE465_TRY(append(values));
  return entry;
}

Result<NewEntry> DirectoryWriter::store_integers(std::uint16_t number, std::uint16_t field_type, std::uint64_t count,
                                                 const std::function<std::uint64_t(std::size_t)>& value) {
  std::uint64_t largest = 0;
  for (std::size_t i = 0; i < count; ++i) largest = std::max(largest, value(i));
  const auto fits = [&] {
    const std::size_t bits = 8 * type_bytes(field_type);
    return bits >= 64 || largest >> bits == 0;
  };
  while (!fits()) field_type = wider(field_type);

  NewEntry entry{.tag = number, .type = field_type, .count = count};
  const std::size_t one = type_bytes(field_type);
  if (!entry.in_field()) {
    ECE465_TRY(align());
    entry.offset = end_ + pending_.size();
  }
  std::array<std::byte, 4096> chunk;
  for (std::size_t done = 0; done < count;) {
    const std::size_t n = std::min<std::size_t>(static_cast<std::size_t>(count) - done, chunk.size() / one);
    for (std::size_t i = 0; i < n; ++i) {
      tiff::store_integer(chunk.data() + i * one, value(done + i), one, encoding_.order);
    }
    const Bytes bytes = std::span(chunk).first(n * one);
    if (entry.in_field()) {
      std::ranges::copy(bytes, entry.field.begin());
    } else {
      ECE465_TRY(append(bytes));
    }
    done += n;
  }
  return entry;
}

Result<std::uint64_t> DirectoryWriter::copy_bytes(const ByteSource& from, std::uint64_t offset, std::uint64_t bytes) {
  copied_bytes_ += bytes;
  // Some valid files contain small overlapping values, but a hostile one could request millions of copies.
  if (copied_bytes_ > 2 * from.size()) return fail(Errc::corrupt, "values of directories overlap");
  ECE465_TRY(align());
  const std::uint64_t copy = end_ + pending_.size();
  Buffer chunk(static_cast<std::size_t>(std::min<std::uint64_t>(bytes, kMaxPending)));
  for (std::uint64_t done = 0; done < bytes;) {
    const MutableBytes some =
        chunk.span().first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes - done, kMaxPending)));
    ECE465_TRY(from.read_exactly(offset + done, some));
    ECE465_TRY(append(some));
    done += some.size();
  }
  return copy;
}

Result<NewEntry> DirectoryWriter::copy(const Entry& entry, const ValueReader& from) {
  NewEntry copied{.tag = entry.tag, .type = entry.type, .count = entry.count};
  if (entry.bytes() <= from.encoding().offset_bytes()) {
    copied.field = entry.field;
  } else if (copied.in_field()) {
    ECE465_TRY(from.source().read_exactly(entry.offset, std::span(copied.field).first(entry.bytes())));
  } else {
    const auto key = std::pair(entry.offset, entry.bytes());
    if (const auto known = copied_.find(key); known != copied_.end()) {
      copied.offset = known->second;
      return copied;
    }
    ECE465_ASSIGN(copied.offset, copy_bytes(from.source(), entry.offset, entry.bytes()));
    if (entry.bytes() >= kMinSharedBytes) copied_.emplace(key, copied.offset);
  }
  return copied;
}

void DirectoryWriter::put(std::size_t index, NewDirectory directory) {
  if (directories_.size() <= index) directories_.resize(index + 1);
  std::ranges::sort(directory.entries, {}, &NewEntry::tag);
  directory.entries.shrink_to_fit();
  directories_[index] = std::move(directory);
}

std::uint16_t DirectoryWriter::link_type(const Link& link) const {
  return wide_links_ && type_bytes(link.type) == 4 ? wider(link.type) : link.type;
}

std::uint64_t DirectoryWriter::directory_bytes(const NewDirectory& directory) const {
  const std::size_t entries = directory.entries.size() + directory.links.size();
  std::uint64_t bytes = encoding_.count_bytes() + entries * encoding_.entry_bytes() + encoding_.offset_bytes();
  const auto out_of_line = [&](std::uint64_t values) { return is_inline(values) ? 0 : even(bytes) - bytes + values; };
  for (const NewEntry& entry : directory.entries) {
    if (entry.in_field()) bytes += out_of_line(entry.bytes());
  }
  for (const Link& link : directory.links) bytes += out_of_line(link.chains.size() * type_bytes(link_type(link)));
  return bytes;
}

std::uint64_t DirectoryWriter::lay_out() {
  std::uint64_t at = even(end_);
  offsets_.clear();
  for (const NewDirectory& directory : directories_) {
    offsets_.push_back(at);
    at = even(at + directory_bytes(directory));
  }
  return at;
}

Result<void> DirectoryWriter::finish(const std::vector<std::size_t>& chain) {
  ECE465_TRY(align());
  ECE465_TRY(flush());
  if (!encoding_.big && lay_out() > kMax32) encoding_.big = became_big_ = true;
  if (encoding_.big && lay_out() > kMax32) wide_links_ = true;
  lay_out();

  std::vector<std::uint64_t> next(directories_.size());
  const auto link_up = [&](const std::vector<std::size_t>& indices) {
    for (std::size_t i = 1; i < indices.size(); ++i) next[indices[i - 1]] = offsets_[indices[i]];
  };
  link_up(chain);
  for (const NewDirectory& directory : directories_) {
    for (const Link& link : directory.links) std::ranges::for_each(link.chains, link_up);
  }
  for (std::size_t i = 0; i < directories_.size(); ++i) {
    ECE465_TRY(align());
    ECE465_TRY(write_directory(directories_[i], next[i]));
  }
  ECE465_TRY(flush());
  return write_header(offsets_[chain.front()]);
}

Result<void> DirectoryWriter::write_directory(const NewDirectory& directory, std::uint64_t next) {
  const std::size_t entries = directory.entries.size() + directory.links.size();
  const std::uint64_t start = end_ + pending_.size();
  const std::size_t table_bytes = encoding_.count_bytes() + entries * encoding_.entry_bytes();
  std::vector<std::byte> out(table_bytes + encoding_.offset_bytes());
  tiff::store_integer(out.data(), entries, encoding_.count_bytes(), encoding_.order);
  tiff::store_integer(out.data() + table_bytes, next, encoding_.offset_bytes(), encoding_.order);
  std::size_t at = encoding_.count_bytes();
  const auto write_entry = [&](std::uint16_t number, std::uint16_t field_type, std::uint64_t count, Bytes values,
                               std::uint64_t offset) {
    ece465::store(out.data() + at, number, encoding_.order);
    ece465::store(out.data() + at + 2, field_type, encoding_.order);
    tiff::store_integer(out.data() + at + 4, count, encoding_.offset_bytes(), encoding_.order);
    const std::size_t field = at + 4 + encoding_.offset_bytes();
    at += encoding_.entry_bytes();
    const std::uint64_t bytes = count * type_bytes(field_type);
    if (is_inline(bytes)) {
      std::ranges::copy(values.first(static_cast<std::size_t>(bytes)), out.data() + field);
      return;
    }
    if (!values.empty()) {
      out.resize(static_cast<std::size_t>(even(out.size())));
      offset = start + out.size();
      out.insert(out.end(), values.begin(), values.begin() + static_cast<std::ptrdiff_t>(bytes));
    }
    tiff::store_integer(out.data() + field, offset, encoding_.offset_bytes(), encoding_.order);
  };

  auto link = directory.links.begin();
  const auto write_link = [&] {
    const std::uint16_t field_type = link_type(*link);
    const std::size_t one = type_bytes(field_type);
    std::vector<std::byte> pointers(std::max<std::size_t>(8, link->chains.size() * one));
    for (std::size_t i = 0; i < link->chains.size(); ++i) {
      tiff::store_integer(pointers.data() + i * one, offsets_[link->chains[i].front()], one, encoding_.order);
    }
    write_entry(link->tag, field_type, link->chains.size(), pointers, 0);
    ++link;
  };
  for (const NewEntry& entry : directory.entries) {
    while (link != directory.links.end() && link->tag < entry.tag) write_link();
    write_entry(entry.tag, entry.type, entry.count, entry.in_field() ? Bytes(entry.field) : Bytes(), entry.offset);
  }
  while (link != directory.links.end()) write_link();
  return append(out);
}

Result<void> DirectoryWriter::write_header(std::uint64_t first) {
  std::array<std::byte, 16> head{};  // a classic file ignores the second half
  head[0] = head[1] = encoding_.order == std::endian::little ? std::byte{'I'} : std::byte{'M'};
  ece465::store<std::uint16_t>(head.data() + 2, encoding_.big ? 43 : 42, encoding_.order);
  if (encoding_.big) {
    ece465::store<std::uint16_t>(head.data() + 4, 8, encoding_.order);
    ece465::store(head.data() + 8, first, encoding_.order);
  } else {
    ece465::store(head.data() + 4, static_cast<std::uint32_t>(first), encoding_.order);
  }
  return sink_.write_at(0, head);
}

}  // namespace ece465::image::tiff
