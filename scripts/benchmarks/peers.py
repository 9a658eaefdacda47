"""The tools that ece465 is compared with: how each is called for the same task."""

import dataclasses
import pathlib
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3"  # the system's, which has the packages that scripts/setup installs
NAMES = ("opencv", "vips", "pillow", "imagemagick", "graphicsmagick")
THREADED = ("vips",)  # those that a second thread makes faster


@dataclasses.dataclass
class Tool:
    """A command to measure. `arguments`: {out} stands for the output folder."""

    arguments: list[str]
    environment: dict[str, str] = dataclasses.field(default_factory=dict)
    compared_with: str | None = None  # the row of ours that its ratios refer to
    start: list[str] | None = None  # a command that only starts the interpreter and loads its modules; its cost is subtracted

    def command(self, outputs: pathlib.Path) -> list[str]:
        return [a.replace("{out}", str(outputs)) for a in self.arguments]


@dataclasses.dataclass
class Peer:
    name: str
    program: str
    version: str


def _version(command: list[str], word: int) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    words = done.stdout.split()
    return words[word] if done.returncode == 0 and len(words) > word else None


def _program(*names: str) -> str:
    """The first name that is installed; /usr/bin takes precedence over the rest of PATH."""
    found = [shutil.which(name, path="/usr/bin") or shutil.which(name) for name in names]
    return next((path for path in found if path), names[-1])


def find(names) -> dict[str, Peer]:
    """The installed peers among `names`."""
    magick, gm, vips = _program("magick", "convert"), _program("gm"), _program("vips")
    versions = {
        "opencv": (PYTHON, _version([PYTHON, "-c", "import cv2; print(cv2.__version__)"], 0)),
        "vips": (vips, _version([vips, "--version"], 0)),
        "pillow": (PYTHON, _version([PYTHON, "-c", "import PIL; print(PIL.__version__)"], 0)),
        "imagemagick": (magick, _version([magick, "--version"], 2)),
        "graphicsmagick": (gm, _version([gm, "version"], 1)),
    }
    return {n: Peer(n, program, version) for n, (program, version) in versions.items() if n in names and version}


# Names of compressions: libtiff's number, libvips', ImageMagick's.
_TIFF = {"none": ("1", "none", "None"), "lzw": ("5", "lzw", "LZW"), "deflate": ("8", "deflate", "Zip")}


def tool(peer: Peer, inputs: list[str], compression: str, threads: int) -> Tool | None:
    """How `peer` equalizes `inputs` into {out}, or None if it cannot do that in one command."""
    suffix = pathlib.Path(inputs[0]).suffix
    out = f"{{out}}/{pathlib.Path(inputs[0]).name}"
    number, word, magick_word = _TIFF[compression]
    magick_options = {".jpg": ["-sampling-factor", "2x2", "-quality", "90"], ".tif": ["-compress", magick_word], ".png": []}
    one = len(inputs) == 1
    match peer.name:
        case "opencv":
            script = [PYTHON, str(HERE / "peers" / "opencv_equalize.py"), "{out}", *inputs]
            start = [PYTHON, "-c", "import os, pathlib, sys, cv2"]
            return Tool(script, {"TIFF_COMPRESSION": number, "THREADS": str(threads)}, start=start)
        case "pillow":
            start = [PYTHON, "-c", "import pathlib, sys; from PIL import Image, ImageOps; Image.init()"]
            return Tool([PYTHON, str(HERE / "peers" / "pillow_equalize.py"), "{out}", *inputs], start=start)
        case "vips" if one:
            save = {".jpg": "[Q=90,subsample_mode=on]", ".tif": f"[compression={word}]", ".png": ""}[suffix]
            return Tool([peer.program, "hist_equal", inputs[0], out + save], {"VIPS_CONCURRENCY": str(threads)})
        case "imagemagick":
            environment = {"MAGICK_THREAD_LIMIT": str(threads)}
            if one:
                return Tool([peer.program, inputs[0], "-equalize", *magick_options[suffix], out], environment)
            mogrify = ["mogrify"] if peer.program.endswith("convert") else [peer.program, "mogrify"]
            return Tool([*mogrify, "-path", "{out}", "-equalize", *inputs], environment)
        case "graphicsmagick":
            environment = {"OMP_NUM_THREADS": str(threads)}
            if one:
                return Tool([peer.program, "convert", inputs[0], "-equalize", *magick_options[suffix], out], environment)
            return Tool([peer.program, "mogrify", "-output-directory", "{out}", "-equalize", *inputs], environment)
    return None
