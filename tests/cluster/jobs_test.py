"""Jobs: concurrent, at most one per file, cancelled; results complete or absent; file names."""

import os
import threading

import harness
import master


class ManyAtATime(master.Case):
    def images(self):
        for n in range(10):
            kind, *options = (("tif",), ("jpg", "--color", "ycbcr"), ("png", "--color", "rgb"),
                              ("tif", "--bits", "16"), ("tif", "--pages", "2"))[n % 5]
            name = f"image-{n}.{kind}"
            yield name, self.image(name, "--size", "1200x900", "--seed", n, *options)

    def assert_ten_jobs(self, under_test):
        images = dict(self.images())
        for name, content in images.items():
            under_test.upload(name, content)
        jobs = {name: under_test.process(name) for name in images}
        self.assertEqual(len(set(jobs.values())), 10)
        for name, job in jobs.items():
            done = under_test.done(job)
            self.assert_same(under_test.download(done["result"]), self.equalized(name, images[name]), name)

    def test_without_workers(self):
        self.assert_ten_jobs(self.master())

    def test_over_workers_of_all_dialects(self):
        under_test = self.master()
        under_test.peer("course_worker", "course", "--return-after", "0", ready=False)
        under_test.peer("documented_worker", "documented", ready=False)
        under_test.own_worker("own", ready=False)
        under_test.has_workers("own", "course", "documented")
        self.assert_ten_jobs(under_test)


class Timelines(master.Case):
    """The timeline is complete: each strip is sent, done in both phases, and written once."""

    def assert_whole(self, under_test, job, page=1, attempts=True):
        told = under_test.get(f"/api/v1/jobs/{job['id']}/timeline?page={page}")
        self.assertTrue(told["kept"] and told["ended"] and not told["cut"] and not told["more"])
        events = told["events"]
        self.assertEqual([event["at"] for event in events], sorted(event["at"] for event in events))
        self.assertLessEqual(events[-1]["at"], told["seconds"] + 1e-5)
        strips = set(range(len(told["strips"])))
        self.assertTrue(strips)

        def of(what, phase=None):
            return [event["strip"] for event in events if event["what"] == what and phase in (None, event["phase"])]

        for phase in ("map", "apply"):
            self.assertEqual(sorted(of("done", phase)), sorted(strips))
            if attempts:
                self.assertEqual(set(of("sent", phase)), strips)
        self.assertEqual(sorted(of("written")), sorted(strips))
        phases = [event["phase"] for event in events if event["what"] == "phase"]
        self.assertEqual(phases, ["map", "reduce", "apply", "write", "done"])
        return events

    def put_through(self, under_test, name, *options):
        return under_test.put_through(name, self.image(name, "--size", "2000x1500", *options))[0]

    def test_without_workers(self):
        under_test = self.master()
        events = self.assert_whole(under_test, self.put_through(under_test, "a.png", "--color", "rgb"))
        self.assertEqual({event["worker"] for event in events if "worker" in event}, {"master"})
        both = self.put_through(under_test, "b.tif", "--pages", "2")
        for page in (1, 2):
            self.assert_whole(under_test, both, page)
        self.assertFalse(under_test.get(f"/api/v1/jobs/{both['id']}/timeline?page=3")["kept"])

    def test_a_palette_whose_indices_stay(self):
        under_test = self.master()
        self.assert_whole(under_test, self.put_through(under_test, "a.png", "--color", "palette"), attempts=False)

    def test_with_workers(self):
        under_test = self.master()
        under_test.own_worker("own")
        under_test.peer("documented_worker", "documented")
        self.assert_whole(under_test, self.put_through(under_test, "a.jpg", "--color", "ycbcr"))


