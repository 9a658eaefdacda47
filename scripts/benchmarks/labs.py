"""The labs: dinners without time to think or eat, the TCP server under load, word counts.

Dinners are compared with a minimal implementation without invariant checks and reports
(tests/bench/dining_baseline.cpp); the server with redis-server, to which the same client sends PING (both answer a
short line with a short line on one thread); word counts with a shell pipeline in the C locale, and with mawk, whose
output is not sorted. Prints medians of rounds that alternate between the competitors. Missing competitors are skipped;
scripts/setup --with-peers installs them."""

import json
import os
import pathlib
import random
import shutil
import signal
import socket
import statistics
import subprocess
import time

import project

PIPELINE = "cat {file} | tr ' ' '\\n' | grep -v '^$' | sort | uniq -c"
MAWK = "mawk '{{for (i = 1; i <= NF; ++i) ++n[$i]}} END {{for (w in n) print n[w], w}}' {file}"


def add_arguments(parser) -> None:
    parser.add_argument("what", nargs="*", metavar="dine|serve|wordcount", help="default: all")
    parser.add_argument("--rounds", type=int, default=3, help="default: 3")
    parser.add_argument("--seconds", type=float, default=2.0, help="per dinner (default: 2)")
    parser.add_argument("--megabytes", type=int, default=1000, help="of text (default: 1000)")
    parser.add_argument("--folder", type=pathlib.Path, default=project.ROOT / "build" / "bench",
                        help="for inputs (default: build/bench)")


def output(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def dine(options) -> None:
    print(f"\nMeals a second, no time to think or eat, {options.seconds:g} s\n")
    print("| philosophers | mode | ece465 dine | baseline | ratio |\n|---:|---|---:|---:|---:|")
    for baseline, mode in (("thread", "thread"), ("coroutine", "async")):
        for count in (2, 5, 100):
            ours, theirs = [], []
            for _ in range(options.rounds):
                found = json.loads(output(project.program("ece465"), "dine", "--mode", mode, "-n", str(count), "--think",
                                          "0", "--eat", "0", "--duration", f"{options.seconds}s", "--json"))
                assert found["breach"] is None
                ours.append(found["meals_per_second"])
                theirs.append(float(output(project.program("dining_baseline"), baseline, str(count), str(options.seconds))))
            mine, other = statistics.median(ours), statistics.median(theirs)
            print(f"| {count} | {baseline} | {mine:,.0f} | {other:,.0f} | {mine / other:.2f} |", flush=True)
    print("\n" + output(project.program("ece465"), "dine", "--compare", "-n", "100", "--duration", f"{options.seconds}s"))


def wait_for_port(port: int) -> None:
    for _ in range(500):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError(f"no server listens on port {port}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(options) -> None:
    program = project.program("ece465")
    servers = {"ece465 serve": lambda port: [program, "serve", "--host", "127.0.0.1", "--port", str(port), "--quiet"]}
    if shutil.which("redis-server"):
        servers["redis-server"] = lambda port: ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "",
                                                "--appendonly", "no", "--maxclients", "11000"]
    print("\nRequests a second and latency, `ece465 client` as the load generator\n")
    print("| connections | server | requests/s | median | p99 |\n|---:|---|---:|---:|---:|")
    running = {}
    try:
        for name, command in servers.items():
            port = free_port()
            running[name] = (port, subprocess.Popen(command(port), stdout=subprocess.DEVNULL))
            wait_for_port(port)
        for connections, requests in ((1, 20_000), (50, 2_000), (1_000, 100)):
            samples = {name: [] for name in servers}
            for _ in range(options.rounds):
                for name, (port, _) in running.items():
                    samples[name].append(json.loads(output(
                        program, "client", "--port", str(port), "--message", "PING", "--connections", str(connections),
                        "--requests", str(requests), "--json")))
            for name, found in samples.items():
                def median(get):
                    return statistics.median(get(sample) for sample in found)
                print(f"| {connections} | {name} | {median(lambda s: s['requests_per_second']):,.0f} "
                      f"| {median(lambda s: s['latency_ms']['median']):.3f} ms "
                      f"| {median(lambda s: s['latency_ms']['p99']):.3f} ms |", flush=True)
    finally:
        for _, process in running.values():
            process.send_signal(signal.SIGTERM)
            process.wait()


def text_file(options) -> pathlib.Path:
    """Words with frequencies as in a natural language, about six letters each."""
    options.folder.mkdir(parents=True, exist_ok=True)
    file = options.folder / f"words-{options.megabytes}.txt"
    if file.exists():
        return file
    chance = random.Random(465)
    vocabulary = ["".join(chance.choices("etaoinshrdlucmfwypvbgkjqxz", k=chance.choice([2, 3, 3, 4, 5, 6, 7, 9, 12])))
                  for _ in range(50_000)]
    weights = [1 / (rank + 3) for rank in range(len(vocabulary))]
    block = "".join(word + ("\n" if chance.random() < 0.1 else " ")
                    for word in chance.choices(vocabulary, weights, k=2_000_000)).encode()
    temporary = file.with_suffix(".part")
    with open(temporary, "wb") as out:
        left = options.megabytes * 1_000_000
        while left > 0:
            # Each copy of the block is rotated, so that the copies differ.
            offset = chance.randrange(len(block))
            piece = (block[offset:] + b"\n" + block[:offset])[:left]
            out.write(piece)
            left -= len(piece)
    temporary.rename(file)
    return file


def wordcount(options) -> None:
    file = text_file(options)
    program = project.program("ece465")
    shell = {"ece465, 1 thread": f"{program} mapreduce wordcount --format uniq --threads 1 {file}",
             "ece465": f"{program} mapreduce wordcount --format uniq {file}",
             "shell pipeline": PIPELINE.format(file=file)}
    if shutil.which("mawk"):
        shell["mawk"] = MAWK.format(file=file)
    print(f"\nWord count of {file.stat().st_size / 1e6:,.0f} MB\n")
    print("| tool | time | ece465 is faster by |\n|---|---:|---:|")
    times: dict[str, list[float]] = {name: [] for name in shell}
    for round_number in range(options.rounds):
        for name, command in shell.items():
            if name == "shell pipeline" and round_number > 0:
                continue  # it takes minutes, and its spread is small compared with the ratio
            start = time.monotonic()
            with open(options.folder / f"counts-{name.replace(' ', '-')}", "wb") as out:
                subprocess.run(["bash", "-c", command], check=True, stdout=out,
                               env={**os.environ, "LC_ALL": "C"})
            times[name].append(time.monotonic() - start)
    identical = (options.folder / "counts-ece465").read_bytes() == (options.folder / "counts-shell-pipeline").read_bytes()
    ours = statistics.median(times["ece465"])
    for name, found in times.items():
        print(f"| {name} | {statistics.median(found):.2f} s | {statistics.median(found) / ours:.1f} |")
    print("\nThe outputs of the pipeline and of ece465 are " + ("identical." if identical else "DIFFERENT."))
    if not identical:
        raise SystemExit(1)


def run(options) -> int:
    project.build("ece465", "dining_baseline")
    print(project.describe_run())
    for name, part in (("dine", dine), ("serve", serve), ("wordcount", wordcount)):
        if not options.what or name in options.what:
            part(options)
    return 0
