#!/usr/bin/env python3
"""clang-tidy over files, as many at once as there are processors; called by scripts/check.

    scripts/tidy.py BUILD_FOLDER FILE...

A file that has passed once is not read again until something changes that clang-tidy could see: its text with all that it
includes, comments too, its flags, .clang-tidy, or clang-tidy itself. What has passed is remembered in the user's cache
folder, so that another clone profits as well; findings are not."""

import concurrent.futures
import contextlib
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys
import time

TIDY = "clang-tidy-19"
# The flags are GCC's: clang does not know all of its warnings, and takes libstdc++ 12 at its word that it deprecates what
# it uses.
EXTRA = ["-Wno-unknown-warning-option", "-Wno-error=deprecated-declarations"]
KEPT_DAYS = 60
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "ece465" / "tidy"


def text_seen(command):
    """What the compiler makes of a file before it compiles it; None when it cannot be had."""
    words = shlex.split(command["command"])
    while words and not os.path.basename(words[0]).startswith(("c++", "g++", "clang++")):
        words.pop(0)  # a launcher
    flags = []
    skip = False
    for word in words[1:]:
        if skip or word in ("-c", "-MD", command["file"]):
            skip = False
        elif word in ("-o", "-MT", "-MF"):
            skip = True
        else:
            flags.append(word)
    # With the macros that are defined on the way; the file itself, since an #include of what is there already leaves no trace.
    done = subprocess.run(["clang++-19", "-E", "-P", "-C", "-dD", *EXTRA, *flags, command["file"]],
                          cwd=command["directory"], capture_output=True, check=False)
    if done.returncode != 0:
        return None
    own = pathlib.Path(command["directory"], command["file"]).read_bytes()
    # Where the clone lies is no difference; which flags there are beside the folders is.
    return own + b"\0" + done.stdout + repr([flag for flag in flags if not flag.startswith("-I")]).encode()


def tidy(folder, command, common):
    """0 if the file passes; prints what there is to say."""
    text = text_seen(command)
    seal = text and CACHE / hashlib.sha256(common + text).hexdigest()
    if seal and seal.exists():
        seal.touch()
        return 0
    done = subprocess.run([TIDY, "--quiet", "-p", folder, *(f"--extra-arg={flag}" for flag in EXTRA), command["file"]],
                          capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if " generated" not in line]
    print(done.stdout + "\n".join(said) + "\n" if done.stdout or said else "", end="", flush=True)
    if done.returncode == 0 and not done.stdout and seal:
        seal.touch()
    return done.returncode


def main(folder, *files):
    known = {os.path.realpath(os.path.join(command["directory"], command["file"])): command
             for command in json.loads(pathlib.Path(folder, "compile_commands.json").read_text())}
    wanted = {os.path.realpath(file) for file in files}
    if missing := wanted - known.keys():
        print(f"not in {folder}/compile_commands.json, configure again: {', '.join(sorted(missing))}", file=sys.stderr)
        return 1
    CACHE.mkdir(parents=True, exist_ok=True)
    for old in CACHE.iterdir():
        with contextlib.suppress(FileNotFoundError):  # another run tidies up as well
            if old.stat().st_mtime < time.time() - KEPT_DAYS * 86400:
                old.unlink()
    version = subprocess.run([TIDY, "--version"], capture_output=True, check=True).stdout
    common = version + b"\0" + pathlib.Path(".clang-tidy").read_bytes() + b"\0"
    # The largest first, so that the processors finish together.
    commands = [known[file] for file in sorted(wanted, key=os.path.getsize, reverse=True)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        codes = list(pool.map(lambda command: tidy(folder, command, common), commands))
    return 1 if any(codes) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
