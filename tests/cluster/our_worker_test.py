"""`ece465 worker` with masters of the older dialects; connecting, reconnecting and stopping."""

import hashlib
import signal
import socket

import harness
import master
import peer


VERSION_2 = "REGISTERED ECE465/2 heartbeat=5000 payload=1073741824 checksum=none\n"


def digest(samples, seed):
    return hashlib.sha256(peer.equalized(peer.dull_samples(samples, seed))).hexdigest()


class Case(harness.Case):
    def worker(self, address, worker="w", *options):
        return self.start(f"worker {worker}", [harness.ECE465, "worker", "--master", address, "--id", worker,
                                               "--log-format", "json", *options])

    def peer_master(self, program, *options):
        started = self.peer(program, *options)
        return started, started.said("listening").split()[1]


class Documented(Case):
    def test_a_master_that_takes_the_line(self):
        started, address = self.peer_master("documented_master", "--workers", "3", "--pieces", "8")
        for n in range(3):
            self.worker(address, f"w-{n}")
        self.assertEqual(started.said("result"), f"result {digest(100_000, 1)}")
        self.assertEqual(started.ended(), 0)

    def test_a_master_that_hangs_up_on_more_than_two_fields(self):
        started, address = self.peer_master("documented_master", "--two-fields", "hang-up")
        self.worker(address)
        self.assertEqual(started.said("result"), f"result {digest(100_000, 1)}")
        self.assertEqual(started.said("registered"), "registered w")

    def test_next_to_a_documented_worker(self):
        started, address = self.peer_master("documented_master", "--workers", "2", "--pieces", "6")
        self.worker(address)
        self.peer("documented_worker", address, "other")
        self.assertEqual(started.said("result"), f"result {digest(100_000, 1)}")

    def test_empty_pieces(self):
        started, address = self.peer_master("documented_master", "--samples", "1", "--pieces", "3")
        self.worker(address)
        self.assertEqual(started.said("result"), f"result {digest(1, 1)}")


class Course(Case):
    def test_jobs_at_a_time(self):
        for workers, jobs, samples in ((1, 3, 100_000), (2, 1, 1), (3, 4, 50_000)):
            with self.subTest(workers=workers, jobs=jobs, samples=samples):
                started, address = self.peer_master("course_master", "--workers", workers, "--jobs", jobs,
                                                    "--samples", samples)
                own = [self.worker(address, f"w-{n}") for n in range(workers)]
                for job in range(1, jobs + 1):
                    self.assertEqual(started.said(f"result job_{job} "), f"result job_{job} {digest(samples, job)}")
                self.assertEqual(started.ended(), 0)
                self.assertEqual(started.count("unknown"), 0)
                for worker in own:
                    worker.kill()

    def test_it_logs_as_the_course_worker_does(self):
        started, address = self.peer_master("course_master")
        self.worker(address)
        started.said("log w ")
        self.assertEqual(started.ended(), 0)

    def test_next_to_a_course_worker(self):
        started, address = self.peer_master("course_master", "--workers", "2", "--jobs", "2")
        self.worker(address)
        self.peer("course_worker", address, "other")
        for job in (1, 2):
            self.assertEqual(started.said(f"result job_{job} "), f"result job_{job} {digest(100_000, job)}")


class ComingsAndGoings(Case):
    def test_it_comes_back_for_ever(self):
        listener, address = self.listen()
        own = self.worker(address)
        for _ in range(3):
            connection = self.accept(listener)
            self.assertTrue(connection.line().startswith("REGISTER w"))
            connection.send("REGISTERED\n")
            connection.close()
        listener.close()
        self.assertTrue(own.running())
        self.assertEqual(own.stop(), 0)

    def test_it_may_be_started_before_its_master(self):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))  # the port is in use, but nobody listens
            own = self.worker("{}:{}".format(*listener.getsockname()))
            harness.until(lambda: own.lines, "a word about the missing master")
            listener.settimeout(harness.PATIENCE)
            listener.listen()
            self.assertTrue(self.accept(listener).line().startswith("REGISTER w"))

    def test_sigterm_ends_it_in_good_order_whatever_its_master_does(self):
        for answer, request in (("", ""), ("REGISTERED\n", "CALC_HIST 0\n"), ("ACK_REGISTER\n", "CALC_HIST job_1 0\n"),
                                (VERSION_2, "CALC_HIST 0 task=1\n")):
            with self.subTest(answer=answer):
                listener, address = self.listen()
                own = self.worker(address)
                connection = self.accept(listener)
                connection.line()
                connection.send(answer, request)
                if request:
                    line = self.line_that_begins(connection, "HIST_RESULT")
                    if answer == VERSION_2:
                        connection.bytes(int(line.split()[1]))
                own.signal(signal.SIGTERM)
                if answer == VERSION_2:
                    self.line_that_begins(connection, "BYE")
                    connection.send("BYE\n")
                self.assertEqual(own.ended(), 0)

    def test_it_answers_what_it_holds_before_it_leaves(self):
        listener, address = self.listen()
        own = self.worker(address)
        connection = self.accept(listener)
        connection.line()
        samples = peer.dull_samples(1 << 20, 1)
        connection.send(VERSION_2, "CALC_HIST 0 task=1\n")
        connection.bytes(int(self.line_that_begins(connection, "HIST_RESULT").split()[1]))
        connection.send(f"CALC_HIST {len(samples)} task=2\n", samples[:300_000])
        own.signal(signal.SIGTERM)  # in the middle of a request, which it may or may not have started to read
        self.line_that_begins(connection, "BYE")
        connection.send(samples[300_000:], "BYE\n")
        line = self.line_that_begins(connection, "HIST_RESULT", "ERROR code=leaving ")
        self.assertIn("task=2", line.split())
        if line.startswith("HIST_RESULT"):
            connection.bytes(int(line.split()[1]))
        self.assertEqual(own.ended(), 0)

    def line_that_begins(self, connection, *beginnings):
        while not (line := connection.line()).startswith(beginnings):
            pass
        return line


