"""What an image carries besides its pixels, as exiftool reads it before and after."""

import json
import subprocess

import tools

tools.need_program("exiftool", "libimage-exiftool-perl")

# What says where and how big things are in the file, not what they are.
PLACES = ("StripOffsets", "StripByteCounts", "TileOffsets", "TileByteCounts", "Warning")


def tags_of(path):
    """Every tag by group, copy number and name, with its raw value, binary ones included."""
    printed = tools.output_of("exiftool", "-json", "-a", "-u", "-n", "-b", "-e", "-G0:1:4", "--System:all", path)
    tags = json.loads(printed)[0]
    return {name: value for name, value in tags.items()
            if ":" in name and not name.startswith("ExifTool:") and name.split(":")[-1] not in PLACES}


def blob(path, tag):
    """A whole block (Exif, ICC_Profile, XMP) as it is stored."""
    return subprocess.run(["exiftool", "-b", f"-{tag}", path], check=True, capture_output=True).stdout


class SameFormat(tools.Case):
    def assert_kept(self, source, *expected, options=()):
        before, after = tags_of(source), tags_of(self.equalize(source, "--force", *options))
        self.assertEqual(before, after)
        for tag in expected:
            self.assertTrue(any(name.endswith(":" + tag) for name in after), f"{tag}: not in {sorted(after)}")

    def test_jpeg_keeps_exif_icc_xmp_and_comments(self):
        for options in (("--color", "ycbcr"), ("--color", "ycbcr", "--progressive", "--sampling", "2x1"), (),
                        ("--color", "rgb", "--icc-bytes", "150000")):
            with self.subTest(options=options):
                source = self.make("in.jpg", "--metadata", *options)
                self.assert_kept(source, "Orientation", "ExposureTime", "ProfileDescription", "Source", "Comment",
                                 "XResolution")
                result = self.path("in_equalized.jpg")
                for tag in ("Exif", "ICC_Profile", "XMP", "JPEGDigest"):
                    self.assertEqual(blob(source, tag), blob(result, tag), tag)
                    self.assertTrue(blob(result, tag), tag)

    def test_jpeg_keeps_quantization_unless_told_otherwise(self):
        source = self.make("in.jpg", "--color", "ycbcr", "--quality", "83")
        self.assertEqual(blob(source, "JPEGDigest"), blob(self.equalize(source), "JPEGDigest"))
        other = self.equalize(source, "--quality", "60", output="other.jpg")
        self.assertNotEqual(blob(source, "JPEGDigest"), blob(other, "JPEGDigest"))

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
    def test_exif_icc_xmp_and_resolution_travel_to_other_formats(self):
        for first in ("in.jpg", "in.tif", "in.png"):
            source = self.make(first, "--metadata")
            for second in ("out.jpg", "out.tif", "out.png"):
                if first[-4:] == second[-4:]:
                    continue
                with self.subTest(source=first, result=second):
                    result = self.equalize(source, output=f"{first[3:]}-{second}")
                    self.assertEqual(blob(source, "ICC_Profile"), blob(result, "ICC_Profile"))
                    for tag in ("Orientation", "ExposureTime", "XMP-dc:Source", "FNumber", "DateTimeOriginal"):
                        self.assertEqual(blob(source, tag), blob(result, tag), tag)
                        self.assertTrue(blob(result, tag), tag)


if __name__ == "__main__":
    tools.main()
