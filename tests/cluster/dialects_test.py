"""Workers of all dialects at the same time, without any options; and how each is detected."""

import json
import socket
import subprocess

import harness
import master
import peer


class Mixed(master.Case):
    def test_all_dialects_do_one_job_together(self):
        under_test = self.master()
        under_test.peer("documented_worker", "documented", ready=False)
        under_test.peer("course_worker", "course", "--return-after", "0", ready=False)
        under_test.peer("misbehaving_worker", "v2", "--dialect", "v2", ready=False)  # answers correctly
        under_test.own_worker("own", ready=False)
        under_test.has_workers("documented", "course", "v2", "own")
        dialects = {worker["id"]: worker["dialect"] for worker in under_test.get("/api/v1/workers")["workers"]}
        self.assertEqual(dialects, {"documented": "documented", "course": "course", "v2": "ECE465/2",
                                    "own": "ECE465/2"})
        # Each answers a strip here; in the jobs below the fast one may process all of them.
        under_test.prove("documented", "course", "v2", "own")
        for name, *options in (("gray.tif", "--size", "4000x3000"),
                               ("color.jpg", "--size", "2000x1600", "--color", "ycbcr")):
            content = self.image(name, *options)
            job, result = under_test.put_through(name, content)
            self.assert_same(result, self.equalized(name, content), name)
            self.assertEqual((job["strips"]["lies"], job["strips"]["map_done"], job["strips"]["apply_done"]),
                             (0, job["strips"]["total"], job["strips"]["total"]))


class Documented(master.Case):
    def test_one_does_a_whole_job(self):
        self.assert_does_a_job()

    def test_one_that_reads_the_answer_by_one_read(self):
        self.assert_does_a_job("--one-read")

    def test_one_that_takes_an_empty_read_for_the_end(self):
        self.assert_does_a_job("--empty-is-end", "--reconnect", "0")

    def assert_does_a_job(self, *options):
        under_test = self.master()
        under_test.peer("documented_worker", "w", *options)
        self.assertEqual(under_test.worker("w")["dialect"], "documented")
        under_test.prove("w")
        content = self.image("a.tif", "--size", "2000x1600")
        under_test.upload("a.tif", content)
        under_test.process_until_done_by("a.tif", "w")
        self.assert_same(under_test.download("a_equalized.tif"), self.equalized("a.tif", content))

    def test_16_bits_are_not_for_it(self):
        under_test = self.master()
        worker = under_test.peer("documented_worker", "w")
        content = self.image("a.tif", "--bits", "16")
        job, result = under_test.put_through("a.tif", content)
        self.assert_same(result, self.equalized("a.tif", content))
        self.assertEqual([share["id"] for share in job["workers"]], ["master"])
        self.assertEqual(under_test.nodes(), ["w"])
        self.assertEqual(worker.count("answered"), 1)  # the empty request of its probation


class Course(master.Case):
    def test_one_does_a_whole_job_and_its_log_lines_are_kept(self):
        under_test = self.master()
        under_test.peer("course_worker", "w", "--return-after", "0")
        self.assertEqual(under_test.worker("w")["dialect"], "course")
        under_test.prove("w")
        content = self.image("a.tif", "--size", "2000x1600")
        under_test.upload("a.tif", content)
        under_test.process_until_done_by("a.tif", "w")
        self.assert_same(under_test.download("a_equalized.tif"), self.equalized("a.tif", content))
        lines = {(line["source"], line["message"]) for line in under_test.get("/logs")["logs"]}
        self.assertIn(("w", f"Connected to master at {under_test.workers}"), lines)
        self.assertTrue(any(source == "w" and "bytes mapped" in message for source, message in lines), lines)

    def test_one_that_never_logs(self):
        under_test = self.master()
        under_test.peer("course_worker", "w", "--return-after", "0", "--quiet")
        self.assertEqual(under_test.worker("w")["dialect"], "course")
        content = self.image("a.jpg", "--size", "2000x1600")
        _, result = under_test.put_through("a.jpg", content)
        self.assert_same(result, self.equalized("a.jpg", content))

    def test_what_it_speaks_is_remembered_when_it_returns(self):
        under_test = self.master()
        first = under_test.peer("course_worker", "w", "--return-after", "0")
        first.said("registered ACK_REGISTER")
        self.assertEqual(first.count("dropped"), 1)
        first.kill()
        under_test.has_lost("w")
        again = under_test.peer("course_worker", "w", "--return-after", "0")
        again.said("registered ACK_REGISTER")
        self.assertEqual(again.count("dropped"), 0)

    def test_the_newest_connection_of_an_id_is_the_one_that_counts(self):
        under_test = self.master()
        under_test.peer("course_worker", "w", "--return-after", "0")
        newer = under_test.peer("documented_worker", "w", "--reconnect", "0", ready=False)
        harness.until(lambda: (under_test.worker("w") or {}).get("dialect") == "documented", "the newer worker")
        newer.said("answered CALC_HIST")
        self.assertEqual(under_test.nodes(), ["w"])


