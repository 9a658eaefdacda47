#pragma once

#include <cstddef>
#include <cstdint>

namespace ece465 {

/// Every limit on what comes from outside, in one place. Nothing is allocated on a number from a file or a
/// peer before it has been held against one of these.
struct Limits {
  /// Longest side of an image, in pixels. JPEG stops at 65,535 and PNG at 2^31 - 1 by themselves; TIFF does not.
  std::uint32_t max_side_pixels = 1'000'000;
  /// Pixels in one page. Counts are 64-bit, so this guards against nonsense, not against overflow.
  std::uint64_t max_page_pixels = std::uint64_t{1} << 40;
  /// Pages in one file, images in sub-directories included.
  std::size_t max_pages = 65'536;
  /// Scans in a progressive JPEG. Real encoders write about ten; each scan costs a pass over all coefficients,
  /// so a small file with thousands of them takes hours.
  int max_jpeg_scans = 100;
  /// Bytes of metadata (EXIF, ICC, XMP, comments, text chunks, private tags) carried for one page.
  std::size_t max_metadata_bytes = std::size_t{64} << 20;
  /// Entries in one TIFF directory, and directories within directories (EXIF, GPS, sub-images).
  std::size_t max_ifd_entries = 4096;
  int max_ifd_depth = 8;
  /// Strips or tiles of one TIFF page.
  std::size_t max_blocks = std::size_t{1} << 24;
  /// Bytes accepted on standard input before it counts as hostile.
  std::uint64_t max_stdin_bytes = std::uint64_t{1} << 40;
  /// Memory for pixels that a run may use unless told otherwise (`--memory`), and the least it can be told.
  std::uint64_t default_memory_bytes = std::uint64_t{256} << 20;
  std::uint64_t min_memory_bytes = std::uint64_t{1} << 20;
  /// Threads that a person can ask for.
  int max_threads = 1024;
  /// A configuration file. Real ones are below a kilobyte; YAML's parser uses many times the size.
  std::uint64_t max_config_bytes = std::uint64_t{1} << 20;
};

/// Limits on what a peer of the worker protocol may send. Its text: src/wire/PROTOCOL.md.
struct WireLimits {
  /// One line, its newline included. The longest honest one is a histogram of 256 counts in text: under 6 KB.
  std::size_t max_line_bytes = std::size_t{64} << 10;
  /// Binary bytes after one line. ECE465/2 peers announce their own; older masters cut an image into as many
  /// pieces as they have workers, so a piece may be a whole image.
  std::uint64_t max_payload_bytes = std::uint64_t{1} << 30;
  /// A worker's id: a host name (253 at most), a hyphen, a process id.
  std::size_t max_id_bytes = 264;
  /// A job id of the course dialect, echoed as it came.
  std::size_t max_job_bytes = 128;
  /// What is kept of the text of a LOG or ERROR line.
  std::size_t max_text_bytes = 4096;
  /// key=value attributes of one line.
  std::size_t max_attributes = 32;
  /// Worker ids whose dialect the master remembers.
  std::size_t max_remembered_ids = 16'384;
};

}  // namespace ece465
