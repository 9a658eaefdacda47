#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

/// Numbers from TIFF 6.0, Adobe's technical notes, EXIF 2.3 and the BigTIFF design; private ones from libtiff's tiff.h.

namespace ece465::image::tiff {

namespace tag {
inline constexpr std::uint16_t kNewSubfileType = 254;
inline constexpr std::uint16_t kSubfileType = 255;
inline constexpr std::uint16_t kImageWidth = 256;
inline constexpr std::uint16_t kImageLength = 257;
inline constexpr std::uint16_t kBitsPerSample = 258;
inline constexpr std::uint16_t kCompression = 259;
inline constexpr std::uint16_t kPhotometric = 262;
inline constexpr std::uint16_t kFillOrder = 266;
inline constexpr std::uint16_t kDocumentName = 269;
inline constexpr std::uint16_t kImageDescription = 270;
inline constexpr std::uint16_t kMake = 271;
inline constexpr std::uint16_t kModel = 272;
inline constexpr std::uint16_t kStripOffsets = 273;
inline constexpr std::uint16_t kOrientation = 274;
inline constexpr std::uint16_t kSamplesPerPixel = 277;
inline constexpr std::uint16_t kRowsPerStrip = 278;
inline constexpr std::uint16_t kStripByteCounts = 279;
inline constexpr std::uint16_t kMinSampleValue = 280;
inline constexpr std::uint16_t kMaxSampleValue = 281;
inline constexpr std::uint16_t kXResolution = 282;
inline constexpr std::uint16_t kYResolution = 283;
inline constexpr std::uint16_t kPlanarConfiguration = 284;
inline constexpr std::uint16_t kPageName = 285;
inline constexpr std::uint16_t kFreeOffsets = 288;
inline constexpr std::uint16_t kFreeByteCounts = 289;
inline constexpr std::uint16_t kResolutionUnit = 296;
inline constexpr std::uint16_t kTransferFunction = 301;
inline constexpr std::uint16_t kSoftware = 305;
inline constexpr std::uint16_t kDateTime = 306;
inline constexpr std::uint16_t kArtist = 315;
inline constexpr std::uint16_t kHostComputer = 316;
inline constexpr std::uint16_t kPredictor = 317;
inline constexpr std::uint16_t kPrimaryChromaticities = 319;
inline constexpr std::uint16_t kColorMap = 320;
inline constexpr std::uint16_t kTileWidth = 322;
inline constexpr std::uint16_t kTileLength = 323;
inline constexpr std::uint16_t kTileOffsets = 324;
inline constexpr std::uint16_t kTileByteCounts = 325;
inline constexpr std::uint16_t kSubIfds = 330;
inline constexpr std::uint16_t kExtraSamples = 338;
inline constexpr std::uint16_t kSampleFormat = 339;
inline constexpr std::uint16_t kSMinSampleValue = 340;
inline constexpr std::uint16_t kSMaxSampleValue = 341;
inline constexpr std::uint16_t kJpegTables = 347;
inline constexpr std::uint16_t kGlobalParameters = 400;
inline constexpr std::uint16_t kJpegInterchangeFormat = 513;
inline constexpr std::uint16_t kJpegInterchangeFormatLength = 514;
inline constexpr std::uint16_t kJpegQTables = 519;
inline constexpr std::uint16_t kJpegDcTables = 520;
inline constexpr std::uint16_t kJpegAcTables = 521;
inline constexpr std::uint16_t kYCbCrCoefficients = 529;
inline constexpr std::uint16_t kYCbCrSubSampling = 530;
inline constexpr std::uint16_t kYCbCrPositioning = 531;
inline constexpr std::uint16_t kReferenceBlackWhite = 532;
inline constexpr std::uint16_t kXmp = 700;
inline constexpr std::uint16_t kRating = 18246;  // Windows Explorer's, as the XP tags below
inline constexpr std::uint16_t kCopyright = 33432;
inline constexpr std::uint16_t kUic1 = 33628;  // MetaMorph stacks
inline constexpr std::uint16_t kUic2 = 33629;
inline constexpr std::uint16_t kUic3 = 33630;
inline constexpr std::uint16_t kUic4 = 33631;
inline constexpr std::uint16_t kZeissLsm = 34412;
inline constexpr std::uint16_t kExifIfd = 34665;
inline constexpr std::uint16_t kIcc = 34675;
inline constexpr std::uint16_t kGpsIfd = 34853;
inline constexpr std::uint16_t kPhotoshopLayers = 37724;
inline constexpr std::uint16_t kXpTitle = 40091;
inline constexpr std::uint16_t kXpComment = 40092;
inline constexpr std::uint16_t kXpAuthor = 40093;
inline constexpr std::uint16_t kXpKeywords = 40094;
inline constexpr std::uint16_t kXpSubject = 40095;
inline constexpr std::uint16_t kInteropIfd = 40965;
}  // namespace tag

namespace type {
inline constexpr std::uint16_t kByte = 1;
inline constexpr std::uint16_t kAscii = 2;
inline constexpr std::uint16_t kShort = 3;
inline constexpr std::uint16_t kLong = 4;
inline constexpr std::uint16_t kRational = 5;
inline constexpr std::uint16_t kUndefined = 7;
inline constexpr std::uint16_t kIfd = 13;
inline constexpr std::uint16_t kLong8 = 16;
inline constexpr std::uint16_t kIfd8 = 18;
}  // namespace type

/// Bytes of one value of a field type; 0 for undefined types.
[[nodiscard]] constexpr std::size_t type_bytes(std::uint16_t field_type) {
  constexpr std::array<std::uint8_t, 19> kBytes{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
  return field_type < kBytes.size() ? kBytes[field_type] : 0;
}

namespace compression {
inline constexpr std::uint16_t kNone = 1;
inline constexpr std::uint16_t kLzw = 5;
inline constexpr std::uint16_t kJpeg = 7;
inline constexpr std::uint16_t kAdobeDeflate = 8;
inline constexpr std::uint16_t kPackBits = 32773;
inline constexpr std::uint16_t kDeflate = 32946;
inline constexpr std::uint16_t kLzma = 34925;
inline constexpr std::uint16_t kZstd = 50000;
}  // namespace compression

namespace photometric {
inline constexpr std::uint16_t kMinIsWhite = 0;
inline constexpr std::uint16_t kMinIsBlack = 1;
inline constexpr std::uint16_t kRgb = 2;
inline constexpr std::uint16_t kPalette = 3;
inline constexpr std::uint16_t kMask = 4;
inline constexpr std::uint16_t kYCbCr = 6;
}  // namespace photometric

/// For messages: the meaning of a value of the Compression or PhotometricInterpretation tag.
[[nodiscard]] std::string compression_name(std::uint16_t value);
[[nodiscard]] std::string photometric_name(std::uint16_t value);

}  // namespace ece465::image::tiff
