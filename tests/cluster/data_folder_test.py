"""The data folder of a running master disappears or becomes read-only: it reports that, and recovers with the folder."""

import os
import shutil

import harness
import master

NOBODY = 65534


class FolderLost(master.Case):
    TROUBLE = "data folder is not usable"
    WELL = "data folder is usable again"

    def ready(self, under_test, status):
        """Waits for this status of /readyz, and returns the response."""
        def ask():
            answer = under_test.request("GET", "/readyz")
            return answer.status == status and answer
        return harness.until(ask, f"/readyz to answer {status}")

    def assert_told(self, under_test, times):
        """Logged once per incident, however often it is checked."""
        under_test.runs.log_line(self.WELL, times)
        self.assertEqual((under_test.runs.logged(self.TROUBLE), under_test.runs.logged(self.WELL)), (times, times))

    def test_deleted_and_made_again(self):
        under_test = self.master()
        image = self.image("a.tif")
        first, result = under_test.put_through("a.tif", image)
        self.ready(under_test, 200)
        # In one step, because the master creates missing files as long as it finds the folder.
        os.rename(under_test.data, self.path("gone"))
        shutil.rmtree(self.path("gone"))
        self.assertIn("No such file or directory", self.ready(under_test, 503).json["detail"])
        self.assertIn("No such file or directory", under_test.runs.log_line(self.TROUBLE))
        os.mkdir(under_test.data)
        self.ready(under_test, 200)
        self.assert_told(under_test, 1)
        self.assertEqual(under_test.get("/files"), {"files": []})
        # New jobs run, earlier ones are still known, and everything survives a restart.
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
        self.ready(under_test, 200)  # it responds 503 while it starts, too
        for n in (1, 2):
            os.rename(under_test.data, self.path("away"))
            self.ready(under_test, 503)
            os.rename(self.path("away"), under_test.data)
            self.ready(under_test, 200)
            self.assert_told(under_test, n)

    def test_read_only(self):
        # root can write to read-only folders.
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
