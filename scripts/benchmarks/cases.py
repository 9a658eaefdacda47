"""The benchmark cases: inputs, our commands, and targets."""

import dataclasses
import pathlib
import subprocess
from collections.abc import Callable

import peers
import project
from measure import Cost


@dataclasses.dataclass
class Target:
    """A limit for one of our figures, or for its ratio to a peer's in the same run."""

    text: str
    ours: str
    value: Callable[[Cost], float]
    limit: float
    peer: str | None = None

    def judge(self, costs: dict[str, Cost]) -> str:
        row, other = costs.get(self.ours), costs.get(self.peer) if self.peer else None
        if row is None or row.failed:
            return "missed: ece465 failed"
        if self.peer and (other is None or other.failed):
            return "skipped: the peer is not available"
        figure = self.value(row) / (self.value(other) if other else 1)
        shown = f"{figure:.2f}x" if other else f"{figure:.1f}"
        return f"{'met' if figure <= self.limit else 'missed'}: {shown}"


def cpu_of(peer: str, limit: float, ours: str = "ece465") -> Target:
    return Target(f"CPU of \"{ours}\" at most {limit}x {peer}'s", ours, lambda c: c.cpu, limit, peer)


def wall_of(peer: str, limit: float, ours: str = "ece465") -> Target:
    return Target(f"wall time of \"{ours}\" at most {limit}x that of \"{peer}\"", ours, lambda c: c.wall, limit, peer)


def peak(limit_mb: float, ours: str = "ece465") -> Target:
    return Target(f"peak of \"{ours}\" at most {limit_mb:.0f} MB", ours, lambda c: c.peak_mb, limit_mb)


def wall_ms(limit_ms: float, ours: str = "ece465") -> Target:
    return Target(f"wall time of \"{ours}\" at most {limit_ms:.0f} ms", ours, lambda c: c.wall * 1000, limit_ms)


@dataclasses.dataclass
class Case:
    name: str
    title: str
    suffix: str
    spec: list[str]  # for make_image
    targets: list[Target]
    ours: dict[str, list[str]] = dataclasses.field(default_factory=lambda: {"ece465": []})  # row: options
    compression: str = "none"
    threads: tuple[int, ...] = (1,)  # of the peers' rows
    count: int = 1  # files
    net: bool = True  # subtract the start-up time of peers that are Python libraries
    large: bool = False  # only with --large, and compared with cp only

    def make_inputs(self, folder: pathlib.Path) -> list[str]:
        """Generates missing inputs. An input's name contains its parameters, so outdated ones are not used."""
        folder.mkdir(parents=True, exist_ok=True)
        stem = "_".join([self.name, *self.spec]).replace("--", "").replace(" ", "")
        made = []
        for number in range(self.count):
            path = folder / f"{stem}_{number}{self.suffix}"
            if not path.exists():
                temporary = folder / f"unfinished{self.suffix}"
                seed = str(1 + number)
                subprocess.run([project.program("make_image"), temporary, "--seed", seed, *self.spec], check=True)
                temporary.rename(path)
            path.read_bytes() if not self.large else None  # into the page cache
            made.append(str(path))
        return made

    def tools(self, ece465: str, available: dict[str, peers.Peer], inputs: list[str]) -> dict[str, peers.Tool]:
        """All rows of this case: first ours, then the peers'."""
        out = "{out}" if self.count > 1 else f"{{out}}/{pathlib.Path(inputs[0]).name}"
        rows = {}
        for name, options in self.ours.items():
            threads = [] if "--threads" in options else ["--threads", "1"]
            rows[name] = peers.Tool([ece465, "equalize", "--quiet", *threads, *options, *inputs, "-o", out])
        ours = list(self.ours)
        if self.large:
            rows["cp"] = peers.Tool(["cp", *inputs, "{out}"], compared_with=ours[0])
            return rows
        for threads in self.threads:
            for peer in available.values():
                tool = peers.tool(peer, inputs, self.compression, threads)
                if tool is None or (threads > 1 and peer.name not in peers.THREADED):
                    continue
                tool.compared_with = ours[0] if threads == 1 else f"ece465, {threads} threads"
                if not self.net:
                    tool.start = None
                rows[peer.name if threads == 1 else f"{peer.name}, {threads} threads"] = tool
        return rows


_TWO = {"ece465": [], "ece465, 2 threads": ["--threads", "2"]}


def _compressed(compression: str) -> Case:
    return Case(
        name=compression,
        title=f"48 Mpx 8-bit gray TIFF, {compression} with predictor",
        suffix=".tif",
        spec=["--size", "8000x6000", "--compression", compression, "--predictor"],
        compression=compression,
        ours=_TWO,
        threads=(1, 2),
        targets=[cpu_of("vips", 1.0), wall_of("vips, 2 threads", 0.6, "ece465, 2 threads")])


CASES = [
    Case(name="gray-tiff", title="48 Mpx 8-bit gray TIFF, uncompressed", suffix=".tif",
         spec=["--size", "8000x6000"], targets=[cpu_of("opencv", 0.25), peak(16)]),
    Case(name="gigapixel", title="1.2 Gpx 8-bit gray BigTIFF, uncompressed", suffix=".tif", large=True,
         spec=["--size", "40000x30000", "--bigtiff"], targets=[wall_of("cp", 1.6), peak(16)]),
    Case(name="color-jpeg", title="24 Mpx colour JPEG, quality 90, 4:2:0", suffix=".jpg",
         spec=["--size", "6000x4000", "--color", "ycbcr", "--quality", "90"],
         ours={"ece465": [], "ece465, --memory 16M": ["--memory", "16M"]},
         targets=[cpu_of("opencv", 0.33), peak(48), peak(16, "ece465, --memory 16M")]),
    Case(name="16-bit-tiff", title="48 Mpx 16-bit gray TIFF, uncompressed", suffix=".tif",
         spec=["--size", "8000x6000", "--bits", "16"], targets=[cpu_of("vips", 0.3), peak(16)]),
    _compressed("deflate"),
    _compressed("lzw"),
    Case(name="png", title="24 Mpx RGB PNG, 8 bits", suffix=".png",
         spec=["--size", "6000x4000", "--color", "rgb"], ours=_TWO, threads=(1, 2), targets=[cpu_of("vips", 1.0)]),
    Case(name="small-jpeg", title="1000x750 colour JPEG: process start-up", suffix=".jpg",
         spec=["--size", "1000x750", "--color", "ycbcr", "--quality", "90"], net=False,
         targets=[wall_ms(10)]),
    Case(name="many-jpegs", title="200 colour JPEGs of 1000x750 in one call", suffix=".jpg", count=200,
         spec=["--size", "1000x750", "--color", "ycbcr", "--quality", "90"],
         ours=_TWO, targets=[wall_of("ece465", 0.6, "ece465, 2 threads")]),
]
