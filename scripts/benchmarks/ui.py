"""The web page: its size, its time to paint, and the load that viewers put on the master.

Size: all files fetched when the page is opened, as transferred (compressed), and those fetched later (plots). Paint:
time from the request to the first paint and to the login form, with a new browser profile each time, so that nothing
is cached. Viewers: the master's CPU time as a fraction of one core, with two workers, idle and running one job after
the other, without and with viewers of /api/v1/events."""

import gzip
import http.client
import json
import os
import pathlib
import re
import selectors
import shutil
import socket
import statistics
import subprocess
import tempfile
import threading
import time

import project
from cluster import Cluster

FONTS = (".woff2",)
LATER = ("uplot.js", "uplot.css", "licences.txt")  # fetched for the first plot, or on request


def add_arguments(parser) -> None:
    parser.add_argument("--rounds", type=int, default=9, help="page loads (default: 9)")
    parser.add_argument("--viewers", type=int, default=200, help="default: 200")
    parser.add_argument("--seconds", type=float, default=20.0, help="per measurement of CPU time (default: 20)")


def run(options) -> int:
    project.build("ece465", "make_image", "ui_tests_packages")
    print(project.describe_run())
    with tempfile.TemporaryDirectory(prefix="ece465-bench-") as folder:
        image = pathlib.Path(folder) / "photo.jpg"
        subprocess.run([project.program("make_image"), str(image), "--size", "1500x1000", "--color", "ycbcr"], check=True)
        cluster = Cluster(project.program("ece465"), 2, image)
        try:
            measure_size(cluster)
            paint(cluster, options.rounds)
            watch(cluster, image.name, options.viewers, options.seconds)
        finally:
            cluster.stop()
    return 0


# --- Size ---

def fetch(cluster: Cluster, path: str) -> tuple[int, str]:
    """The body's size as transferred, and the body."""
    connection = http.client.HTTPConnection(cluster.host, cluster.port, timeout=30)
    connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    plain = gzip.decompress(body) if answer.headers.get("Content-Encoding") == "gzip" else body
    return len(body), plain.decode("utf-8", "replace")


def measure_size(cluster: Cluster) -> None:
    size, page = fetch(cluster, "/")
    names = sorted(set(re.findall(r'(?:href|src)="(/ui/[^"]+)"', page)))
    folder = names[0].split("/")[2]
    names += [f"/ui/{folder}/packages/{name}" for name in ("roboto-500.woff2", *LATER[:2])]
    sizes = {"/": size, **{name: fetch(cluster, name)[0] for name in names}}

    def total(wanted) -> float:
        return sum(n for name, n in sizes.items() if wanted(name)) / 1000

    fonts, later = total(lambda n: n.endswith(FONTS)), total(lambda n: n.endswith(LATER))
    at_once = total(lambda n: not n.endswith((*FONTS, *LATER)))
    print(f"\nsize     {at_once:.1f} kB at once in {len([n for n in sizes if not n.endswith(LATER)])} files, "
          f"{later:.1f} kB with the first plot, {fonts:.1f} kB of fonts; {at_once + later:.1f} kB without fonts")


# --- Paint ---

def paint(cluster: Cluster, rounds: int) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    packages = project.BUILD / "tests" / "ui" / "npm"
    if not chromium or not (packages / "node_modules").exists():
        print("paint    skipped: Chromium is not installed (scripts/setup --with-dev)")
        return
    script = pathlib.Path(__file__).with_name("ui_paint.mjs")
    done = subprocess.run(["node", str(script), f"http://{cluster.host}:{cluster.port}/", str(rounds)], check=True,
                          stdout=subprocess.PIPE, text=True,
                          env={**os.environ, "CHROMIUM": chromium, "PACKAGES": str(packages)})
    runs = json.loads(done.stdout)
    for what, words in (("first", "first paint"), ("form", "login form")):
        values = [run[what] for run in runs]
        print(f"{'paint' if what == 'first' else '':9}{statistics.median(values):.0f} ms to {words} "
              f"(median of {len(values)}; {min(values):.0f} to {max(values):.0f})")


# --- Viewers ---

class Viewers:
    """Connections to /api/v1/events that read everything."""

    def __init__(self, cluster: Cluster, count: int):
        self.selector = selectors.DefaultSelector()
        self.received = 0
        self.stopping = False
        for _ in range(count):
            connection = socket.create_connection((cluster.host, cluster.port), 30)
            connection.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            connection.setblocking(False)
            self.selector.register(connection, selectors.EVENT_READ)
        self.thread = threading.Thread(target=self.receive, daemon=True)
        self.thread.start()

    def receive(self) -> None:
        while not self.stopping:
            for key, _ in self.selector.select(0.2):
                self.received += len(key.fileobj.recv(1 << 16))

    def stop(self) -> None:
        self.stopping = True
        self.thread.join()
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()


def cpu_seconds(process: subprocess.Popen) -> float:
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def idle(cluster: Cluster, seconds: float) -> float:
    """Fraction of a core that the master uses while idle."""
    time.sleep(1)
    before, since = cpu_seconds(cluster.master), time.monotonic()
    time.sleep(seconds)
    return (cpu_seconds(cluster.master) - before) / (time.monotonic() - since)


def busy(cluster: Cluster, name: str, seconds: float) -> tuple[float, int]:
    """The same while it runs jobs, two per second; and the number of jobs."""
    before, end, jobs = cpu_seconds(cluster.master), time.monotonic() + seconds, 0
    while time.monotonic() < end:
        next_at = time.monotonic() + 0.5
        cluster.process(name)
        jobs += 1
        time.sleep(max(0.0, next_at - time.monotonic()))
    return (cpu_seconds(cluster.master) - before) / seconds, jobs


def watch(cluster: Cluster, name: str, count: int, seconds: float) -> None:
    cluster.process(name)
    alone, (alone_busy, _) = idle(cluster, seconds), busy(cluster, name, seconds)
    viewers = Viewers(cluster, count)
    try:
        watched, (watched_busy, jobs) = idle(cluster, seconds), busy(cluster, name, seconds)
        received = viewers.received
    finally:
        viewers.stop()
    print(f"viewers  {count} viewers cost the master {100 * (watched - alone):.1f} % of a core while it is idle "
          f"({100 * alone:.1f} % without them),")
    print(f"{'':9}{100 * (watched_busy - alone_busy):.1f} % while it runs {jobs / seconds:.1f} jobs a second "
          f"({100 * alone_busy:.1f} % without them); they received {received / 1e6:.0f} MB")
