"""Paths, builds and a description of the machine, for all benchmarks."""

import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "release"


def build(*targets: str) -> None:
    """Configures the release preset with benchmarks, and builds `targets`."""
    quiet = {"cwd": ROOT, "check": True, "stdout": subprocess.DEVNULL}
    subprocess.run(["cmake", "--preset", "release", "-DECE465_BENCHMARKS=ON"], **quiet)
    subprocess.run(["cmake", "--build", "--preset", "release", "--target", *targets], **quiet)


def program(name: str) -> str:
    """The path of a program that `build` made."""
    folders = {"ece465": "src", "make_image": "tests/support/make_image"}
    return str(BUILD / folders.get(name, "tests/bench") / name)


def setup(*arguments: str) -> None:
    subprocess.run(["scripts/setup", *arguments], cwd=ROOT, check=True)


def _output(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def describe_run() -> str:
    """Commit and machine, to be recorded with all results."""
    commit = _output("git", "rev-parse", "--short", "HEAD") or "unknown"
    if _output("git", "status", "--porcelain", "--untracked-files=no"):
        commit += " with uncommitted changes"
    cpu = "unknown CPU"
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines():
        if line.lower().startswith(("model name", "cpu model", "hardware")):
            cpu = line.split(":", 1)[1].strip()
            break
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    return (f"commit {commit}; {cpu}, {cores} cores, {memory_gib:.0f} GiB, Linux {os.uname().release}; "
            f"load {load:.1f} at the start")
