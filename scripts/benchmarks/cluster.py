"""A master and its workers on this machine, by phase, compared with `ece465 equalize` on the same file.

For each image and number of workers, a master is started with that many worker processes. Rounds alternate between
them and `equalize`, so that all are exposed to the same noise. The wall time runs from the request POST /process until
the result file exists. B/sample is the traffic on the workers' sockets, including headers, per sample of the image.
Memory is the process's peak as reported by the kernel, with a new master per row. `course` is the time of the course's
Python system for the same job on two cores."""

import dataclasses
import http.client
import json
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import tempfile
import time

import project
from measure import measure


@dataclasses.dataclass
class Image:
    title: str
    name: str
    arguments: list[str]
    samples: int
    course_seconds: dict[int, float]  # by workers


IMAGES = [
    Image("48 Mpx 8-bit gray TIFF, uncompressed", "gray48.tif", ["--size", "8000x6000", "--color", "gray"], 48_000_000,
          {0: 0.71, 1: 1.32, 2: 0.98, 3: 1.05}),
    Image("24 Mpx colour JPEG, 4:2:0", "color24.jpg", ["--size", "6000x4000", "--color", "ycbcr"], 24_000_000,
          {0: 0.10, 1: 0.36, 2: 0.22, 3: 0.23}),
]
PHASES = ["read", "split", "map", "reduce", "apply", "stitch", "write"]
DEADLINE = 60.0


def add_arguments(parser) -> None:
    parser.add_argument("--workers", default="0,1,2,3", metavar="N,...", help="numbers of workers (default: 0,1,2,3)")
    parser.add_argument("--rounds", type=int, default=5, help="default: 5")
    parser.add_argument("--folder", type=pathlib.Path, default=project.ROOT / "build" / "bench",
                        help="for inputs (default: build/bench)")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="also write the results to this file")


class Cluster:
    """A master with workers, on free ports and with its own data folder."""

    def __init__(self, ece465: str, workers: int, image: pathlib.Path):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ece465-bench-"))
        shutil.copy(image, self.folder / image.name)
        self.log = open(self.folder.with_suffix(".log"), "w+", encoding="utf-8")
        self.master = subprocess.Popen(
            [ece465, "master", "--http-host", "127.0.0.1", "--http-port", "0", "--worker-host", "127.0.0.1",
             "--worker-port", "0", "--data-dir", str(self.folder), "--log-format", "json"],
            stderr=self.log, stdout=subprocess.DEVNULL)
        started = self.wait_for("master listening")
        self.host, port = started["http"].rsplit(":", 1)
        self.port = int(port)
        self.workers = [
            subprocess.Popen([ece465, "worker", "--master", started["workers"], "--id", f"bench-{i + 1}"],
                             stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            for i in range(workers)]
        end = time.monotonic() + DEADLINE
        while len(self.get("/nodes")["connected_workers"]) < workers:
            if time.monotonic() > end:
                raise TimeoutError("the workers did not connect")
            time.sleep(0.01)

    def wait_for(self, message: str) -> dict:
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            self.log.seek(0)
            for line in self.log:
                if line.endswith("\n") and message in line:
                    return json.loads(line)
            if self.master.poll() is not None:
                break
            time.sleep(0.01)
        self.log.seek(0)
        raise RuntimeError(f"the master failed to start:\n{self.log.read()}")

    def request(self, method: str, path: str) -> dict:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=DEADLINE)
        connection.sock = socket.create_connection((self.host, self.port), DEADLINE)
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.request(method, path)
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return answer

    def get(self, path: str) -> dict:
        return self.request("GET", path)

    def process(self, name: str) -> dict:
        """Runs a job. Returns its final status, and as "wall" the time from the request to the result file."""
        result = self.folder / f"{pathlib.Path(name).stem}_equalized{pathlib.Path(name).suffix}"
        result.unlink(missing_ok=True)
        start = time.perf_counter()
        job = self.request("POST", f"/process/{name}")["job_id"]
        while not result.exists():
            if time.perf_counter() - start > DEADLINE:
                raise TimeoutError(f"no result of {name}")
            time.sleep(0.0005)
        wall = time.perf_counter() - start
        status = self.get(f"/api/v1/jobs/{job}")
        while status["state"] in ("queued", "running"):  # the file appears slightly before the job is done
            status = self.get(f"/api/v1/jobs/{job}")
        return {**status, "wall": wall}

    def peak_mb(self, process: subprocess.Popen) -> float:
        for line in pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
        return 0.0

    def stop(self) -> None:
        for process in [self.master, *self.workers]:
            process.terminate()
        for process in [self.master, *self.workers]:
            process.wait(DEADLINE)
        self.log.close()
        os.unlink(self.log.name)
        shutil.rmtree(self.folder)


