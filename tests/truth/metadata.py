"""Compares metadata before and after, as exiftool reads it."""

import json

import tools

tools.need_program("exiftool", "libimage-exiftool-perl")

# Offsets and sizes in the file, and tags that are part of the picture.
OTHER = ("StripOffsets", "StripByteCounts", "TileOffsets", "TileByteCounts", "PreviewImageStart", "PreviewImageLength",
         "Warning", "Palette", "ColorMap")


def tags_of(*paths):
    """For each file: all tags by group, copy number and name, with their raw values.

    Includes complete blocks (EXIF, ICC, XMP) and the digest of JPEG's quantization tables (colour only). One call for
    all files, because exiftool takes a while to start.
    """
    printed = tools.output_of("exiftool", "-json", "-a", "-u", "-n", "-b", "-e", "-G0:1:4", "-all", "-Exif",
                              "-ICC_Profile", "-XMP", "-JPEGDigest", "--System:all", *paths)
    return [{name: value for name, value in tags.items()
             if ":" in name and not name.startswith("ExifTool:") and name.split(":")[-1] not in OTHER}
            for tags in json.loads(printed)]


def named(tags, name):
    """The values of all tags with this name, in any group."""
    return [value for tag, value in sorted(tags.items()) if tag.split(":")[-1] == name]


class SameFormat(tools.Case):
    def assert_kept(self, source, *expected):
        before, after = tags_of(source, self.equalize(source, "--force"))
        self.assertEqual(before, after)
        for name in expected:
            self.assertTrue(named(after, name), f"{name}: not in {sorted(after)}")

    def test_jpeg_keeps_exif_icc_xmp_and_comments(self):
        for options in (("--color", "ycbcr"), ("--color", "ycbcr", "--progressive", "--sampling", "2x1"), (),
                        ("--color", "rgb", "--icc-bytes", "150000")):
            with self.subTest(options=options):
                source = self.make("in.jpg", "--metadata", *options)
                self.assert_kept(source, "Orientation", "ExposureTime", "ProfileDescription", "Source", "Comment",
                                 "XResolution", "ICC_Profile", "XMP")

    def test_jpeg_keeps_quantization_without_quality_option(self):
        source = self.make("in.jpg", "--color", "ycbcr", "--quality", "83")
        kept, other = self.equalize(source), self.equalize(source, "--quality", "60", output="other.jpg")
        first, same, different = (named(tags, "JPEGDigest") for tags in tags_of(source, kept, other))
        self.assertTrue(first)
        self.assertEqual(first, same)
        self.assertNotEqual(first, different)

    def test_tiff_keeps_exif_icc_xmp_and_private_tags(self):
        for options in ((), ("--big-endian", "--bits", "16"), ("--bigtiff", "--color", "rgb", "--tile", "64x64"),
                        ("--color", "ycbcr", "--compression", "jpeg"), ("--color", "palette", "--pages", "2")):
            with self.subTest(options=options):
                source = self.make("in.tif", "--metadata", *options)
                # exiftool's names for tags 65000 and 65001 are those of a camera raw format.
                self.assert_kept(source, "Orientation", "ExposureTime", "ProfileDescription", "Source",
                                 "ImageDescription", "XResolution", "PixelScale", "OwnerName", "SerialNumber")

    def test_png_keeps_text_gamma_icc_exif_and_resolution(self):
        for options in (("--color", "rgb"), ("--bits", "16"), ("--color", "palette"), ("--interlaced",)):
            with self.subTest(options=options):
                source = self.make("in.png", "--metadata", "--gamma", "0.45455", *options)
                self.assert_kept(source, "Title", "Comment", "Gamma", "ProfileDescription", "Orientation", "Source",
                                 "PixelsPerUnitX", "ModifyDate")


class Conversion(tools.Case):
    def test_exif_icc_and_xmp_are_carried_over_to_other_formats(self):
        carried = ("ProfileDescription", "ProfileCopyright", "Orientation", "ExposureTime", "Source", "FNumber",
                   "DateTimeOriginal")
        for first in ("in.jpg", "in.tif", "in.png"):
            source = self.make(first, "--metadata")
            others = [name for name in ("out.jpg", "out.tif", "out.png") if name[-4:] != first[-4:]]
            results = [self.equalize(source, output=f"{first[3:]}-{name}") for name in others]
            before, *after = tags_of(source, *results)
            for other, tags in zip(others, after):
                for name in carried:
                    with self.subTest(source=first, result=other, tag=name):
                        self.assertTrue(named(before, name))
                        self.assertEqual(named(before, name), named(tags, name))


if __name__ == "__main__":
    tools.main()
