"""A data folder that goes away or becomes read-only under a running master: it says so, and is ready again with it."""

import os
import shutil

import harness
import master

NOBODY = 65534


class FolderLost(master.Case):
    TROUBLE = "data folder is not usable"
    WELL = "data folder is usable again"

    def ready(self, under_test, status):
        """Waits until the master is as ready as this; its answer."""
        def ask():
            answer = under_test.request("GET", "/readyz")
            return answer.status == status and answer
        return harness.until(ask, f"/readyz to answer {status}")

    def assert_told(self, under_test, times):
        """Once for each time, however often anybody looked."""
        under_test.runs.log_line(self.WELL, times)
        self.assertEqual((under_test.runs.logged(self.TROUBLE), under_test.runs.logged(self.WELL)), (times, times))

    def test_deleted_and_made_again(self):
        under_test = self.master()
        image = self.image("a.tif")
        first, result = under_test.put_through("a.tif", image)
        self.ready(under_test, 200)
        # All at once: where the master still finds the folder, it makes what is missing in it.
        os.rename(under_test.data, self.path("gone"))
        shutil.rmtree(self.path("gone"))
        self.assertIn("No such file or directory", self.ready(under_test, 503).json["detail"])
        self.assertIn("No such file or directory", under_test.runs.log_line(self.TROUBLE))
        os.mkdir(under_test.data)
        self.ready(under_test, 200)
        self.assert_told(under_test, 1)
        self.assertEqual(under_test.get("/files"), {"files": []})
        # Jobs go on, with what was known before, and what they leave outlives the master.
        second, again = under_test.put_through("a.tif", image)
        self.assert_same(again, result)
        ids = [second["id"], first["id"]]
        self.assertEqual([job["id"] for job in under_test.get("/api/v1/jobs")["jobs"]], ids)
        self.assertEqual(under_test.runs.stop(), 0)
        restarted = self.master(data=under_test.data)
        self.assertEqual([job["id"] for job in restarted.get("/api/v1/jobs")["jobs"]], ids)
        self.assert_same(restarted.download("a_equalized.tif"), result)

    def test_moved_away_and_back(self):
        under_test = self.master()
        self.ready(under_test, 200)  # what it says while it starts is 503 as well
        for n in (1, 2):
            os.rename(under_test.data, self.path("away"))
            self.ready(under_test, 503)
            os.rename(self.path("away"), under_test.data)
            self.ready(under_test, 200)
            self.assert_told(under_test, n)

    def test_read_only(self):
        # Nothing is read-only to root.
        unprivileged = {"user": NOBODY} if os.geteuid() == 0 else {}
        data = self.path("data")
        os.mkdir(data)
        os.chmod(self.folder, 0o755)
        if unprivileged:
            os.chown(data, NOBODY, -1)
        try:
            under_test = self.master(**unprivileged)
        except PermissionError as error:
            self.skipTest(f"the program is out of an unprivileged user's reach: {error}")
        self.ready(under_test, 200)
        os.chmod(data, 0o555)
        self.assertIn("Permission denied", self.ready(under_test, 503).json["detail"])
        os.chmod(data, 0o755)
        self.ready(under_test, 200)
        self.assert_told(under_test, 1)


if __name__ == "__main__":
    master.main()
