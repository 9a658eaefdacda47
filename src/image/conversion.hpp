#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ece465/image/codec.hpp"

namespace ece465::image {

/// What happens to a page's blocks between its reader and its writer: equalized always; made gray, narrowed
/// to 8 bits, freed of alpha, expanded from a palette, cut from tiles into bands where the output asks for it.
class Conversion {
 public:
  /// `converting`: the output is of another format than the input.
  Conversion(const PageInfo& page, Channels channels, bool converting, Format output);

  /// The page as blocks arrive from `adapt`'s reader.
  [[nodiscard]] const PageInfo& source() const { return source_; }
  /// Makes a reader deliver bands where the page has tiles and the output wants bands.
  [[nodiscard]] std::unique_ptr<BlockReader> adapt(std::unique_ptr<BlockReader> reader) const;
  /// True when blocks must go through `prepare`.
  [[nodiscard]] bool prepares() const { return to_gray_ || straighten_; }
  /// Turns a block as read into what is counted, kept and mapped: gray, if asked for; alpha divided out where
  /// the output has none such. Leaves nothing of use in `block`.
  void prepare(Block& block, Block& out) const;
  /// The layout that is counted and mapped, and how.
  [[nodiscard]] const PixelLayout& plane_layout() const { return plane_layout_; }
  [[nodiscard]] Channels channels() const { return channels_; }
  /// Once all blocks are counted: makes the tables. For a palette page `histograms` comes in as that of the
  /// indices and leaves as those of the colours' planes.
  void settle(std::vector<Histogram>& histograms, std::vector<Table>& tables);
  /// The page as the writer will see it; after `settle`.
  [[nodiscard]] const PageInfo& target() const { return target_; }
  /// What `map` replaces samples by, one table per plane; none for a palette page. After `settle`.
  [[nodiscard]] const std::vector<Table>& applied() const { return applied_; }
  /// Maps `block` in place; indices of a palette stay what they are. Thread-safe with different arguments.
  void map(Block& block) const;
  /// Makes of a mapped `block` what the writer will see, in place or in `a` or `b`; returns the one that holds it.
  /// Thread-safe with different arguments.
  [[nodiscard]] Block& finish(Block& block, Block& a, Block& b) const;
  /// What a person should know of the conversion.
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }

 private:
  void plan_pixels(bool converting);
  void plan_palette();
  /// Indices to gray levels or colours, for a target without a palette.
  void recolor(const Block& block, Block& out) const;

  PageInfo source_, target_;
  Channels channels_;
  Format output_;
  PixelLayout plane_layout_;
  std::size_t across_ = 1;   // tiles to a band
  bool straighten_ = false;  // divide associated alpha out
  bool to_gray_ = false;
  bool narrow_ = false;
  bool drop_extras_ = false;
  bool keep_palette_ = false;
  bool upright_ = false;  // a gray page in which 0 is white becomes one in which 0 is black
  std::optional<PaletteResult> palette_;
  std::vector<Table> applied_;
  std::optional<Mapper> mapper_;
  std::vector<std::string> notes_;
};

}  // namespace ece465::image
