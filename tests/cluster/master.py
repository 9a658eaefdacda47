"""The program under test: a master and its HTTP API, its workers, and `equalize` for expected results."""

import functools
import http.client
import json
import os
import re
import subprocess
import tempfile
import urllib.parse

import harness

main = harness.main
ENDED = ("done", "failed", "cancelled")


@functools.cache
def generated(extension, *options):
    with tempfile.TemporaryDirectory(prefix="ece465-cluster-") as folder:
        path = os.path.join(folder, f"image{extension}")
        subprocess.run([harness.MAKE_IMAGE, path, *options], check=True)
        with open(path, "rb") as file:
            return file.read()


@functools.cache
def equalized_locally(extension, content, *options):
    with tempfile.TemporaryDirectory(prefix="ece465-cluster-") as folder:
        source, result = os.path.join(folder, f"source{extension}"), os.path.join(folder, f"result{extension}")
        with open(source, "wb") as file:
            file.write(content)
        subprocess.run([harness.ECE465, "equalize", source, "-o", result, "--quiet", *options], check=True)
        with open(result, "rb") as file:
            return file.read()


class Answer:
    """The response to a request."""

    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


def form(name, content, field="file", boundary="x-ece465-boundary"):
    """A multipart body with one file, and its content type. `name`: str, or raw bytes."""
    raw = name if isinstance(name, bytes) else name.encode()
    raw = raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    head = (b"--" + boundary.encode() + b'\r\nContent-Disposition: form-data; name="' + field.encode() +
            b'"; filename="' + raw + b'"\r\nContent-Type: application/octet-stream\r\n\r\n')
    return head + content + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


