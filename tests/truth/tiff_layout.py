"""Compares the layout of TIFF files before and after, as tiffinfo prints it."""

import re

import tools

tools.need_program("tiffinfo", "libtiff-tools")


def layout_of(path):
    """What tiffinfo prints, without offsets."""
    lines = tools.output_of("tiffinfo", path).splitlines()
    lines = [line for line in lines if not line.startswith(path)]
    return [re.sub(r"offset 0x[0-9a-f]+ \([0-9]+\)|IFDOffset: \S+", "", line) for line in lines]


class Layout(tools.Case):
    def assert_kept(self, *options):
        with self.subTest(options=options):
            source = self.make("in.tif", *options)
            result = self.equalize(source, "--force")
            self.assertEqual(layout_of(source), layout_of(result))
            with open(source, "rb") as before, open(result, "rb") as after:
                self.assertEqual(before.read(4), after.read(4), "byte order, classic or BigTIFF")
            # Every strip and tile can be read by libtiff.
            tools.output_of("tiffinfo", "-D", result)

    def test_every_compression(self):
        for compression in ("none", "lzw", "deflate", "packbits", "zstd"):
            self.assert_kept("--compression", compression)
        for compression in ("lzw", "deflate", "zstd"):
            for bits in ("8", "16"):
                self.assert_kept("--compression", compression, "--predictor", "--bits", bits)
        self.assert_kept("--compression", "jpeg", "--color", "ycbcr")
        self.assert_kept("--compression", "jpeg")

    def test_strips_and_tiles(self):
        for rows in ("1", "7", "480"):
            self.assert_kept("--rows-per-strip", rows)
        for tile in ("64x64", "256x16", "1024x512"):
            self.assert_kept("--tile", tile, "--compression", "lzw")

    def test_planes(self):
        self.assert_kept("--color", "rgb", "--planar")
        self.assert_kept("--color", "rgb", "--planar", "--tile", "64x64", "--bits", "16", "--compression", "deflate")

    def test_samples(self):
        self.assert_kept("--color", "minwhite")
        self.assert_kept("--color", "palette")
        self.assert_kept("--color", "rgb", "--alpha", "unassociated")
        self.assert_kept("--color", "rgb", "--alpha", "associated", "--bits", "16")
        self.assert_kept("--alpha", "unassociated", "--extras", "2")

    def test_byte_order_and_offsets(self):
        self.assert_kept("--big-endian")
        self.assert_kept("--big-endian", "--bits", "16", "--compression", "lzw", "--predictor")
        self.assert_kept("--bigtiff")
        self.assert_kept("--bigtiff", "--big-endian", "--tile", "64x64")

    def test_pages(self):
        self.assert_kept("--pages", "3", "--metadata")


if __name__ == "__main__":
    tools.main()
