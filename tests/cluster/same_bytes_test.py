"""Results are byte-identical to those of `equalize`, for any number of workers and every kind of image."""

import harness
import master

LARGE = ("--size", "2000x1600")  # three strips of a megabyte in each plane
SMALL = ("--size", "320x240")


class SameBytes(master.Case):
    def images(self):
        """Names and bytes. The first images are large enough for several strips."""
        for name, *options in (
            ("gray.tif", *LARGE),
            ("color.jpg", *LARGE, "--color", "ycbcr", "--sampling", "2x2"),
            ("deep.tif", *LARGE, "--bits", "16", "--compression", "deflate"),
            ("two-pages.tif", *LARGE, "--pages", "2", "--compression", "lzw"),
            ("color.png", *LARGE, "--color", "rgb"),
            ("progressive.jpg", *SMALL, "--progressive"),
            ("metadata.jpg", *SMALL, "--color", "ycbcr", "--metadata"),
            ("deep-color.png", *SMALL, "--color", "rgb", "--bits", "16", "--alpha", "unassociated"),
            ("palette.png", *SMALL, "--color", "palette", "--bits", "8"),
            ("tiles.tiff", *SMALL, "--color", "rgb", "--tile", "64x64", "--planar", "--compression", "lzw"),
            ("big-endian.tif", *SMALL, "--big-endian", "--bigtiff", "--bits", "16", "--color", "minwhite"),
            ("really-a-png.jpg", *SMALL, "--format", "png"),
            ("one-pixel.png", "--size", "1x1"),
        ):
            yield name, self.image(name, *options)

    def assert_all_same(self, workers):
        under_test = self.master()
        ids = [f"w-{n}" for n in range(workers)]
        for worker in ids:
            under_test.own_worker(worker, ready=False)
        under_test.has_workers(*ids)
        for name, content in self.images():
            with self.subTest(name=name, workers=workers):
                job, result = under_test.put_through(name, content)
                self.assert_same(result, self.equalized(name, content), name)
                shares = {share["id"] for share in job["workers"]}
                self.assertTrue(shares <= {"master", *ids}, shares)
                if not workers:
                    self.assertEqual(shares, {"master"})
                elif name == "gray.tif":
                    harness.until(lambda: {share["id"] for share in under_test.done(under_test.process(name))["workers"]}
                                  & set(ids), "a worker to do a part")
                    self.assert_same(under_test.download(job["result"]), self.equalized(name, content), name)

    def test_without_workers(self):
        self.assert_all_same(0)

    def test_one_worker(self):
        self.assert_all_same(1)

    def test_two_workers(self):
        self.assert_all_same(2)

    def test_seven_workers(self):
        self.assert_all_same(7)


class Channels(master.Case):
    def test_gray_and_each_are_what_equalize_makes_of_them(self):
        under_test = self.master()
        under_test.own_worker("w")
        content = self.image("color.tif", *LARGE, "--color", "rgb")
        under_test.upload("color.tif", content)
        for options in ({"channels": "gray"}, {"channels": "each"}):
            with self.subTest(options=options):
                job = under_test.post_job("color.tif", **options)
                under_test.done(job["id"])
                self.assert_same(under_test.download("color_equalized.tif"),
                                 self.equalized("color.tif", content, "--channels", options["channels"]))

    def test_quality(self):
        under_test = self.master()
        under_test.own_worker("w")
        content = self.image("photo.jpg", *SMALL, "--color", "ycbcr")
        under_test.upload("photo.jpg", content)
        job = under_test.post_job("photo.jpg", quality=40)
        under_test.done(job["id"])
        self.assert_same(under_test.download("photo_equalized.jpg"),
                         self.equalized("photo.jpg", content, "--quality", "40"))


if __name__ == "__main__":
    master.main()
