"""Measures a command's time and memory with the `measure` program (tests/bench/measure.cpp)."""

import dataclasses
import json
import os
import statistics
import subprocess

import project


def measure(command: list[str], environment: dict[str, str]) -> dict | None:
    """One run; None if the command fails."""
    done = subprocess.run([project.program("measure"), *command], env={**os.environ, **environment},
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    sample = json.loads(done.stdout)
    return sample if sample["exit"] == 0 else None


@dataclasses.dataclass
class Cost:
    """The runs of one tool on one case."""

    samples: list[dict] = dataclasses.field(default_factory=list)
    failed: bool = False

    def without(self, start: "Cost") -> "Cost":
        """The same runs minus the start-up cost."""
        def subtract(sample: dict) -> dict:
            wall = max(0.0, sample["wall"] - start.wall)
            return {**sample, "wall": wall, "user": max(0.0, sample["user"] - start.cpu)}
        return Cost([subtract(s) for s in self.samples], self.failed)

    def _cpus(self) -> list[float]:
        return [s["user"] + s["system"] for s in self.samples]

    @property
    def cpu(self) -> float:
        """Seconds, median; never 0, so that it can be a divisor."""
        return max(1e-4, statistics.median(self._cpus()))

    @property
    def wall(self) -> float:
        return statistics.median(s["wall"] for s in self.samples)

    @property
    def peak_mb(self) -> float:
        return statistics.median(s["peak_kib"] for s in self.samples) * 1024 / 1e6

    @property
    def output_mb(self) -> float:
        return self.samples[-1]["output_bytes"] / 1e6

    @property
    def spread(self) -> float:
        """The range of the rounds' CPU times, relative to the median."""
        return (max(self._cpus()) - min(self._cpus())) / self.cpu

    def as_dict(self) -> dict:
        return {"failed": self.failed, "samples": self.samples}
