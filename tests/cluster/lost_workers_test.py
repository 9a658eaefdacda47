"""Workers that are lost in each phase: killed, frozen, disconnected in the middle of an answer. The job succeeds.

The misbehaving workers print when they have a request and do not answer it, so they are killed at exactly that moment.
"""

import signal

import harness
import master

IMAGE = ("--size", "3000x2400")  # seven strips


class Case(master.Case):
    dialect = "v2"

    def setUp(self):
        super().setUp()
        self.under_test = self.master()
        self.content = self.image("a.tif", *IMAGE)
        self.expected = self.equalized("a.tif", self.content)
        self.under_test.upload("a.tif", self.content)

    def misbehaving(self, worker, *options):
        return self.under_test.peer("misbehaving_worker", worker, "--dialect", self.dialect, *options)

    def assert_done(self, job):
        done = self.under_test.done(job)
        self.assert_same(self.under_test.download("a_equalized.tif"), self.expected)
        self.assertEqual(done["strips"]["map_done"], done["strips"]["total"])
        self.assertEqual(done["strips"]["apply_done"], done["strips"]["total"])
        return done


class Killed(Case):
    """In the middle of a phase, alone and beside others."""

    def test_while_it_counts(self):
        self.assert_killed("count")

    def test_while_it_maps(self):
        self.assert_killed("map")

    def assert_killed(self, phase):
        for company in (0, 1):
            with self.subTest(company=company):
                if company:
                    self.under_test.honest_peer("honest", beside=self.dialect)
                victim = self.misbehaving("victim", "--do", "silence", "--when", phase)
                job = self.under_test.process_until("a.tif", victim, f"did silence {phase}")
                victim.kill()
                self.assert_done(job)
                self.under_test.has_lost("victim")

    def test_while_its_answer_is_on_its_way(self):
        for phase in ("count", "map"):
            with self.subTest(phase=phase):
                victim = self.misbehaving("victim", "--do", "half-silence", "--when", phase)
                job = self.under_test.process_until("a.tif", victim, f"does half-silence {phase}")
                victim.kill()
                self.assert_done(job)


class KilledCourse(Killed):
    dialect = "course"


class KilledDocumented(Killed):
    dialect = "documented"


class KilledOwn(Case):
    """Our own workers, killed at a random moment."""

    def test_in_the_middle_of_jobs(self):
        self.under_test.own_worker("stays")
        for round_, phase in enumerate(("map", "apply", "apply", "write")):
            victim = self.under_test.own_worker(f"victim-{round_}")
            job = self.under_test.process("a.tif")
            harness.until(lambda: self.under_test.job(job)["phase"] in (phase, "done"), phase)
            victim.kill()
            self.assert_done(job)
            self.under_test.has_lost(f"victim-{round_}")

    def test_all_at_once(self):
        victims = [self.under_test.own_worker(f"victim-{n}") for n in range(3)]
        job = self.under_test.process("a.tif")
        harness.until(lambda: self.under_test.job(job)["phase"] not in ("queued", "read"), "strips to be handed out")
        for victim in victims:
            victim.kill()
        self.assert_done(job)

    def test_frozen_and_thawed(self):
        """A frozen worker's strips are reassigned, and its late answers do no harm."""
        frozen = self.under_test.own_worker("frozen")
        frozen.signal(signal.SIGSTOP)
        self.under_test.own_worker("own")
        self.assert_done(self.under_test.process("a.tif"))
        frozen.signal(signal.SIGCONT)
        self.assert_done(self.under_test.process("a.tif"))
        self.under_test.has_workers("own", "frozen")

    def test_frozen_alone(self):
        frozen = self.under_test.own_worker("frozen")
        frozen.signal(signal.SIGSTOP)
        self.assert_done(self.under_test.process("a.tif"))
        frozen.signal(signal.SIGCONT)
        self.under_test.has_workers("frozen")


class Silent(Case):
    """Workers that stay connected and send nothing."""

    def test_from_the_start(self):
        self.assert_done_beside("--do", "silence", "--lifeless")

    def test_in_map(self):
        self.assert_done_beside("--do", "silence", "--when", "map")

    def test_deaf(self):
        self.assert_done_beside("--do", "deafness")

    def test_in_the_middle_of_an_answer(self):
        self.assert_done_beside("--do", "half-silence", "--when", "map")

    def test_a_byte_at_a_time(self):
        self.assert_done_beside("--do", "trickle")

    def test_slow(self):
        self.assert_done_beside("--do", "slowness", "--pause", "1")

    def assert_done_beside(self, *options):
        """With a silent worker alone, and beside a correct one."""
        self.misbehaving("silent", *options)
        self.assert_done(self.under_test.process("a.tif"))
        self.under_test.own_worker("own")
        self.assert_done(self.under_test.process("a.tif"))


class SilentCourse(Silent):
    dialect = "course"


class SilentDocumented(Silent):
    dialect = "documented"


class SilentProbe(Case):
    """A worker of an older dialect that does not answer the first, empty request is never used, and delays nothing."""
    dialect = "documented"

    def test_it_is_no_worker(self):
        probed = self.under_test.peer("misbehaving_worker", "mute", "--dialect", self.dialect, "--do", "silence", "--probes",
                                      ready=False)
        probed.said("did silence count 0")
        self.assert_done(self.under_test.process("a.tif"))
        self.assertEqual(self.under_test.nodes(), [])


if __name__ == "__main__":
    master.main()