class Master:
    """An `ece465 master` on ports of the system's choice."""

    def __init__(self, case, *options, data=None, **more):
        self.case = case
        self.data = data or case.path("data")
        self.runs = case.start("master", [
            harness.ECE465, "master", "--http-host", "127.0.0.1", "--http-port", "0", "--worker-host", "127.0.0.1",
            "--worker-port", "0", "--data-dir", self.data, "--log-format", "json", *options], **more)
        started = json.loads(self.runs.log_line("master listening"))
        self.http = started["http"]
        self.workers = started["workers"]
        case.masters.append(self)

    # --- HTTP ---

    def connection(self, timeout=harness.PATIENCE):
        host, port = self.http.rsplit(":", 1)
        return http.client.HTTPConnection(host, int(port), timeout=timeout)

    def request(self, method, path, body=None, headers=None):
        connection = self.connection()
        try:
            connection.request(method, path, body=body, headers=headers or {})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def ask(self, method, path, status=200, **more):
        """The JSON of a response, whose status must be `status`."""
        answer = self.request(method, path, **more)
        self.case.assertEqual(answer.status, status, f"{method} {path}: {answer}")
        return answer.json

    def get(self, path, status=200):
        return self.ask("GET", path, status)

    # --- Files and jobs ---

    def upload(self, name, content, status=200):
        body, kind = form(name, content)
        return self.ask("POST", "/upload", status, body=body, headers={"Content-Type": kind})

    def process(self, name, status=200):
        """Starts a job. Returns its id, or the response if it is expected to fail."""
        answer = self.ask("POST", f"/process/{urllib.parse.quote(name, safe='')}", status)
        return answer["job_id"] if status == 200 else answer

    def post_job(self, name, status=201, **options):
        """Starts a job with options, and returns its state."""
        return self.ask("POST", "/api/v1/jobs", status, body=json.dumps({"file": name, **options}),
                        headers={"Content-Type": "application/json"})

    def job(self, job):
        return self.get(f"/api/v1/jobs/{job}")

    def ended(self, job):
        """Waits for a job's end, and returns its final state."""
        def ask():
            found = self.job(job)
            return found["state"] in ENDED and found
        return harness.until(ask, f"{job} to end")

    def done(self, job):
        """Waits for a job's end, which must be a success."""
        ended = self.ended(job)
        self.case.assertEqual((ended["state"], ended["reason"]), ("done", None), ended)
        return ended

    def download(self, name, status=200):
        answer = self.request("GET", f"/download/{urllib.parse.quote(name, safe='')}")
        self.case.assertEqual(answer.status, status, f"download {name}: {answer}")
        return answer.body

    def process_until(self, name, worker, words):
        """Processes a file repeatedly until a worker (its process) prints `words`, and returns the job that ran then.
        Repeatedly, because the master may finish a job before a new worker gets a strip."""
        def held():
            job = self.process(name)
            harness.until(lambda: worker.count(words) or self.job(job)["state"] in ENDED, f"{job} to end")
            return worker.count(words) and job
        return harness.until(held, f"{worker.name} to say '{words}'")

    def process_until_done_by(self, name, worker):
        """Processes a file repeatedly until results of this worker were merged, and returns that job."""
        def shared():
            job = self.done(self.process(name))
            return any(share["id"] == worker for share in job["workers"]) and job
        return harness.until(shared, f"{worker} to do a part")

    def assert_failure_logged(self, failed):
        """Checks that the log has a line of the master about a failed job, with job and file."""
        lines = self.get("/logs")["logs"]
        logged = [line for line in lines if line["source"] == "Master" and failed["file"] in line["message"]]
        self.case.assertTrue(any(re.search(rf"\b{failed['id']}\b.*failed", line["message"]) for line in logged), lines)

    def put_through(self, name, content):
        """Uploads and processes a file. Returns the finished job and the result."""
        self.upload(name, content)
        job = self.done(self.process(name))
        return job, self.download(job["result"])

    # --- Workers ---

    def nodes(self):
        return self.get("/nodes")["connected_workers"]

    def has_workers(self, *ids):
        """Waits until these workers, and maybe others, have registered."""
        harness.until(lambda: set(ids) <= set(self.nodes()), f"workers {', '.join(ids)}")

    def has_lost(self, worker):
        harness.until(lambda: worker not in self.nodes(), f"{worker} to be gone")

    def worker(self, worker):
        """A worker's state; None if it is not connected."""
        return next((w for w in self.get("/api/v1/workers")["workers"] if w["id"] == worker), None)

    def prove(self, *ids):
        """Runs jobs until each of these workers has answered a strip. Then they are past probation, and the master
        processes no strips itself while they can."""
        self.upload("prove.tif", self.case.image("prove.tif", "--size", f"1024x{len(ids) * 2048}"))

        def proven():
            states = {worker["id"]: worker["state"] for worker in self.get("/api/v1/workers")["workers"]}
            return all(states.get(worker) == "active" for worker in ids) or not self.done(self.process("prove.tif"))

        harness.until(proven, f"{', '.join(ids)} to prove themselves")
        self.ask("DELETE", "/files/prove.tif")

    def own_worker(self, worker, *options, ready=True, **more):
        """Starts an `ece465 worker` of this master."""
        process = self.case.start(f"worker {worker}", [
            harness.ECE465, "worker", "--master", self.workers, "--id", worker, "--log-format", "json", *options],
            **more)
        if ready:
            self.has_workers(worker)
        return process

    def peer(self, program, worker, *options, ready=True):
        """Starts one of the peers as a worker of this master."""
        process = self.case.peer(program, self.workers, worker, *options)
        if ready:
            self.has_workers(worker)
        return process

    def honest_peer(self, worker, beside):
        """Starts a correct worker that is as slow as the misbehaving ones, and past probation. One of our own would be
        so much faster that a misbehaving worker might get no strip at all.

        Workers of the older dialects cannot cache samples between the phases. Beside a worker that can, the master maps
        the strips that they counted, to avoid sending them twice (local_saves_transfers), so they might never get a request
        to map. Therefore this worker caches nothing then, and all workers get strips of both phases."""
        self.peer("misbehaving_worker", worker, "--dialect", "v2", *(() if beside == "v2" else ("--memory", "0")))
        self.prove(worker)

    # --- The process ---

    def memory(self, what):
        """A line of /proc/PID/status in bytes: VmRSS, VmHWM."""
        with open(f"/proc/{self.runs.pid}/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith(f"{what}:"))

    def files(self):
        """The names in the data folder, without hidden ones."""
        return sorted(name for name in os.listdir(self.data) if not name.startswith("."))

    def answers(self):
        """Whether the master responds."""
        return self.runs.running() and self.request("GET", "/healthz").status == 200


class Case(harness.Case):
    """A test with masters. At its end, every master must still respond, and stop in good order."""

    def setUp(self):
        super().setUp()
        self.masters = []

    def master(self, *options, **more):
        return Master(self, *options, **more)

    def tearDown(self):
        for master in self.masters:
            if master.runs.running():
                self.assertTrue(master.answers())
                self.assertEqual(master.runs.stop(), 0, "exit code of a stopped master")

    # --- Images ---

    def image(self, name, *options):
        """The bytes of a generated test image."""
        return generated(os.path.splitext(name)[1], *map(str, options))

    def equalized(self, name, content, *options):
        """The result of `ece465 equalize`."""
        return equalized_locally(os.path.splitext(name)[1], content, *options)

    def assert_same(self, content, expected, what=""):
        """Compares bytes without printing megabytes."""
        if content != expected:
            at = len(os.path.commonprefix([content, expected]))
            self.fail(f"{what}: {len(content)} bytes, not the {len(expected)} expected; they differ from {at} on")
