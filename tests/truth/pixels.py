"""Compares pixels with two references: OpenCV's equalizeHist, and the definition in numpy's integers.

OpenCV also reads the files, so the test does not depend on our own codecs.
"""


import tools

try:
    import cv2
    import numpy
except ImportError:
    tools.system_python()
    tools.skip("OpenCV for Python is not installed (package python3-opencv)")


def table_of(plane):
    """round((cdf(v) - h0) * L / (N - h0)), half up; 0 below the lowest level."""
    top = int(numpy.iinfo(plane.dtype).max)
    counts = numpy.bincount(plane.ravel(), minlength=top + 1).astype(object if plane.size > 2**40 else numpy.int64)
    cdf = numpy.cumsum(counts)
    first = counts[numpy.nonzero(counts)[0][0]]
    if first == plane.size:
        return numpy.arange(top + 1, dtype=plane.dtype)
    rest = plane.size - first
    table = (2 * (cdf - first) * top + rest) // (2 * rest)
    return numpy.maximum(table, 0).astype(plane.dtype)


def equalized(plane):
    return table_of(plane)[plane]


def luma_of(bgr):
    """BT.601 full range in 16-bit fixed point, as JPEG does it, at the image's own depth."""
    blue, green, red = (bgr[..., i].astype(numpy.int64) for i in range(3))
    return ((19595 * red + 38470 * green + 7471 * blue + 32768) // 65536).astype(bgr.dtype)


def luma_equalized(bgr):
    luma = luma_of(bgr)
    shift = equalized(luma).astype(numpy.int64) - luma
    return numpy.clip(bgr.astype(numpy.int64) + shift[..., None], 0, numpy.iinfo(bgr.dtype).max).astype(bgr.dtype)


def read(path):
    image = cv2.imread(path, cv2.IMREAD_UNCHANGED)
    assert image is not None, f"OpenCV cannot read {path}"
    return image


def largest_difference(a, b):
    return int(numpy.abs(a.astype(numpy.int64) - b.astype(numpy.int64)).max())


class Gray(tools.Case):
    def test_small_images_match_opencv_exactly(self):
        for name in ("small.png", "small.tif"):
            for seed in range(1, 6):
                with self.subTest(name=name, seed=seed):
                    source = self.make(name, "--size", "160x120", "--seed", str(seed))
                    result = read(self.equalize(source, "--force"))
                    numpy.testing.assert_array_equal(result, cv2.equalizeHist(read(source)))

    def test_large_images_match_the_definition_and_are_within_one_level_of_opencv(self):
        source = self.make("large.tif", "--size", "3000x2000")
        before, after = read(source), read(self.equalize(source))
        self.assertLessEqual(largest_difference(after, cv2.equalizeHist(before)), 1)
        numpy.testing.assert_array_equal(after, equalized(before))

    def test_16_bits_match_the_definition(self):
        for name in ("deep.png", "deep.tif"):
            with self.subTest(name=name):
                source = self.make(name, "--bits", "16")
                after = read(self.equalize(source))
                self.assertEqual(after.dtype, numpy.uint16)
                numpy.testing.assert_array_equal(after, equalized(read(source)))

    def test_min_is_white_looks_the_same_as_min_is_black(self):
        source = self.make("white.tif", "--color", "minwhite")
        # OpenCV reads it with 0 as black.
        numpy.testing.assert_array_equal(read(self.equalize(source)), equalized(read(source)))

    def test_jpeg_differs_by_its_own_quantization_only(self):
        for options in ((), ("--progressive",), ("--restart-rows", "1")):
            with self.subTest(options=options):
                source = self.make("gray.jpg", "--quality", "100", *options)
                after = read(self.equalize(source, "--force"))
                self.assertLessEqual(largest_difference(after, cv2.equalizeHist(read(source))), 2)


class Color(tools.Case):
    def test_each_channel_matches_opencv_exactly(self):
        for name in ("color.png", "color.tif"):
            with self.subTest(name=name):
                source = self.make(name, "--color", "rgb", "--size", "160x120")
                expected = cv2.merge([cv2.equalizeHist(channel) for channel in cv2.split(read(source))])
                numpy.testing.assert_array_equal(read(self.equalize(source, "--channels", "each")), expected)

    def test_luma_matches_the_definition(self):
        for name, *options in (
            ("color.png", "--color", "rgb"),
            ("deep.png", "--color", "rgb", "--bits", "16"),
            ("color.tif", "--color", "rgb", "--planar", "--compression", "lzw"),
            ("deep.tif", "--color", "rgb", "--bits", "16", "--tile", "64x48", "--compression", "deflate"),
        ):
            with self.subTest(name=name):
                source = self.make(name, *options)
                numpy.testing.assert_array_equal(read(self.equalize(source)), luma_equalized(read(source)))

    def test_luma_is_close_to_equalizing_opencvs_ycrcb(self):
        source = self.make("color.png", "--color", "rgb")
        y, cr, cb = cv2.split(cv2.cvtColor(read(source), cv2.COLOR_BGR2YCrCb))
        expected = cv2.cvtColor(cv2.merge([cv2.equalizeHist(y), cr, cb]), cv2.COLOR_YCrCb2BGR)
        difference = numpy.abs(read(self.equalize(source)).astype(int) - expected)
        self.assertLess(difference.mean(), 1.5)  # YCrCb rounds chroma to 8 bits, and luma twice

    def test_alpha_is_untouched_and_not_counted(self):
        for name, bits in (("alpha.png", "8"), ("alpha16.png", "16")):
            with self.subTest(name=name):
                source = self.make(name, "--color", "rgb", "--alpha", "unassociated", "--bits", bits)
                before, after = read(source), read(self.equalize(source))
                numpy.testing.assert_array_equal(after[..., 3], before[..., 3])
                numpy.testing.assert_array_equal(after[..., :3], luma_equalized(before[..., :3]))

    def test_gray_is_the_equalized_luma(self):
        source = self.make("color.png", "--color", "rgb")
        after = read(self.equalize(source, "--channels", "gray"))
        numpy.testing.assert_array_equal(after, equalized(luma_of(read(source))))

    def test_palette_colors_are_equalized_by_their_frequency(self):
        for name, *options in (("palette.png", "--bits", "4", "--interlaced"), ("palette.png", "--bits", "8")):
            with self.subTest(options=options):
                source = self.make(name, "--color", "palette", *options)
                after = read(self.equalize(source, "--force"))
                numpy.testing.assert_array_equal(after, luma_equalized(read(source)))

    def test_jpeg_luma_is_equalized_and_chroma_kept(self):
        for sampling in ("1x1", "2x1", "2x2", "1x2"):
            with self.subTest(sampling=sampling):
                source = self.make("color.jpg", "--color", "ycbcr", "--quality", "100", "--sampling", sampling)
                before, after = (cv2.cvtColor(read(p), cv2.COLOR_BGR2YCrCb).astype(int)
                                 for p in (source, self.equalize(source, "--force")))
                expected = equalized(before[..., 0].astype(numpy.uint8)).astype(int)
                # The stored plane has fractions that decoding rounds, hence the mean.
                self.assertLess(numpy.abs(after[..., 0] - expected).mean(), 1.5)
                inside = (after[..., 0] > 40) & (after[..., 0] < 215)  # no channel clipped there
                self.assertLess(numpy.abs(after[..., 1:] - before[..., 1:])[inside].mean(), 1.0)

    def test_rgb_coded_jpeg_is_equalized_in_luma(self):
        source = self.make("rgb.jpg", "--color", "rgb", "--quality", "100")
        difference = numpy.abs(read(self.equalize(source)).astype(int) - luma_equalized(read(source)))
        self.assertLess(difference.mean(), 1.0)


class Conversion(tools.Case):
    def test_the_result_has_the_same_pixels_in_every_lossless_format(self):
        source = self.make("deep.tif", "--color", "rgb", "--bits", "16")
        expected = luma_equalized(read(source))
        for output in ("out.png", "out.tif"):
            numpy.testing.assert_array_equal(read(self.equalize(source, output=output)), expected)

    def test_16_bits_become_8_by_rounding_in_jpeg(self):
        source = self.make("deep.tif", "--bits", "16")
        expected = (equalized(read(source)).astype(numpy.int64) * 255 + 32767) // 65535
        after = read(self.equalize(source, "--quality", "100", output="out.jpg"))
        self.assertLessEqual(largest_difference(after, expected), 2)


if __name__ == "__main__":
    tools.main()