def run(options) -> int:
    project.build("ece465", "make_image", "measure")
    ece465 = project.program("ece465")
    print(project.describe_run())
    inputs = options.folder / "inputs"
    inputs.mkdir(parents=True, exist_ok=True)
    records = []
    for image in IMAGES:
        path = inputs / image.name
        if not path.exists():
            subprocess.run([project.program("make_image"), str(path), *image.arguments], check=True)
        records += bench_image(ece465, image, path, [int(n) for n in options.workers.split(",")], options.rounds)
    if options.json:
        options.json.write_text(json.dumps({"run": project.describe_run(), "results": records}, indent=1) + "\n")
    return 0


def bench_image(ece465: str, image: Image, path: pathlib.Path, worker_counts: list[int], rounds: int) -> list[dict]:
    clusters = {n: Cluster(ece465, n, path) for n in worker_counts}
    alone, jobs = [], {n: [] for n in clusters}
    output = path.with_name(f"{path.stem}_alone{path.suffix}")
    try:
        for number in range(rounds + 1):  # the first warms up
            output.unlink(missing_ok=True)
            sample = measure([ece465, "equalize", str(path), "-o", str(output), "--quiet"], {})
            if sample is None:
                raise RuntimeError(f"equalize failed on {path}")
            if number > 0:
                alone.append(sample["wall"])
            for n, cluster in clusters.items():
                job = cluster.process(path.name)
                if number > 0:
                    jobs[n].append(job)
        print_image(image, statistics.median(alone), jobs, clusters)
    finally:
        output.unlink(missing_ok=True)
        for cluster in clusters.values():
            cluster.stop()
    return [{"image": image.name, "workers": n, "job": job} for n in jobs for job in jobs[n]]


def print_image(image: Image, alone: float, jobs: dict[int, list[dict]], clusters: dict[int, Cluster]) -> None:
    print(f"\n{image.title}; equalize: {alone * 1000:.0f} ms")
    print(f"  {'workers':>7}{'wall':>9}{'/equalize':>11}{'course':>9}{'faster':>8}{'B/sample':>10}"
          f"{'master':>10}{'worker':>10}   " + "".join(f"{phase:>9}" for phase in PHASES))
    for n, runs in jobs.items():
        wall = statistics.median(run["wall"] for run in runs)
        crossed = statistics.median(run["bytes"]["sent"] + run["bytes"]["received"] for run in runs)
        course = image.course_seconds.get(n)
        cluster = clusters[n]
        worker = max((cluster.peak_mb(w) for w in cluster.workers), default=0.0)
        phases = "".join(f"{statistics.median(run['phases'][p] for run in runs) * 1000:7.1f}ms" for p in PHASES)
        print(f"  {n:7}{wall * 1000:7.0f}ms{wall / alone:10.2f}x"
              + (f"{course * 1000:7.0f}ms{course / wall:7.1f}x" if course else " " * 17)
              + f"{crossed / image.samples:10.3f}{cluster.peak_mb(cluster.master):8.1f}MB{worker:8.1f}MB   {phases}",
              flush=True)
