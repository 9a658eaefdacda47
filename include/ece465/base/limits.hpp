#pragma once

#include <cstddef>
#include <cstdint>

namespace ece465 {

/// Limits on images, configuration files and the command line. A size from outside is checked against one of these
/// before anything is allocated for it. Other limits are beside the code they protect: WireLimits below, TextLimits,
/// RecordLimits, ServeLimits, http::ServerLimits, ApiLimits.
struct Limits {
  /// Longest side of an image, in pixels. JPEG itself ends at 65,535 and PNG at 2^31 - 1; TIFF allows 2^32 - 1.
  std::uint32_t max_side_pixels = 1'000'000;
  /// Pixels in one page. Counts have 64 bits, so this guards against absurd headers, not against overflow.
  std::uint64_t max_page_pixels = std::uint64_t{1} << 40;
  /// Pages in one file, including images in sub-directories.
  std::size_t max_pages = 65'536;
  /// Scans in a progressive JPEG. Encoders write about ten; each scan costs a pass over all coefficients, so a small
  /// file with thousands of scans would take hours.
  int max_jpeg_scans = 100;
  /// Bytes of metadata (EXIF, ICC, XMP, comments, text chunks, private tags) kept for one page.
  std::size_t max_metadata_bytes = std::size_t{64} << 20;
  /// Entries in one TIFF directory, and directories within directories (EXIF, GPS, sub-images).
  std::size_t max_ifd_entries = 4096;
  int max_ifd_depth = 8;
  /// Strips or tiles of one TIFF page.
  std::size_t max_blocks = std::size_t{1} << 24;
  /// Bytes accepted on standard input.
  std::uint64_t max_stdin_bytes = std::uint64_t{1} << 40;
  /// Memory for pixels that a run uses (`--memory`): the default and the minimum.
  std::uint64_t default_memory_bytes = std::uint64_t{256} << 20;
  std::uint64_t min_memory_bytes = std::uint64_t{1} << 20;
  /// The maximum of `--threads`.
  int max_threads = 1024;
  /// Size of a configuration file. Real ones have less than a kilobyte; the YAML parser needs many times the size.
  std::uint64_t max_config_bytes = std::uint64_t{1} << 20;
};

/// Limits on what a peer of the worker protocol may send (src/wire/PROTOCOL.md, section 8).
struct WireLimits {
  /// One line, including its newline. The longest valid one is a histogram of 256 counts as text: under 6 KB.
  std::size_t max_line_bytes = std::size_t{64} << 10;
  /// Size of one body. ECE465/2 peers announce their own limit; older masters split an image into as many parts as they
  /// have workers, so a part may be a whole image.
  std::uint64_t max_payload_bytes = std::uint64_t{1} << 30;
  /// A worker's id: a host name (at most 253 bytes), a hyphen, a process id (10 digits).
  std::size_t max_id_bytes = 264;
  /// A job id of the course dialect, which is echoed unchanged.
  std::size_t max_job_bytes = 128;
  /// The text of a LOG or ERROR line; longer text is truncated.
  std::size_t max_text_bytes = 4096;
  /// key=value attributes of one line.
  std::size_t max_attributes = 32;
  /// Worker ids in the master's dialect cache.
  std::size_t max_remembered_ids = 16'384;
};

}  // namespace ece465