class Refused(master.Case):
    def test_ids_that_are_no_host_names(self):
        under_test = self.master()
        for worker in ("-w", "ä", "a/b", "w" * 265, ".", "a\x00b"):
            with self.subTest(worker=worker):
                connection = peer.connect(under_test.workers)
                connection.send(f"REGISTER {worker}\n")
                self.assertTrue((connection.line() or "ERROR code=refused").startswith("ERROR code=refused"))
                self.assertIsNone(connection.line())
                connection.close()
        self.assertEqual(under_test.nodes(), [])

    def test_what_is_no_register(self):
        under_test = self.master()
        for words in ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\x16\x03\x01\x02\x00\n", "REGISTER\n", "HIST_RESULT [1]\n"):
            with self.subTest(words=words):
                connection = peer.connect(under_test.workers)
                connection.send(words)
                while connection.line() is not None:
                    pass
                connection.close()
        self.assertEqual(under_test.nodes(), [])


class Probes(master.Case):
    def test_whoever_only_looks_whether_the_port_is_open_is_hardly_worth_a_line(self):
        under_test = self.master("--log-level", "debug")
        subprocess.run([harness.ECE465, "health", "--tcp", under_test.workers], check=True, capture_output=True)
        told = json.loads(under_test.runs.log_line("connection did not register as a worker"))
        self.assertEqual(told["level"], "debug", told)
        connection = peer.connect(under_test.workers)
        connection.send("REGIST")
        connection.close()
        told = json.loads(under_test.runs.log_line("connection did not register as a worker", times=2))
        self.assertEqual(told["level"], "info", told)


class Talkers(master.Case):
    def test_one_that_talks_all_the_time_leaves_room_for_the_others(self):
        under_test = self.master()
        talker, other = peer.connect(under_test.workers), peer.connect(under_test.workers)
        talker.send("REGISTER talker ECE465/2 threads=1 credit=1000000 memory=0 payload=1000000\n")
        self.assertTrue(talker.line().startswith("REGISTERED"))
        other.send("REGISTER other ECE465/2 threads=1 credit=1000000 memory=0 payload=1000000\nLOG other hello\n")
        self.assertTrue(other.line().startswith("REGISTERED"))
        lines = 5000
        talker.send("".join(f"LOG talker {n}\n" for n in range(lines)) + "PING n=1\n")
        while (said := talker.line()) != "PONG n=1":
            self.assertIsNotNone(said)
        told = json.loads(under_test.runs.log_line("log lines of a worker suppressed"))
        self.assertEqual(told["worker"], "talker")
        self.assertGreater(told["lines"], lines // 2)
        logs = [(line["source"], line["message"]) for line in under_test.get("/logs")["logs"]]
        self.assertIn(("Master", f"{told['lines']} log lines of talker suppressed: too many at once"), logs)
        talker.close()
        other.close()


class Pretenders(master.Case):
    def test_nobody_speaks_for_another(self):
        under_test = self.master()
        host, port = under_test.workers.rsplit(":", 1)
        for name, seen in (("Master", "worker Master"), ("somebody", "somebody")):
            with socket.create_connection((host, int(port)), timeout=harness.PATIENCE) as connection:
                connection.sendall(f"REGISTER {name}\nLOG Master forged\n".encode())
                harness.until(lambda seen=seen: (seen, "forged") in
                              {(line["source"], line["message"]) for line in under_test.get("/logs")["logs"]},
                              f"the line of {seen}")
        self.assertNotIn(("Master", "forged"),
                         {(line["source"], line["message"]) for line in under_test.get("/logs")["logs"]})


if __name__ == "__main__":
    master.main()