class EvilMasters(Case):
    """Malformed messages end the connection and use no memory; the worker continues."""

    def setUp(self):
        super().setUp()
        self.listener, self.address = self.listen()

    def registered(self, *answer):
        """The first connection of a new worker, with this answer to REGISTER."""
        self.own = self.worker(self.address)
        connection = self.accept(self.listener)
        self.assertTrue(connection.line().startswith("REGISTER w"))
        connection.send(*answer)
        return connection

    def to_the_end(self, connection):
        """All lines until it disconnects."""
        lines = []
        try:
            while (line := connection.line()) is not None:
                lines.append(line)
        except (peer.Gone, ConnectionError):
            pass
        return lines

    def test_what_cannot_be_understood(self):
        for answer in (VERSION_2, "REGISTERED\n", "ACK_REGISTER\n"):
            for words in ("%%% 17\n", "CALC_HIST -1\n", "CALC_HIST 99999999999999999999999\n", "CALC_HIST x\n",
                          "APPLY_CDF job_1 4 5 6\n", "HIST_RESULT [1]\n", "CALC_HIST 9999999999\n", "CALC_HIST\n"):
                with self.subTest(answer=answer, words=words):
                    connection = self.registered(answer, words)
                    lines = [line for line in self.to_the_end(connection) if not line.startswith(("LOG ", "PING "))]
                    self.assertTrue(self.own.running())
                    self.own.kill()
                    if answer == VERSION_2:
                        self.assertTrue(lines and lines[-1].startswith("ERROR code="), lines)
                    else:
                        self.assertEqual(lines, [])

    def test_a_line_without_end(self):
        block = b"x" * (1 << 20)
        for answer in ("", "REGISTERED\n", "ACK_REGISTER\n", VERSION_2):
            connection = self.registered(answer)
            before = self.memory()
            try:
                for _ in range(1024):
                    connection.send(block)
            except ConnectionError:
                pass
            else:
                self.fail("it took a line of a gigabyte")
            self.assertTrue(self.own.running())
            self.assertLess(self.memory() - before, 8 << 20)
            self.own.kill()

    def memory(self):
        with open(f"/proc/{self.own.pid}/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))

    def test_what_it_does_not_hold_is_an_error_and_no_more(self):
        connection = self.registered(VERSION_2)
        connection.send("APPLY_CDF 0 task=2 from=1\n", bytes(range(256)), "APPLY_CDF 4 task=3 table=9\nabcd",
                        "MAP 4 task=4 kind=poetry\nabcd", "SING 4 task=5\nabcd", "DROP task=77\n", "DROP table=1\n",
                        "CALC_HIST 4 task=6\nabcd")
        said = {}
        while len(said) < 5:
            line = connection.line()
            fields = line.split()
            found = dict(field.split("=", 1) for field in fields if "=" in field)
            if fields[0] in ("ERROR", "HIST_RESULT"):
                said[found["task"]] = found.get("code")
                if fields[0] == "HIST_RESULT":
                    connection.bytes(int(fields[1]))
        self.assertEqual(said, {"2": "no_chunk", "3": "no_table", "4": "unsupported", "5": "unsupported", "6": None})


class Probed(master.Case):
    def test_one_that_waits_for_its_first_work_is_well_and_one_that_went_is_not(self):
        under_test = self.master()
        own = under_test.own_worker("own")

        def probe(*options):
            return self.start("probe", [harness.ECE465, "health", "--url", f"http://{under_test.http}", *options]).ended()
        self.assertEqual(probe(), 0)
        self.assertEqual(probe("--worker", "own"), 0)
        self.assertEqual(own.stop(), 0)
        under_test.has_lost("own")
        self.assertEqual(probe("--worker", "own"), 1)


if __name__ == "__main__":
    harness.main()