class OneFile(master.Case):
    def test_numbers_begin_with_1(self):
        under_test = self.master()
        under_test.upload("a.png", self.image("a.png"))
        self.assertEqual(under_test.process("a.png"), "job_1")
        under_test.done("job_1")
        self.assertEqual(under_test.process("a.png"), "job_2")
        under_test.done("job_2")

    def test_a_second_request_returns_the_running_job(self):
        under_test = self.master()
        under_test.upload("a.tif", self.image("a.tif", "--size", "3000x2400"))

        def met():
            """Whether the job was still running after the second request."""
            first, second = under_test.process("a.tif"), under_test.process("a.tif")
            third = under_test.request("POST", "/api/v1/jobs", body='{"file": "a.tif"}',
                                       headers={"Content-Type": "application/json"})
            if under_test.job(first)["state"] in master.ENDED:
                under_test.ended(third.json["id"])
                return False
            self.assertEqual((second, third.json["id"], third.status), (first, first, 200))
            under_test.done(first)
            self.assertNotEqual(under_test.process("a.tif"), first)
            return True

        harness.until(met, "a job that runs long enough")

    def test_a_cancelled_job_leaves_no_result(self):
        under_test = self.master()
        content = self.image("a.tif", "--size", "3000x2400")

        def cancelled():
            under_test.upload("a.tif", content)
            job = under_test.process("a.tif")
            answer = under_test.request("DELETE", f"/api/v1/jobs/{job}")
            state = under_test.ended(job)["state"]
            if state != "cancelled":  # it ended first
                under_test.ask("DELETE", "/files/a.tif")
                return False
            self.assertEqual(answer.status, 200, answer)
            return True

        harness.until(cancelled, "a job to be cancelled")
        self.assertEqual(under_test.files(), ["a.tif"])
        under_test.done(under_test.process("a.tif"))

    def test_a_job_that_is_not_there(self):
        under_test = self.master()
        for job in ("job_1", "job_0", "job_-1", "job_99999999999999999999", "x", "job_1x"):
            self.assertEqual(under_test.get(f"/api/v1/jobs/{job}", 404), {"detail": "Job not found"})

    def test_deleting_takes_the_result_along(self):
        under_test = self.master()
        under_test.put_through("a.png", self.image("a.png"))
        self.assertEqual(under_test.files(), ["a.png", "a_equalized.png"])
        self.assertEqual(under_test.ask("DELETE", "/files/a.png"), {"status": "success", "filename": "a.png"})
        self.assertEqual(under_test.files(), [])
        under_test.ask("DELETE", "/files/a.png", 404)

    def test_what_a_job_cost_is_told(self):
        under_test = self.master()
        under_test.own_worker("own")
        job, _ = under_test.put_through("a.tif", self.image("a.tif", "--size", "2400x2000"))
        self.assertEqual(job["bytes"]["pixels"], 2400 * 2000)
        self.assertEqual(job["image"] | {"pages": 1, "format": "TIFF"}, job["image"])
        self.assertEqual((job["image"]["width"], job["image"]["height"], job["image"]["bits"]), (2400, 2000, 8))
        self.assertEqual((job["phase"], job["progress"]), ("done", 1))
        self.assertEqual(set(job["phases"]), {"read", "split", "map", "reduce", "apply", "stitch", "write"})
        for when in ("created", "started", "finished"):
            self.assertRegex(job[when], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        strips = under_test.get(f"/api/v1/jobs/{job['id']}/histograms")
        plane = strips["planes"][0]
        self.assertEqual((sum(plane["before"]), sum(plane["after"]), len(plane["table"])),
                         (2400 * 2000, 2400 * 2000, 256))


class Whole(master.Case):
    """Readers of the folder or of /download see a complete file or none."""

    def test_a_result_is_never_half_a_file(self):
        under_test = self.master()
        under_test.own_worker("own")
        images = [self.image("a.tif", "--size", size) for size in ("1600x1200", "1500x1300")]
        whole = {self.equalized("a.tif", image) for image in images}
        path = os.path.join(under_test.data, "a_equalized.tif")
        seen, strange, stop = set(), [], threading.Event()

        def read_again_and_again():
            while not stop.is_set():
                try:
                    with open(path, "rb") as file:
                        content = file.read()
                except FileNotFoundError:
                    continue
                (seen.add if content in whole else strange.append)(content)

        def download_again_and_again():
            while not stop.is_set():
                answer = under_test.request("GET", "/download/a_equalized.tif")
                if answer.status != 404 and answer.body not in whole:
                    strange.append(answer)

        readers = [threading.Thread(target=read_again_and_again), threading.Thread(target=download_again_and_again)]
        for reader in readers:
            reader.start()
        try:
            for n in range(6):
                under_test.upload("a.tif", images[n % 2])
                under_test.done(under_test.process("a.tif"))
                self.assert_same(under_test.download("a_equalized.tif"), self.equalized("a.tif", images[n % 2]))
        finally:
            stop.set()
            for reader in readers:
                reader.join()
        self.assertEqual(strange, [])
        self.assertEqual(seen, whole)

    def test_ten_uploads_of_one_name_at_once(self):
        under_test = self.master()
        images = [self.image("a.tif", "--size", "1000x800", "--seed", n) for n in range(10)]
        failures = []

        def upload(content):
            try:
                under_test.upload("a.tif", content)
            except BaseException as failure:
                failures.append(failure)

        uploads = [threading.Thread(target=upload, args=(content,)) for content in images]
        for one in uploads:
            one.start()
        for one in uploads:
            one.join()
        self.assertEqual(failures, [])
        kept = under_test.download("a.tif")
        self.assertIn(kept, images)
        under_test.done(under_test.process("a.tif"))
        self.assert_same(under_test.download("a_equalized.tif"), self.equalized("a.tif", kept))
        self.assertEqual(under_test.files(), ["a.tif", "a_equalized.tif"])

    def test_an_upload_in_the_middle_of_a_job_does_not_mix(self):
        under_test = self.master()
        holding = under_test.peer("misbehaving_worker", "holding", "--dialect", "v2", "--do", "silence",
                                  "--when", "map")
        first, second = (self.image("a.tif", "--size", "2400x2000", "--seed", seed) for seed in (1, 2))
        under_test.upload("a.tif", first)
        job = under_test.process_until("a.tif", holding, "did silence map")
        under_test.upload("a.tif", second)
        holding.kill()
        under_test.done(job)
        self.assert_same(under_test.download("a_equalized.tif"), self.equalized("a.tif", first))
        under_test.done(under_test.process("a.tif"))
        self.assert_same(under_test.download("a_equalized.tif"), self.equalized("a.tif", second))


class Names(master.Case):
    def test_names_that_work(self):
        under_test = self.master()
        content = self.image("a.png")
        for name, result in (
            ("my.photo.png", "my.photo_equalized.png"),
            ("UPPER.PNG", "UPPER_equalized.PNG"),
            ("with space.png", "with space_equalized.png"),
            ("größe-漢字.png", "größe-漢字_equalized.png"),
            ("100%25 #1?&=+.png", "100%25 #1?&=+_equalized.png"),
            ("a'b\"c;d.png", "a'b\"c;d_equalized.png"),
            ("a.tar.gz.png", "a.tar.gz_equalized.png"),
        ):
            with self.subTest(name=name):
                self.assertEqual(under_test.upload(name, content), {"filename": name, "status": "uploaded"})
                job = under_test.done(under_test.process(name))
                self.assertEqual(job["result"], result)
                self.assert_same(under_test.download(result), self.equalized("a.png", content))
                self.assertIn({"name": name, "size": len(content)}, under_test.get("/files")["files"])
                self.assertIn({"name": result}, under_test.get("/files/equalized")["files"])

    def test_links_that_lead_out_are_not_followed(self):
        under_test = self.master()
        under_test.upload("a.png", self.image("a.png"))
        secret = self.path("secret.png")
        with open(secret, "wb") as file:
            file.write(self.image("s.png", "--seed", "2"))
        os.symlink(secret, os.path.join(under_test.data, "link.png"))
        os.symlink(self.folder, os.path.join(under_test.data, "folder.png"))
        under_test.download("link.png", 404)
        under_test.process("link.png", 404)
        self.assertEqual([file["name"] for file in under_test.get("/files")["files"]], ["a.png"])
        # A result replaces a symlink instead of following it.
        before = os.stat(secret).st_mtime_ns
        os.symlink(secret, os.path.join(under_test.data, "a_equalized.png"))
        under_test.done(under_test.process("a.png"))
        self.assertFalse(os.path.islink(os.path.join(under_test.data, "a_equalized.png")))
        self.assertEqual(os.stat(secret).st_mtime_ns, before)


if __name__ == "__main__":
    master.main()
