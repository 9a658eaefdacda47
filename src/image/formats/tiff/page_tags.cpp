#include "page_tags.hpp"

#include <algorithm>

#include "formats/icc.hpp"

namespace ece465::image::tiff {
namespace {

/// Adds the tags of a gray page and removes those that are valid only for a colour page.
Result<void> make_gray(const Directory& directory, const ValueReader& values, const PageSpec& after,
                       DirectoryWriter& writer, TagEdits& edits, std::vector<std::string>& notes) {
  const auto add = [&](std::uint16_t number, std::uint64_t count, std::uint64_t value) -> Result<void> {
    ECE465_ASSIGN(const NewEntry entry,
                  writer.store_integers(number, type::kShort, count, [&](std::size_t) { return value; }));
    edits.add.push_back(entry);
    return {};
  };
  ECE465_TRY(add(tag::kPhotometric, 1, after.photometric));
  ECE465_TRY(add(tag::kSamplesPerPixel, 1, after.samples));
  ECE465_TRY(add(tag::kBitsPerSample, after.samples, after.bits));
  if (directory.find(tag::kSampleFormat) != nullptr) ECE465_TRY(add(tag::kSampleFormat, after.samples, 1));
  edits.remove.insert(edits.remove.end(),
                      {tag::kColorMap, tag::kYCbCrCoefficients, tag::kYCbCrSubSampling, tag::kYCbCrPositioning,
                       tag::kReferenceBlackWhite, tag::kPrimaryChromaticities});
  const Entry* curve = directory.find(tag::kTransferFunction);
  if (curve != nullptr && curve->count != std::uint64_t{1} << after.bits) edits.remove.push_back(curve->tag);
  if (const Entry* icc = directory.find(tag::kIcc)) {
    constexpr std::uint64_t kProfileHeader = 128;  // bytes; ICC.1, 7.2
    std::vector<std::byte> head(static_cast<std::size_t>(std::min(icc->bytes(), kProfileHeader)));
    ECE465_TRY(values.source().read_exactly(icc->offset, head));
    if (!profile_fits(head, 1)) {
      edits.remove.push_back(tag::kIcc);
      notes.emplace_back("the ICC profile was dropped: it is for colour and the result is gray");
    }
  }
  return {};
}

/// Equalized luma uses the full range, even if the original used only a part of it (16 to 235, say).
Result<void> widen_reference(const Directory& directory, const ValueReader& values, DirectoryWriter& writer,
                             TagEdits& edits) {
  const Entry* reference = directory.find(tag::kReferenceBlackWhite);
  if (reference == nullptr) return {};
  constexpr std::uint64_t kMaxReferenceBytes = 1024;  // six RATIONALs have 48
  ECE465_ASSIGN(auto levels, values.bytes(*reference, kMaxReferenceBytes));
  const std::endian order = values.encoding().order;
  const std::size_t one = type_bytes(reference->type);  // LONG or RATIONAL
  if ((one != 4 && one != 8) || levels.size() < 2 * one) return {};
  for (const std::uint32_t i : {0U, 1U}) {
    store<std::uint32_t>(levels.data() + i * one, i * 255, order);
    if (one == 8) store<std::uint32_t>(levels.data() + i * one + 4, 1, order);
  }
  ECE465_ASSIGN(const NewEntry entry, writer.store(reference->tag, reference->type, reference->count, levels));
  edits.add.push_back(entry);
  return {};
}

}  // namespace

PageSpec stored_spec(const PageSpec& page, const PageInfo& target) {
  PageSpec spec = page;
  const bool gray = target.layout.colors == 1 && !target.palette;
  // A YCbCr page stays YCbCr if its chroma is part of the blocks, after the luma or in RGB pixels.
  const bool still_color = page.ycbcr() && (target.auxiliary_samples > 0 || target.layout.colors == 3);
  const bool was_gray = page.colors() == 1 && !page.palette();
  if (!gray || still_color || was_gray) return spec;
  spec.photometric = photometric::kMinIsBlack;
  spec.samples = static_cast<std::uint16_t>(target.layout.samples());
  spec.planar = page.planar && spec.samples > 1;
  spec.h_sampling = spec.v_sampling = 1;
  return spec;
}

Result<TagEdits> page_edits(const Directory& directory, const ValueReader& values, const PageSpec& before,
                            const PageSpec& after, const PageInfo& target, DirectoryWriter& writer,
                            std::vector<std::string>& notes) {
  TagEdits edits;
  // The minimum and maximum sample of the original. Without them, readers assume the whole range, which is right.
  edits.remove = {tag::kMinSampleValue, tag::kMaxSampleValue, tag::kSMinSampleValue, tag::kSMaxSampleValue};
  if (directory.find(tag::kPhotoshopLayers) != nullptr) {
    edits.remove.push_back(tag::kPhotoshopLayers);
    notes.emplace_back("Photoshop layers were dropped: they contain the original image");
  }
  if (after.photometric != before.photometric || after.samples != before.samples) {
    ECE465_TRY(make_gray(directory, values, after, writer, edits, notes));
  } else if (target.palette) {
    ECE465_ASSIGN(const NewEntry map, store_palette(*target.palette, writer));
    edits.add.push_back(map);
  } else if (target.auxiliary_samples > 0) {
    ECE465_TRY(widen_reference(directory, values, writer, edits));
  }
  return edits;
}

Result<void> add_segment_tags(const PageSpec& spec, const PageOutput& output, const Directory* types,
                              DirectoryWriter& writer, TagEdits& edits) {
  edits.remove.insert(edits.remove.end(),
                      {tag::kStripOffsets, tag::kStripByteCounts, tag::kTileOffsets, tag::kTileByteCounts});
  const std::uint16_t offsets = spec.tiled ? tag::kTileOffsets : tag::kStripOffsets;
  const std::uint16_t sizes = spec.tiled ? tag::kTileByteCounts : tag::kStripByteCounts;
  const auto type_of = [&](std::uint16_t number) {
    const Entry* entry = types == nullptr ? nullptr : types->find(number);
    return entry == nullptr ? type::kLong : entry->type;
  };
  ECE465_ASSIGN(const NewEntry where, writer.store_integers(offsets, type_of(offsets), spec.segments(),
                                                            [&](std::size_t i) { return output.at(i).offset; }));
  ECE465_ASSIGN(const NewEntry bytes, writer.store_integers(sizes, type_of(sizes), spec.segments(),
                                                            [&](std::size_t i) { return output.at(i).bytes; }));
  edits.add.insert(edits.add.end(), {where, bytes});
  return {};
}

Result<NewEntry> store_palette(const Palette& palette, DirectoryWriter& writer) {
  constexpr std::size_t kColors = 256;
  return writer.store_integers(tag::kColorMap, type::kShort, 3 * kColors, [&](std::size_t i) -> std::uint64_t {
    if (i % kColors >= palette.size()) return 0;
    const PaletteColor& color = palette[i % kColors];
    return i < kColors ? color.red : i < 2 * kColors ? color.green : color.blue;
  });
}

bool profile_fits(Bytes icc, unsigned colors) {
  const std::string_view space = icc_color_space(icc);
  return space.empty() || (space == "GRAY") == (colors == 1);
}

}  // namespace ece465::image::tiff
