"""Texts counted by the cluster with `ece465 mapreduce --master`: the output is always that of the equivalent shell
pipeline, whatever happens to the workers."""

import http.client
import json
import os
import random
import signal
import socket
import subprocess

import harness
import master

PIPELINE = "cat -- \"$@\" | LC_ALL=C tr ' ' '\\n' | LC_ALL=C grep -av '^$' | LC_ALL=C sort | LC_ALL=C uniq -c || true"


def some_text(size, seed=465):
    """Words of all lengths, some of them invalid UTF-8, with all kinds of separators."""
    chance = random.Random(seed)
    words = [bytes(chance.choices(b"abcdefghij\xc3\xa9\xff\t,", k=chance.choice([1, 2, 3, 5, 8, 13, 40])))
             for _ in range(3000)]
    parts, length = [], 0
    while length < size:
        parts.append(chance.choice(words) + chance.choice([b" ", b" ", b" ", b"  ", b"\n", b"\n\n"]))
        length += len(parts[-1])
    return b"".join(parts)


class Case(master.Case):
    def setUp(self):
        super().setUp()
        self.under_test = self.master()

    def file(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content)
        return self.path(name)

    def command(self, *words):
        return [harness.ECE465, "mapreduce", *words, "--master", f"http://{self.under_test.http}"]

    def run_command(self, *words, code=0):
        """Its output on both streams."""
        done = subprocess.run(self.command(*words), capture_output=True, timeout=harness.PATIENCE, check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout, done.stderr.decode()

    def piped(self, *files):
        return subprocess.run(["sh", "-c", PIPELINE, "sh", *files], capture_output=True, check=True).stdout

    def assert_counted(self, *files):
        out, err = self.run_command("wordcount", "--format", "uniq", *files)
        self.assertEqual(err, "")
        self.assert_same(out, self.piped(*files), files)

    def begin(self, kind, length, content):
        """A request with a body of `length` bytes, of which only the first are sent."""
        host, port = self.under_test.http.rsplit(":", 1)
        connection = socket.create_connection((host, int(port)), timeout=harness.PATIENCE)
        self.addCleanup(connection.close)
        head = f"POST /api/v1/mapreduce/{kind} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
        connection.sendall(head.encode() + content)
        return connection

    def ended_texts(self):
        """The master's log lines about texts that have ended."""
        with self.under_test.runs.changed:
            lines = [line for line in self.under_test.runs.lines if '"text ended"' in line]
        return [json.loads(line) for line in lines]

    def given_up(self, times=1):
        return json.loads(self.under_test.runs.log_line("text ended", times))

    def strips_of(self, worker):
        return self.under_test.worker(worker)["strips_merged"]


class Counted(Case):
    def test_as_the_pipeline_with_any_number_of_workers(self):
        texts = [self.file("a.txt", b"the cat  and the\tdog\nThe cat\n\n  end"),
                 self.file("b.txt", b"ing here the\r\n" + b"long" * 50 + b" caf\xc3\xa9 \xff\n"),
                 self.file("empty.txt", b""), self.file("large.txt", some_text(3 << 20))]
        for workers in (0, 1, 3):
            for n in range(workers):
                if self.under_test.worker(f"own-{n}") is None:
                    self.under_test.own_worker(f"own-{n}")
            with self.subTest(workers=workers):
                self.assert_counted(texts[0])
                self.assert_counted(*texts)  # "end" and "ing" join to one word, as with cat
                self.assert_counted(texts[2])
        self.assertGreater(sum(self.strips_of(f"own-{n}") for n in range(3)), 10)

    def test_every_format_is_that_of_a_local_run(self):
        text = self.file("a.txt", some_text(1 << 20))
        log = self.file("log", b"10.0.0.1 1024\n10.0.0.2 error\n10.0.0.3 -500\n10.0.0.4 4000\n10.0.0.5 330\n")
        self.under_test.own_worker("own")
        for words in (("wordcount", "--format", "table", text), ("wordcount", "--json", text),
                      ("wordcount", "--top", "5", text, log), ("bytes", log), ("bytes", "--json", log, log)):
            local = subprocess.run([harness.ECE465, "mapreduce", *words], capture_output=True, check=True)
            self.assertEqual(self.run_command(*words), (local.stdout, local.stderr.decode()), words)
        self.assertEqual(self.run_command("bytes", "--quiet", log), (b"5354\n", ""))

    def test_long_words(self):
        """The longest word that fits a piece, one that is too long for workers, and one beyond the limit."""
        self.under_test.own_worker("own")
        self.assert_counted(self.file("long.txt", b"a b " + b"x" * (250 << 10) + b" c\n" + some_text(600_000)))
        self.assert_counted(self.file("huge.txt", some_text(600_000) + b"y" * (5 << 20) + b" a " + b"y" * (5 << 20)))
        name = self.file("beyond.txt", b"a " + b"z" * ((64 << 20) + (1 << 20)))
        local = subprocess.run([harness.ECE465, "mapreduce", "wordcount", name], capture_output=True, check=False)
        _, err = self.run_command("wordcount", name, code=local.returncode)
        self.assertEqual(err, local.stderr.decode())

    def test_beside_images(self):
        """Both succeed on the same workers."""
        self.under_test.own_worker("own")
        content = self.image("a.tif", "--size", "2000x1600")
        self.under_test.upload("a.tif", content)
        text = self.file("a.txt", some_text(2 << 20))
        counting = self.start("mapreduce", self.command("wordcount", "--format", "uniq", "--top", "1", text))
        self.under_test.done(self.under_test.process("a.tif"))
        self.assertEqual(counting.ended(), 0)
        self.assert_same(self.under_test.download("a_equalized.tif"), self.equalized("a.tif", content))

    def test_workers_of_other_dialects_are_not_asked(self):
        self.under_test.peer("course_worker", "course")
        self.under_test.peer("documented_worker", "documented")
        self.under_test.peer("misbehaving_worker", "no-maps", "--dialect", "v2", "--do", "silence", "--when", "text")
        text = self.file("a.txt", some_text(1 << 20))
        self.assert_counted(text)
        self.under_test.own_worker("own")
        self.assert_counted(text)
        for worker in ("course", "documented", "no-maps"):
            self.assertEqual(self.strips_of(worker), 0, worker)


class Lost(Case):
    """Workers that fail their requests."""

    def misbehaving(self, worker, *options):
        return self.under_test.peer("misbehaving_worker", worker, "--dialect", "v2", "--maps", "bytes,wordcount",
                                    *options)

    def test_killed_with_pieces_in_hand(self):
        text = self.file("a.txt", some_text(2 << 20))
        expected = self.piped(text)
        for company in (0, 2):
            with self.subTest(company=company):
                for n in range(company):
                    self.misbehaving(f"honest-{n}")
                victim = self.misbehaving("victim", "--do", "silence", "--when", "text")
                counting = self.start("mapreduce", self.command("wordcount", "--format", "uniq", text))
                victim.said("did silence text")
                victim.kill()
                self.assertEqual(counting.ended(), 0)
                self.assert_same("".join(f"{line}\n" for line in counting.lines),
                                 expected.decode(errors="replace"))
                self.under_test.has_lost("victim")
        self.assertGreater(self.ended_texts()[-1]["retries"], 0)

    def test_our_own_killed_and_frozen(self):
        """The second half of the text is sent only after the fault."""
        text = some_text(8 << 20)
        lines = self.piped(self.file("a.txt", text)).splitlines(keepends=True)
        expected = b"".join(line.lstrip(b" ") for line in lines)
        self.under_test.own_worker("stays")
        for fault in (signal.SIGKILL, signal.SIGSTOP):
            with self.subTest(fault=fault):
                name = f"victim-{fault}"
                victim = self.under_test.own_worker(name)
                connection = self.begin("wordcount", len(text), text[:len(text) // 2])
                harness.until(lambda: self.strips_of(name) > 0, "a piece to be done by the victim")
                victim.signal(fault)
                connection.sendall(text[len(text) // 2:])
                with http.client.HTTPResponse(connection, method="POST") as answer:
                    answer.begin()
                    self.assertEqual(answer.status, 200)
                    self.assert_same(answer.read(), expected)
                victim.kill()
                self.under_test.has_lost(name)

    def test_misbehaving_workers(self):
        text = self.file("a.txt", some_text(1 << 20))
        for fault in ("wrong-words", "half", "twice", "garbage", "nonsense", "hang-up", "refuse", "farewell"):
            with self.subTest(fault=fault):
                worker = self.misbehaving(f"faulty-{fault}", "--do", fault, "--when", "text", "--returns", "0")
                self.assert_counted(text)
                worker.kill()
                self.under_test.has_lost(f"faulty-{fault}")


class GoneAway(Case):
    """Clients that disconnect in the middle, and refused requests."""

    def test_a_client_that_hangs_up_takes_its_text_along(self):
        self.under_test.own_worker("own")
        connection = self.begin("wordcount", 1 << 30, some_text(2 << 20))
        harness.until(lambda: self.strips_of("own") > 0, "a piece to be counted")
        self.assertEqual(self.ended_texts(), [])
        connection.close()
        self.assertIn("closed the connection", self.given_up()["reason"])
        self.assert_counted(self.file("a.txt", some_text(100_000)))

    def test_ctrl_c(self):
        """Exit code 130, one line, and the master stops counting the text."""
        self.under_test.own_worker("own")
        text = self.file("a.txt", some_text(8 << 20))
        counting = self.start("mapreduce", self.command("wordcount", *[text] * 500))
        harness.until(lambda: self.strips_of("own") > 0, "a piece to be counted")
        counting.signal(signal.SIGINT)
        self.assertEqual(counting.ended(), 130)
        self.assertEqual(counting.lines, ["ece465: error: interrupted"])
        self.assertIn("closed the connection", self.given_up()["reason"])
        self.assert_counted(text)

    def test_what_is_refused(self):
        answer = self.under_test.request("POST", "/api/v1/mapreduce/poetry", body=b"abc")
        self.assertEqual(answer.status, 404)
        answer = self.under_test.request("POST", "/api/v1/mapreduce/wordcount", body=b"b a b")
        self.assertEqual((answer.status, answer.body), (200, b"1 a\n2 b\n"))
        answer = self.under_test.request("POST", "/api/v1/mapreduce/bytes", body=b"")
        self.assertEqual((answer.status, answer.body), (200, b"0 0 0\n"))
        self.assertEqual(self.under_test.request("GET", "/api/v1/mapreduce/bytes").status, 405)

    def test_no_more_than_a_few_at_once(self):
        open_ones = [self.begin("wordcount", 1 << 20, b"a b c ") for _ in range(4)]
        host, port = self.under_test.http.rsplit(":", 1)

        def busy():
            connection = http.client.HTTPConnection(host, int(port), timeout=harness.PATIENCE)
            connection.request("POST", "/api/v1/mapreduce/wordcount", body=b"a")
            status = connection.getresponse().status
            connection.close()
            return status == 503
        harness.until(busy, "all places to be taken")
        _, err = self.run_command("wordcount", self.file("a.txt", b"a"), code=4)
        self.assertIn("Too many concurrent texts", err)
        self.assertEqual(err.count("\n"), 1)
        ended = len(self.ended_texts())
        open_ones[0].close()
        self.given_up(ended + 1)
        self.assert_counted(self.path("a.txt"))

    def test_a_master_that_is_not_there(self):
        _, address = self.listen()
        done = subprocess.run([harness.ECE465, "mapreduce", "wordcount", self.file("a.txt", b"a"), "--master",
                               "http://127.0.0.1:1"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 4)
        self.assertEqual(done.stderr.count("\n"), 1)
        self.assertIn("127.0.0.1:1", done.stderr)
        done = subprocess.run([harness.ECE465, "mapreduce", "wordcount", self.path("a.txt"), "--master",
                               f"http://{address}", "--timeout", "200ms"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 4)
        self.assertEqual(done.stderr.count("\n"), 1)

    def test_a_master_that_stops(self):
        self.under_test = self.master("--stop-limit", "1", data=self.path("other-data"))
        self.under_test.own_worker("own")
        connection = self.begin("wordcount", 1 << 30, some_text(1 << 20))
        harness.until(lambda: self.strips_of("own") > 0, "a piece to be counted")
        self.assertEqual(self.under_test.runs.stop(), 0)
        self.assertEqual(self.ended_texts()[0]["reason"], "the master is stopping")
        connection.close()


if __name__ == "__main__":
    master.main()
