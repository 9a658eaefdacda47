"""Tests of the test peers: those of the older dialects work together, and the misbehaving worker does what it says.

The other tests rely on the peers, so here they are tested against each other and the examples of PROTOCOL.md, without
the program.
"""

import hashlib
import json
import socket

import harness
import peer


def digest(samples, seed):
    return hashlib.sha256(peer.equalized(peer.dull_samples(samples, seed))).hexdigest()


class Arithmetic(harness.Case):
    def test_the_example_of_the_protocol(self):
        samples = bytes([0, 1, 0, 255])
        self.assertEqual(peer.histogram(samples), [2, 1, *[0] * 253, 1])
        self.assertEqual(peer.table(peer.histogram(samples)), [0, *[128] * 254, 255])
        self.assertEqual(peer.equalized(samples), bytes([0, 128, 0, 255]))

    def test_one_level_or_none_stays_as_it_is(self):
        self.assertEqual(peer.equalized(bytes([7] * 5)), bytes([7] * 5))
        self.assertEqual(peer.equalized(b""), b"")

    def test_levels_below_the_first_are_0_and_halves_round_up(self):
        self.assertEqual(peer.table([0, 0, 1, 1, 0])[:3], [0, 0, 0])
        self.assertEqual(peer.table([1, 1, 1, 0]), [0, 2, 3, 3])  # 1.5 is 2


class Documented(harness.Case):
    def master(self, *options):
        master = self.peer("documented_master", *options)
        return master, master.said("listening").split()[1]

    def test_any_number_of_workers_and_pieces(self):
        for workers, options in ((1, ()), (3, ()), (2, ("--pieces", "7")), (3, ("--samples", "2"))):
            with self.subTest(workers=workers, options=options):
                master, address = self.master("--workers", workers, *options)
                started = [self.peer("documented_worker", address, f"w-{n}") for n in range(workers)]
                samples = 2 if "--samples" in options else 100_000
                self.assertEqual(master.said("result"), f"result {digest(samples, 1)}")
                self.assertEqual([worker.ended() for worker in started], [0] * workers)

    def test_a_master_that_insists_on_two_fields(self):
        for manner, word in (("hang-up", "refused"), ("silent", "ignored")):
            with self.subTest(manner=manner):
                master, address = self.master("--two-fields", manner)
                self.peer("misbehaving_worker", address, "new", "--dialect", "v2", "--returns", "0")
                master.said(f"{word} REGISTER new ECE465/2 ")
                self.peer("documented_worker", address, "old")
                self.assertEqual(master.said("result"), f"result {digest(100_000, 1)}")

    def test_a_course_master_is_not_understood(self):
        master = self.peer("course_master")
        worker = self.peer("documented_worker", master.said("listening").split()[1], "w")
        self.assertEqual(worker.ended(), 2)
        worker.said("misunderstanding: not REGISTERED: 'ACK_REGISTER'")


class Course(harness.Case):
    def test_jobs_at_a_time_over_any_number_of_workers(self):
        for workers, jobs, samples in ((1, 1, 100_000), (3, 1, 100_000), (2, 5, 50_000), (4, 2, 3), (1, 1, 0)):
            with self.subTest(workers=workers, jobs=jobs, samples=samples):
                master = self.peer("course_master", "--workers", workers, "--jobs", jobs, "--samples", samples)
                address = master.said("listening").split()[1]
                for n in range(workers):
                    self.peer("course_worker", address, f"w-{n}")
                for job in range(1, jobs + 1):
                    self.assertEqual(master.said(f"result job_{job} "), f"result job_{job} {digest(samples, job)}")
                self.assertEqual(master.ended(), 0)
                for n in range(workers):
                    master.said(f"log w-{n} Connected to master at {address}")

    def test_a_documented_header_makes_the_worker_drop_and_return(self):
        listener, address = self.listen()
        worker = self.peer("course_worker", address, "w", "--return-after", "0")
        for _ in range(2):
            connection = self.accept(listener)
            self.assertEqual(connection.line(), "REGISTER w")
            connection.send("REGISTERED\n", "CALC_HIST 4\n", bytes(4))
            self.assertIsNone(self.end_of(connection), "said something: REGISTERED is no reason to LOG")
        worker.said("dropped", times=2)

    def test_a_plain_end_of_stream_makes_it_return_at_once(self):
        listener, address = self.listen()
        self.peer("course_worker", address, "w")
        for _ in range(3):
            connection = self.accept(listener)
            self.assertEqual(connection.line(), "REGISTER w")
            connection.send("ACK_REGISTER\n")
            self.assertTrue(connection.line().startswith("LOG w Connected"))
            connection.close()

    def end_of(self, connection):
        try:
            return connection.line()
        except (peer.Gone, ConnectionResetError):
            return None


