"""`ece465 equalize` as a whole command, compared with common image tools.

Inputs are generated once; then all tools run on each case in turn, round by round, with a warm page cache and one
thread unless the row says otherwise. Prints medians of CPU time (user and system), wall time and peak memory as
reported by the kernel, and the ratios ours / peer: below 1 is better. The spread is the range of the rounds' CPU
times: if it is large the machine was busy, and only the ratios are meaningful. OpenCV and Pillow are called from
Python; the time that Python takes to start and load them is measured in the same rounds and subtracted, except in the
process start-up case."""

import json
import pathlib
import shutil
import sys

import cases
import peers
import project
from measure import Cost, measure

SLOW_SECONDS, SLOW_ROUNDS = 5.0, 2


def add_arguments(parser) -> None:
    parser.add_argument("--with-peers", action="store_true", help="install the peers first, with scripts/setup")
    parser.add_argument("--peers", metavar="NAME,...", help=f"only these of {','.join(peers.NAMES)}")
    parser.add_argument("--cases", metavar="NAME,...", help="only these; --list shows them")
    parser.add_argument("--large", action="store_true", help="also the gigapixel case: 2.4 GB of disk, and more time")
    parser.add_argument("--rounds", type=int, default=5, help="default: 5")
    parser.add_argument("--folder", type=pathlib.Path, default=project.ROOT / "build" / "bench",
                        help="for inputs and outputs (default: build/bench)")
    parser.add_argument("--ece465", default=None, metavar="PROGRAM", help="another build, to compare two commits")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="also write the results to this file")
    parser.add_argument("--list", action="store_true", help="list the cases and exit")


def chosen_cases(options) -> list[cases.Case]:
    wanted = options.cases.split(",") if options.cases else None
    unknown = set(wanted or []) - {case.name for case in cases.CASES}
    if unknown:
        sys.exit(f"scripts/bench: no case called {', '.join(sorted(unknown))}; --list shows them")
    return [c for c in cases.CASES if (c.name in wanted if wanted else options.large or not c.large)]


def run(options) -> int:
    if options.list:
        for case in cases.CASES:
            print(f"{case.name:18} {case.title}")
        return 0
    if options.with_peers:
        project.setup("--with-peers")
    project.build("ece465", "make_image", "measure")
    ece465 = options.ece465 or project.program("ece465")
    available = peers.find(options.peers.split(",") if options.peers else peers.NAMES)
    print(project.describe_run())
    print("; ".join(f"{peer.name} {peer.version}" for peer in available.values()) or
          "no peers are installed; use --with-peers")
    records, missed = [], 0
    for case in chosen_cases(options):
        inputs = case.make_inputs(options.folder / "inputs")
        tools = case.tools(ece465, available, inputs)
        costs = run_rounds(tools, options.folder / "outputs", options.rounds)
        print_case(case, tools, costs)
        for target in case.targets:
            verdict = target.judge(costs)
            missed += verdict.startswith("missed")
            print(f"  target: {target.text}: {verdict}", flush=True)
        records += [{"case": case.name, "tool": name, **cost.as_dict()} for name, cost in costs.items()]
    if options.json:
        options.json.write_text(json.dumps({"run": project.describe_run(), "results": records}, indent=1) + "\n")
    print(f"\n{missed} targets missed" if missed else "\nno target missed")
    return 0


def run_rounds(tools: dict[str, peers.Tool], outputs: pathlib.Path, rounds: int) -> dict[str, Cost]:
    """Runs each tool once to warm up, then all of them alternately; slow ones only SLOW_ROUNDS times."""
    costs = {name: Cost() for name in tools}
    starts = {name: Cost() for name, tool in tools.items() if tool.start}
    slow = set()
    for number in range(rounds + 1):
        for name, tool in tools.items():
            if costs[name].failed or (name in slow and number > SLOW_ROUNDS):
                continue
            # New output files each time: truncating existing ones would take time.
            shutil.rmtree(outputs, ignore_errors=True)
            outputs.mkdir(parents=True)
            sample = measure(tool.command(outputs), tool.environment)
            if sample is None:
                costs[name].failed = True
            elif number == 0 and sample["wall"] > SLOW_SECONDS:
                slow.add(name)
            elif number > 0:
                sample["output_bytes"] = sum(f.stat().st_size for f in outputs.iterdir())
                costs[name].samples.append(sample)
                if tool.start:
                    starts[name].samples.append(measure(tool.start, tool.environment))
    shutil.rmtree(outputs, ignore_errors=True)
    for name, start in starts.items():
        if not costs[name].failed:
            costs[name] = costs[name].without(start)
    return costs


def print_case(case: cases.Case, tools: dict[str, peers.Tool], costs: dict[str, Cost]) -> None:
    print(f"\n{case.title}")
    print(f"  {'':32}{'CPU':>10}{'spread':>9}{'wall':>10}{'peak':>10}{'output':>10}   ours/peer: CPU, wall, peak")
    for name in tools:
        cost = costs[name]
        if cost.failed or not cost.samples:
            print(f"  {name:32}   not supported")
            continue
        ours = costs.get(tools[name].compared_with or "")
        ratios = ""
        if ours is not None and not ours.failed:
            ratios = (f"{ours.cpu / cost.cpu:9.2f}x {ours.wall / cost.wall:6.2f}x {ours.peak_mb / cost.peak_mb:6.2f}x")
        print(f"  {name:32}{cost.cpu * 1000:8.0f}ms{cost.spread:8.0%} {cost.wall * 1000:8.0f}ms{cost.peak_mb:8.1f}MB"
              f"{cost.output_mb:8.1f}MB{ratios}")
