"""A master that is killed at any moment: after a restart it completes every accepted job, and no result is ever
incomplete. Also the orderly stop of masters and workers."""

import os
import signal

import harness
import master


class Killed(master.Case):
    def setUp(self):
        super().setUp()
        self.content = self.image("a.tif", "--size", "3000x2400", "--compression", "lzw")
        self.expected = self.equalized("a.tif", self.content)

    def assert_ends_after_restart(self, killed, job, *, old=()):
        """Restarts on the same folder. The job's result must be complete and correct."""
        result = os.path.join(killed.data, "a_equalized.tif")
        if os.path.exists(result):
            with open(result, "rb") as file:
                self.assertIn(file.read(), (self.expected, *old))
        again = self.master(data=killed.data)
        again.done(job)
        self.assert_same(again.download("a_equalized.tif"), self.expected)
        self.assertEqual(again.files(), ["a.tif", "a_equalized.tif"])
        self.assertNotEqual(again.process("a.tif"), job)  # numbers continue
        self.masters.remove(killed)
        return again

    def test_at_several_moments(self):
        for moment in ("accepted", "read", "map", "apply", "write", "done"):
            with self.subTest(moment=moment):
                under_test = self.master(data=self.path(f"data-{moment}"))
                under_test.own_worker("w")
                under_test.upload("a.tif", self.content)
                job = under_test.process("a.tif")
                if moment != "accepted":
                    harness.until(lambda: under_test.job(job)["phase"] in (moment, "done"), moment)
                under_test.runs.kill()
                self.assert_ends_after_restart(under_test, job)

    def test_while_a_worker_counts_and_while_one_maps(self):
        for phase in ("count", "map"):
            with self.subTest(phase=phase):
                under_test = self.master(data=self.path(f"data-{phase}"))
                holding = under_test.peer("misbehaving_worker", "w", "--dialect", "v2", "--do", "silence", "--when", phase,
                                          "--returns", "0")
                under_test.upload("a.tif", self.content)
                job = under_test.process_until("a.tif", holding, f"did silence {phase}")
                under_test.runs.kill()
                again = self.assert_ends_after_restart(under_test, job)
                self.assertEqual(again.job(job)["id"], job)

    def test_ten_jobs_and_an_old_result(self):
        under_test = self.master()
        old = self.image("a.tif", "--size", "400x300", "--seed", "7")
        under_test.put_through("a.tif", old)
        under_test.upload("a.tif", self.content)
        images = {f"n{n}.png": self.image("n.png", "--seed", n) for n in range(9)}
        for name, content in images.items():
            under_test.upload(name, content)
        jobs = {name: under_test.process(name) for name in ("a.tif", *images)}
        under_test.runs.kill()
        self.masters.remove(under_test)
        again = self.master(data=under_test.data)
        for name, job in jobs.items():
            done = again.done(job)
            content = self.content if name == "a.tif" else images[name]
            self.assert_same(again.download(done["result"]), self.equalized(name, content), name)

    def test_workers_come_back_to_it(self):
        under_test = self.master()
        port = under_test.workers.rsplit(":", 1)[1]
        under_test.own_worker("own")
        under_test.peer("course_worker", "course", "--return-after", "0")
        under_test.runs.kill()
        self.masters.remove(under_test)
        again = self.master("--worker-port", port, data=under_test.data)
        again.has_workers("own", "course")
        _, result = again.put_through("a.tif", self.content)
        self.assert_same(result, self.expected)

    def test_in_the_middle_of_an_upload(self):
        under_test = self.master()
        body, kind = master.form("a.tif", self.content)
        connection = under_test.connection()
        connection.putrequest("POST", "/upload")
        connection.putheader("Content-Type", kind)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders()
        connection.send(body[:len(body) // 2])
        under_test.runs.kill()
        connection.close()
        self.masters.remove(under_test)
        again = self.master(data=under_test.data)
        self.assertEqual(again.get("/files"), {"files": []})
        self.assertEqual(again.files(), [])


class Stopping(master.Case):
    def setUp(self):
        super().setUp()
        self.content = self.image("a.tif", "--size", "3000x2400")
        self.expected = self.equalized("a.tif", self.content)

    def test_a_worker_in_the_middle_of_a_job(self):
        under_test = self.master()
        leaving = under_test.own_worker("leaving")
        under_test.own_worker("staying")
        under_test.upload("a.tif", self.content)
        for _ in range(3):
            job = under_test.process("a.tif")
            harness.until(lambda: under_test.job(job)["phase"] not in ("queued", "read"), "strips to be handed out")
            self.assertEqual(leaving.stop(), 0)
            done = under_test.done(job)
            self.assert_same(under_test.download("a_equalized.tif"), self.expected)
            self.assertEqual((done["strips"]["lies"], done["strips"]["map_done"]), (0, done["strips"]["total"]))
            under_test.has_lost("leaving")
            leaving = under_test.own_worker("leaving")

    def test_an_idle_master(self):
        under_test = self.master()
        under_test.own_worker("w")
        for signal_ in (signal.SIGTERM, signal.SIGINT):
            under_test.runs.signal(signal_)
            self.assertEqual(under_test.runs.ended(), 0)
            under_test = self.master(data=under_test.data)

    def test_a_master_in_the_middle_of_a_job(self):
        """It finishes the job, or stores it for the next start, and ends in time."""
        under_test = self.master()
        under_test.own_worker("w")
        under_test.upload("a.tif", self.content)
        job = under_test.process("a.tif")
        self.assertEqual(under_test.runs.stop(), 0)
        again = self.master(data=under_test.data)
        again.done(job)
        self.assert_same(again.download("a_equalized.tif"), self.expected)

    def test_a_master_whose_worker_answers_nothing(self):
        under_test = self.master()
        holding = under_test.peer("misbehaving_worker", "w", "--dialect", "v2", "--do", "silence")
        under_test.upload("a.tif", self.content)
        job = under_test.process_until("a.tif", holding, "did silence")
        self.assertEqual(under_test.runs.stop(), 0)
        again = self.master(data=under_test.data)
        again.done(job)

    def test_a_master_with_idle_and_busy_connections(self):
        under_test = self.master()
        connections = [under_test.connection() for _ in range(20)]
        for connection in connections:
            connection.connect()
        events = under_test.connection()
        events.request("GET", "/api/v1/events")
        events.getresponse()
        half = under_test.connection()
        half.putrequest("POST", "/upload")
        half.putheader("Content-Type", "multipart/form-data; boundary=x")
        half.putheader("Content-Length", "100000")
        half.endheaders()
        self.assertEqual(under_test.runs.stop(), 0)
        for connection in (*connections, events, half):
            connection.close()


if __name__ == "__main__":
    master.main()