class Evil(harness.Case):
    """A minimal master, to check what the misbehaving worker sends."""

    def meet(self, dialect, *options):
        listener, address = self.listen()
        self.worker = self.peer("misbehaving_worker", address, "e", "--dialect", dialect, "--returns", "0", *options)
        connection = self.accept(listener)
        self.assertEqual(connection.line().split()[:2], ["REGISTER", "e"])
        answer = {"documented": "REGISTERED", "course": "ACK_REGISTER",
                  "v2": "REGISTERED ECE465/2 heartbeat=3600000 payload=1073741824 checksum=none"}[dialect]
        connection.send(answer, "\n")
        if dialect == "course":
            self.assertEqual(connection.line(), "LOG e Connected")
        return connection

    samples = bytes([0, 1, 0, 255])
    table = bytes([0, *[128] * 254, 255])
    counts = [2, 1, *[0] * 253, 1]

    def test_correct_answers_in_every_dialect(self):
        documented = self.meet("documented")
        documented.send("CALC_HIST 4\n", self.samples, "APPLY_CDF 4\n", self.table, self.samples)
        self.assertEqual(documented.line(), f"HIST_RESULT {json.dumps(self.counts)}")
        self.assertEqual((documented.line(), documented.bytes(4)), ("CDF_RESULT 4", bytes([0, 128, 0, 255])))

        course = self.meet("course")
        course.send("CALC_HIST job_1 4\n", self.samples, "APPLY_CDF job_1 4\n", self.table, self.samples)
        self.assertEqual((course.line(), course.line()), ("HIST_RESULT job_1", json.dumps(self.counts)))
        self.assertEqual((course.line(), course.bytes(4)), ("MAPPED_RESULT job_1 4", bytes([0, 128, 0, 255])))

        v2 = self.meet("v2")
        v2.send("CALC_HIST 4 task=7 keep=1\n", self.samples, "CALC_HIST 4 task=8 bits=16\n", bytes([0, 0, 0, 1]))
        self.assertEqual((v2.line(), v2.bytes(6)), ("HIST_RESULT 6 task=7", bytes.fromhex("020100fc0101")))
        self.assertEqual((v2.line(), v2.bytes(9)),
                         ("HIST_RESULT 9 task=8 bits=16", bytes.fromhex("0100fe010100fefd03")))
        v2.send("PING n=5\n", "LOG what = ever\n", "TABLE 256 table=1\n", self.table, "DROP task=99\n",
                "APPLY_CDF 0 task=9 from=7 table=1\n", "APPLY_CDF 4 task=10\n", self.table, self.samples)
        self.assertEqual(v2.line(), "PONG n=5")
        self.assertEqual((v2.line(), v2.bytes(4)), ("CDF_RESULT 4 task=9", bytes([0, 128, 0, 255])))
        self.assertEqual((v2.line(), v2.bytes(4)), ("CDF_RESULT 4 task=10", bytes([0, 128, 0, 255])))
        squares = b"".join((level * 256 % 65536).to_bytes(2, "little") for level in range(65536))
        v2.send("APPLY_CDF 4 task=12 bits=16\n", squares, bytes([3, 0, 0, 1]))
        self.assertEqual((v2.line(), v2.bytes(4)), ("CDF_RESULT 4 task=12", bytes([0, 3, 0, 0])))

    def documented_answers(self, deed, *options):
        """The answers to a count and a map, as text up to the end of the stream."""
        connection = self.meet("documented", "--do", deed, *options)
        connection.send("CALC_HIST 0\n")
        self.assertEqual(connection.line(), f"HIST_RESULT {json.dumps([0] * 256)}")  # a probe is answered correctly
        connection.send("CALC_HIST 4\n", self.samples)
        # If a peer disconnects with unread data, the system discards what it has sent.
        if deed not in ("hang-up", "half"):
            connection.send("APPLY_CDF 4\n", self.table, self.samples)
            connection.socket.shutdown(socket.SHUT_WR)
        self.worker.said("closed")
        said = bytearray()
        try:
            while block := connection.socket.recv(1 << 20):
                said += block
        except ConnectionResetError:
            pass
        return said.decode("latin-1")

    def test_invalid_answers(self):
        true_count = f"HIST_RESULT {json.dumps(self.counts)}\n"
        true_map = "CDF_RESULT 4\n\x00\x80\x00\xff"
        for deed, expected in {
            "correct": true_count + true_map,
            "wrong-sum": f"HIST_RESULT {json.dumps([3, 1, *[0] * 253, 1])}\n{true_map}",
            "shifted": f"HIST_RESULT {json.dumps([1, *[0] * 253, 1, 2])}\n{true_map}",
            "negative": f"HIST_RESULT {json.dumps([-3, 6, *[0] * 253, 1])}\n{true_map}",
            "wrong-samples": f"{true_count}CDF_RESULT 4\n\xff\x7f\xff\x00",
            "short": f"HIST_RESULT {json.dumps([2, 1, *[0] * 253])}\nCDF_RESULT 3\n\x00\x80\x00",
            "long": f"HIST_RESULT {json.dumps([2, 1, *[0] * 253, 1, 0, 1])}\nCDF_RESULT 5\n\x00\x80\x00\xff!",
            "nonsense": "%%% 17 what? %%%\n" * 2,
            "twice": true_count * 2 + true_map * 2,
            "unasked": f"HIST_RESULT {json.dumps([1] * 256)}\n{true_count}"
                       f"HIST_RESULT {json.dumps([1] * 256)}\n{true_map}",
            "silence": "",
            "hang-up": "",
            "half": true_count[:len(true_count) // 2],
            "trickle": true_count + true_map,
        }.items():
            with self.subTest(deed=deed):
                self.assertEqual(self.documented_answers(deed, "--pause", "0"), expected)

    def test_when_and_after(self):
        connection = self.meet("documented", "--do", "wrong-samples", "--when", "map", "--after", "1")
        for expected in (bytes([0, 128, 0, 255]), bytes([255, 127, 255, 0]), bytes([255, 127, 255, 0])):
            connection.send("CALC_HIST 4\n", self.samples, "APPLY_CDF 4\n", self.table, self.samples)
            self.assertEqual(connection.line(), f"HIST_RESULT {json.dumps(self.counts)}")
            self.assertEqual((connection.line(), connection.bytes(4)), ("CDF_RESULT 4", expected))

    def test_errors_and_farewell_of_version_2(self):
        v2 = self.meet("v2", "--do", "forget")
        v2.send("CALC_HIST 4 task=7 keep=1\n", self.samples, "APPLY_CDF 0 task=8 from=7\n", self.table)
        self.assertEqual((v2.line(), v2.bytes(6)), ("HIST_RESULT 6 task=7", bytes.fromhex("020100fc0101")))
        self.assertEqual(v2.line(), "ERROR code=no_chunk task=8 text=forgotten")
        v2 = self.meet("v2", "--do", "refuse")
        v2.send("CALC_HIST 4 task=7\n", self.samples)
        self.assertEqual(v2.line(), "ERROR code=failed task=7 text=on purpose")
        v2 = self.meet("v2", "--do", "farewell")
        v2.send("CALC_HIST 4 task=7\n", self.samples)
        self.assertEqual(v2.line(), "BYE")
        v2.send("BYE\n")
        self.assertIsNone(v2.line())


if __name__ == "__main__":
    harness.main()
