"""The disk is full during an upload or when a result is written: a clear error, no lost files, the master continues."""

import os
import subprocess

import master


class DiskFull(master.Case):
    def setUp(self):
        super().setUp()
        self.disk = self.path("disk")
        os.mkdir(self.disk)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", self.disk], capture_output=True,
                                 text=True)
        if mounted.returncode != 0:
            self.skipTest(f"may not mount a small file system: {mounted.stderr.strip()}")

    def end_all(self):
        super().end_all()
        subprocess.run(["umount", self.disk], capture_output=True)

    def traces(self):
        """Everything on the disk except the job store."""
        return sorted(os.path.relpath(os.path.join(where, name), self.disk)
                      for where, _, names in os.walk(self.disk) for name in names
                      if "sqlite" not in name and not name.endswith("lock"))

    def assert_fails_and_is_told(self, workers):
        under_test = self.master(data=self.disk)
        for n in range(workers):
            under_test.own_worker(f"w-{n}")
        # A small file with a large result: by its name, the result is an uncompressed TIFF.
        small = self.image("small.tif", "--size", "300x200")
        under_test.put_through("keep.tif", small)
        before = under_test.download("keep_equalized.tif")
        under_test.upload("a.tif", self.image("a.tif", "--size", "3000x3000", "--format", "png"))
        failed = under_test.ended(under_test.process("a.tif"))
        self.assertEqual(failed["state"], "failed", failed)
        self.assertIn("No space left on device", failed["reason"])
        under_test.assert_failure_logged(failed)
        self.assertEqual(self.traces(), ["a.tif", "keep.tif", "keep_equalized.tif"])
        self.assertEqual(under_test.download("keep_equalized.tif"), before)
        # There is space again.
        under_test.ask("DELETE", "/files/a.tif")
        _, result = under_test.put_through("b.tif", small)
        self.assert_same(result, before)

    def test_in_the_middle_of_a_result(self):
        self.assert_fails_and_is_told(workers=0)

    def test_in_the_middle_of_a_stitch(self):
        self.assert_fails_and_is_told(workers=2)

    def test_in_the_middle_of_an_upload(self):
        under_test = self.master(data=self.disk)
        body, kind = master.form("a.tif", bytes(8 << 20))
        try:
            answer = under_test.request("POST", "/upload", body=body, headers={"Content-Type": kind})
        except (BrokenPipeError, ConnectionResetError):
            pass  # the response was sent before the body was read
        else:
            self.assertIn(answer.status, (500, 507), answer)
            self.assertIn("No space left on device", answer.json["detail"])
        self.assertEqual(self.traces(), [])
        under_test.put_through("a.tif", self.image("a.tif"))


if __name__ == "__main__":
    master.main()
