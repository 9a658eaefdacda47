"""Latency of regular requests while the master has idle connections and slow-loris clients.

Requests are sent to a master one after the other, each on a new connection: first without other clients, then with
many idle connections to its HTTP port and clients that send their requests a byte at a time. Prints the median, 99th
percentile and maximum of the time from connect to the answer's last byte."""

import http.client
import pathlib
import resource
import socket
import statistics
import threading
import time

import project
from cluster import DEADLINE, Cluster

LORISES = 20
BETWEEN_BYTES = 0.02  # seconds
REQUESTS = [("GET", "/files"), ("GET", "/nodes"), ("GET", "/")]
BOUND = 0.050  # seconds


def add_arguments(parser) -> None:
    parser.add_argument("--idle", type=int, default=2000, metavar="N", help="idle connections (default: 2000)")
    parser.add_argument("--requests", type=int, default=600, metavar="N", help="measured requests per run (default: 600)")


def run(options) -> int:
    project.build("ece465", "make_image", "measure")
    print(project.describe_run())
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 2 * options.idle + 200
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise SystemExit(f"{needed} open files are needed, but the limit is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
    # Any file: the master only lists it.
    cluster = Cluster(project.program("ece465"), 0, pathlib.Path(__file__))
    connections: list[socket.socket] = []
    stop = threading.Event()
    try:
        alone = ask(cluster, options.requests)
        for _ in range(options.idle):
            connections.append(socket.create_connection((cluster.host, cluster.port), DEADLINE))
        lorises = [socket.create_connection((cluster.host, cluster.port), DEADLINE) for _ in range(LORISES)]
        connections += lorises
        sender = threading.Thread(target=trickle, args=(lorises, stop))
        sender.start()
        try:
            crowded = ask(cluster, options.requests)
        finally:
            stop.set()
            sender.join()
        memory = cluster.peak_mb(cluster.master)
    finally:
        for connection in connections:
            connection.close()
        cluster.stop()
    print(f"\n  {'':<42}{'median':>10}{'p99':>10}{'longest':>10}")
    for title, times in (("alone", alone), (f"{options.idle} idle, {LORISES} slow-loris clients", crowded)):
        print(f"  {title:<42}" + "".join(f"{value * 1000:8.2f}ms" for value in
                                         (statistics.median(times), percentile(times, 0.99), max(times))))
    met = "met" if max(crowded) < BOUND else "missed"
    print(f"  target: every request under {BOUND * 1000:.0f} ms: {met}; master's peak memory {memory:.1f} MB")
    return 0


def ask(cluster: Cluster, count: int) -> list[float]:
    times = []
    for number in range(count):
        method, path = REQUESTS[number % len(REQUESTS)]
        start = time.perf_counter()
        connection = http.client.HTTPConnection(cluster.host, cluster.port, timeout=DEADLINE)
        connection.request(method, path)
        answer = connection.getresponse()
        answer.read()
        connection.close()
        times.append(time.perf_counter() - start)
        if answer.status != 200:
            raise RuntimeError(f"{method} {path}: {answer.status}")
    return times


def trickle(lorises: list[socket.socket], stop: threading.Event) -> None:
    request = b"GET /files HTTP/1.1\r\nHost: x\r\n" + b"X-Slow: 1\r\n" * 10_000
    for byte in request:
        for loris in lorises:
            try:
                loris.send(bytes([byte]))
            except OSError:
                pass  # disconnected by the master
        if stop.wait(BETWEEN_BYTES):
            return


def percentile(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]
