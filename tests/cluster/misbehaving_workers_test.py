"""Workers that answer wrongly: what they say is never in the result, and the job ends.

Each liar works beside an honest worker, and alone: then the master does what is left.
"""

import harness
import master

# What is done, and in answer to which requests.
LIES = {
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
ODDITIES = {  # nothing of it is wrong
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

    def assert_harmless(self, deeds, company):
        """The results of jobs that such workers take part in are right, and what was counted in them is returned."""
        if company:
            self.under_test.honest_peer("honest", beside=self.dialect)
        lies = 0
        for deed, phases in deeds.items():
            for phase in phases:
                with self.subTest(deed=deed, phase=phase, company=company):
                    worker = f"{deed}-{phase}"
                    liar = self.under_test.peer("misbehaving_worker", worker, "--dialect", self.dialect, "--do", deed,
                                                "--when", phase, "--returns", "1")
                    try:
                        job = self.under_test.process_until("a.tif", liar, f"does {deed} {phase}")
                        lies += self.assert_result(job)["strips"]["lies"]
                    finally:
                        liar.kill()
                    self.under_test.has_lost(worker)
                    self.assertTrue(self.under_test.answers())
        return lies


class Liars:
    """The tests, for a dialect."""

    def test_lies_alone(self):
        self.assert_harmless(LIES, company=False)

    def test_lies_in_company(self):
        self.assert_harmless(LIES, company=True)

    def test_oddities(self):
        lies = self.assert_harmless(ODDITIES, company=False)
        if self.dialect != "documented":  # there, what was not asked for is taken for the answer to what was
            self.assertEqual(lies, 0)


class Documented(Liars, Case):
    dialect = "documented"


class Course(Liars, Case):
    dialect = "course"


class Version2(Liars, Case):
    dialect = "v2"


class Version2Only(Case):
    """What only ECE465/2 can say, or keep from saying."""

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
        leaving = self.under_test.peer("misbehaving_worker", "w", "--dialect", "v2", "--do", "farewell", "--returns", "0")
        job = self.under_test.process_until("a.tif", leaving, "did farewell")
        leaving.kill()
        self.assert_result(job)

    def test_several_lies_cost_the_connection(self):
        liar = self.under_test.peer("misbehaving_worker", "w", "--dialect", "v2", "--do", "wrong-sum", "--when", "count",
                                    "--returns", "0")
        harness.until(lambda: self.assert_result(self.under_test.process("a.tif")) and not liar.running(),
                      "the liar to be thrown out")
        self.assertGreaterEqual(self.under_test.runs.logged("invalid result"), 3)


class Talkative(Case):
    """A worker's line of a gigabyte without a newline costs no memory, and the worker its connection."""

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
