#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ece465/image/codec.hpp"

namespace ece465::image {

/// Everything that happens to a page's blocks between its reader and its writer: equalization and, if the output
/// requires it, conversion to gray, narrowing to 8 bits, removal of alpha, palette expansion, joining tiles to bands.
class Conversion {
 public:
  /// `converting`: the output has another format than the input.
  Conversion(const PageInfo& page, Channels channels, bool converting, Format output);

  /// The page as delivered by `adapt`'s reader.
  [[nodiscard]] const PageInfo& source() const { return source_; }
  /// Makes a reader of tiles deliver bands, if the output needs bands.
  [[nodiscard]] std::unique_ptr<BlockReader> adapt(std::unique_ptr<BlockReader> reader) const;
  /// Whether blocks must go through `prepare`.
  [[nodiscard]] bool prepares() const { return to_gray_ || unpremultiply_; }
  /// Converts a block as read to the form that is counted and mapped: to gray, if requested; unpremultiplied, if the
  /// output has no associated alpha. Afterwards the contents of `block` are unspecified.
  void prepare(Block& block, Block& out) const;
  /// The layout that is counted and mapped.
  [[nodiscard]] const PixelLayout& plane_layout() const { return plane_layout_; }
  [[nodiscard]] Channels channels() const { return channels_; }
  /// Makes the tables after all blocks are counted. For a palette page, `histograms` holds that of the indices, and is
  /// replaced by those of the colours.
  void finalize(std::vector<Histogram>& histograms, std::vector<Table>& tables);
  /// The page as the writer receives it; after `finalize`.
  [[nodiscard]] const PageInfo& target() const { return target_; }
  /// The tables that `map` applies, one per plane; none for a palette page. After `finalize`.
  [[nodiscard]] const std::vector<Table>& applied() const { return applied_; }
  /// Maps `block` in place; palette indices are not changed. Thread-safe for different blocks.
  void map(Block& block) const;
  /// Converts a mapped `block` to the form that the writer receives, in place or in `a` or `b`; returns the block with
  /// the result. Thread-safe for different blocks.
  [[nodiscard]] Block& finish(Block& block, Block& a, Block& b) const;
  /// Remarks for the user about the conversion.
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

 private:
  void plan_pixels(bool converting);
  void plan_palette();
  /// Replaces indices by gray levels or colours, for a target without a palette.
  void expand_palette(const Block& block, Block& out) const;

  PageInfo source_, target_;
  Channels channels_;
  Format output_;
  PixelLayout plane_layout_;
  std::size_t across_ = 1;  // tiles per band
  bool unpremultiply_ = false;
  bool to_gray_ = false;
  bool narrow_ = false;
  bool drop_extras_ = false;
  bool keep_palette_ = false;
  bool uninvert_ = false;  // from 0 is white to 0 is black
  std::optional<PaletteResult> palette_;
  std::vector<Table> applied_;
  std::optional<Mapper> mapper_;
  std::vector<std::string> notes_;
};

}  // namespace ece465::image
