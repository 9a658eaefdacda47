"""Workers with invalid answers: these never affect the result, and the job ends.

Each of them runs alone, so that the master processes the rest, and beside a correct worker.
"""

import harness
import master

# Faults, and the kinds of requests they apply to.
INVALID_ANSWERS = {
    "short": ("count", "map"),
    "long": ("count", "map"),
    "lying-size": ("map",),
    "huge-size": ("count", "map"),
    "wrong-sum": ("count",),
    "shifted": ("count",),
    "negative": ("count",),
    "wrong-samples": ("map",),
    "garbage": ("count", "map"),
    "nonsense": ("count", "map"),
    "half": ("count", "map"),
    "hang-up": ("count", "map"),
}
ODDITIES = {  # unusual, but not invalid
    "twice": ("count", "map"),
    "unasked": ("count", "map"),
}


class Case(master.Case):
    def setUp(self):
        super().setUp()
        self.under_test = self.master()
        self.content = self.image("a.tif", "--size", "2400x2000")  # five strips
        self.expected = self.equalized("a.tif", self.content)
        self.under_test.upload("a.tif", self.content)

    def assert_result(self, job):
        done = self.under_test.done(job)
        self.assert_same(self.under_test.download("a_equalized.tif"), self.expected)
        return done

    def assert_harmless(self, faults, accompanied):
        """Jobs with such workers have correct results. Returns how many invalid results the master has counted."""
        if accompanied:
            self.under_test.honest_peer("honest", beside=self.dialect)
        invalid = 0
        for fault, phases in faults.items():
            for phase in phases:
                with self.subTest(fault=fault, phase=phase, accompanied=accompanied):
                    worker = f"{fault}-{phase}"
                    peer = self.under_test.peer("misbehaving_worker", worker, "--dialect", self.dialect, "--do", fault,
                                                "--when", phase, "--returns", "1")
                    try:
                        job = self.under_test.process_until("a.tif", peer, f"does {fault} {phase}")
                        invalid += self.assert_result(job)["strips"]["lies"]
                    finally:
                        peer.kill()
                    self.under_test.has_lost(worker)
                    self.assertTrue(self.under_test.answers())
        return invalid


class Misbehaving:
    """The tests of one dialect."""

    def test_invalid_answers_alone(self):
        self.assert_harmless(INVALID_ANSWERS, accompanied=False)

    def test_invalid_answers_beside_a_correct_worker(self):
        self.assert_harmless(INVALID_ANSWERS, accompanied=True)

    def test_oddities(self):
        invalid = self.assert_harmless(ODDITIES, accompanied=False)
        if self.dialect != "documented":  # there, an unrequested answer is taken for the requested one
            self.assertEqual(invalid, 0)


class Documented(Misbehaving, Case):
    dialect = "documented"


class Course(Misbehaving, Case):
    dialect = "course"


class Version2(Misbehaving, Case):
    dialect = "v2"


class Version2Only(Case):
    """Specific to ECE465/2."""

    def test_kept_samples_that_are_gone_are_sent_again(self):
        self.under_test.peer("misbehaving_worker", "w", "--dialect", "v2", "--do", "forget")
        done = self.assert_result(self.under_test.process("a.tif"))
        self.assertEqual((done["strips"]["lies"], done["bytes"]["spared"]), (0, 0), done)

    def test_one_that_keeps_nothing(self):
        self.under_test.peer("misbehaving_worker", "w", "--dialect", "v2", "--memory", "0")
        done = self.assert_result(self.under_test.process("a.tif"))
        self.assertEqual((done["strips"]["lies"], done["bytes"]["spared"]), (0, 0), done)

    def test_one_that_keeps_everything_spares_the_second_sending(self):
        self.under_test.peer("misbehaving_worker", "w", "--dialect", "v2", "--memory", 1 << 30)
        harness.until(lambda: self.assert_result(self.under_test.process("a.tif"))["bytes"]["spared"] > 0,
                      "a strip of which only the table was sent")

    def test_one_that_takes_only_a_little_at_a_time(self):
        self.under_test.peer("misbehaving_worker", "w", "--dialect", "v2", "--credit", "1")
        self.assert_result(self.under_test.process("a.tif"))

    def test_one_that_refuses_everything(self):
        self.under_test.peer("misbehaving_worker", "w", "--dialect", "v2", "--do", "refuse")
        self.assert_result(self.under_test.process("a.tif"))

    def test_one_that_leaves_and_answers_nothing(self):
        leaving = self.under_test.peer("misbehaving_worker", "w", "--dialect", "v2", "--do", "farewell",
                                       "--returns", "0")
        job = self.under_test.process_until("a.tif", leaving, "did farewell")
        leaving.kill()
        self.assert_result(job)

    def test_repeated_invalid_answers_end_the_connection(self):
        peer = self.under_test.peer("misbehaving_worker", "w", "--dialect", "v2", "--do", "wrong-sum", "--when", "count",
                                    "--returns", "0")
        harness.until(lambda: self.assert_result(self.under_test.process("a.tif")) and not peer.running(),
                      "the worker to be disconnected")
        self.assertGreaterEqual(self.under_test.runs.logged("invalid result"), 3)


class Talkative(Case):
    """A line of a gigabyte must not use memory, and ends the worker's connection."""

    def test_a_line_without_end(self):
        before = self.under_test.memory("VmHWM")
        for dialect in ("documented", "course", "v2"):
            with self.subTest(dialect=dialect):
                worker = self.under_test.peer("misbehaving_worker", dialect, "--dialect", dialect, "--do", "endless-line",
                                              "--returns", "1")
                job = self.under_test.process_until("a.tif", worker, "does endless-line")
                worker.said("closed", times=2 if dialect == "course" else 1)
                self.assert_result(job)
                worker.kill()
                self.under_test.has_lost(dialect)
        self.assertLess(self.under_test.memory("VmHWM") - before, 64 << 20)


if __name__ == "__main__":
    master.main()
