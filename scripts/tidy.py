#!/usr/bin/env python3
"""clang-tidy over files, as many at once as there are processors; called by scripts/check.

    scripts/tidy.py BUILD_FOLDER FILE...

A file that has passed once is not read again until something changes that clang-tidy could see: its text with all that it
includes, comments too, its flags, .clang-tidy, or clang-tidy itself. What has passed is remembered in the user's cache
folder, so that another clone profits as well; findings are not.

Most of the time goes into what files include. So those of one folder are first read several at once, as one text; only where
anything is found in that, be it that two files have the same name for different things, is each read by itself. What a file
owes to the one before it (an #include, a using) is not missed so: the compiler sees to that. Checks that ask whether a file
includes or uses too much (misc-include-cleaner, misc-unused-using-decls) would have to read each alone."""

import concurrent.futures
import contextlib
import hashlib
import itertools
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
import time

TIDY = "clang-tidy-19"
# The flags are GCC's: clang does not know all of its warnings, and takes libstdc++ 12 at its word that it deprecates what
# it uses.
EXTRA = ["-Wno-unknown-warning-option", "-Wno-error=deprecated-declarations"]
TOGETHER = 6
KEPT_DAYS = 60
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "ece465" / "tidy"


class File:
    """A source file with the flags it is compiled with, out of compile_commands.json."""

    def __init__(self, command):
        self.directory = command["directory"]
        self.path = pathlib.Path(command["directory"], command["file"]).resolve()
        self.flags = []
        words = shlex.split(command["command"])
        while words and not os.path.basename(words[0]).startswith(("c++", "g++", "clang++")):
            words.pop(0)  # a launcher
        skip = False
        for word in words[1:]:
            if skip or word in ("-c", "-MD", command["file"]):
                skip = False
            elif word in ("-o", "-MT", "-MF"):
                skip = True
            else:
                self.flags.append(word)

    def text_seen(self):
        """What the compiler makes of the file before it compiles it; None when it cannot be had."""
        # With the macros that are defined on the way; the file itself, since an #include of what is there already leaves
        # no trace.
        done = subprocess.run(["clang++-19", "-E", "-P", "-C", "-dD", *EXTRA, *self.flags, self.path], cwd=self.directory,
                              capture_output=True, check=False)
        if done.returncode != 0:
            return None
        # Where the clone lies is no difference; which flags there are beside the folders is.
        flags = [flag for flag in self.flags if not flag.startswith("-I")]
        return self.own + b"\0" + done.stdout + repr(flags).encode()

    def find_seal(self, common):
        """Looks up whether the file has passed."""
        self.own = self.path.read_bytes()
        text = self.text_seen()
        self.seal = text and CACHE / hashlib.sha256(common + text).hexdigest()
        self.passed = bool(self.seal) and self.seal.exists()
        if self.passed:
            self.seal.touch()

    def passes(self):
        self.passed = True
        if self.seal and self.path.read_bytes() == self.own:  # nobody has saved it meanwhile
            self.seal.touch()


def read(path, file):
    """What clang-tidy says of the text in `path`, with the flags of `file`."""
    return subprocess.run([TIDY, "--quiet", f"--config-file={os.path.abspath('.clang-tidy')}", path, "--", *EXTRA, *file.flags,
                           "-iquote", file.path.parent], cwd=file.directory, capture_output=True, text=True, check=False)


def read_together(files):
    """Whether nothing is found in all of them as one text."""
    with tempfile.TemporaryDirectory() as folder:
        text = pathlib.Path(folder, "together.cpp")
        text.write_bytes(b"".join(b'#line 1 "%s"\n%s\n' % (bytes(file.path), file.own) for file in files))
        done = read(text, files[0])
    if done.returncode == 0 and not done.stdout:
        for file in files:
            file.passes()


def read_alone(file):
    """0 if the file passes; prints what there is to say."""
    done = read(file.path, file)
    said = [line for line in done.stderr.splitlines() if " generated" not in line]
    print(done.stdout + "\n".join(said) + "\n" if done.stdout or said else "", end="", flush=True)
    if done.returncode == 0 and not done.stdout:
        file.passes()
    return done.returncode


def batches(files):
    """Files of one folder and with the same flags, some at once, where there are at least two."""
    def kin(file):
        return file.path.parent, file.flags
    for _, group in itertools.groupby(sorted(files, key=kin), kin):
        group = list(group)
        for begin in range(0, len(group), TOGETHER):
            if len(batch := group[begin:begin + TOGETHER]) > 1:
                yield batch


def forget_old():
    for old in CACHE.iterdir():
        with contextlib.suppress(FileNotFoundError):  # another run tidies up as well
            if old.stat().st_mtime < time.time() - KEPT_DAYS * 86400:
                old.unlink()


def main(folder, *paths):
    commands = json.loads(pathlib.Path(folder, "compile_commands.json").read_text())
    known = {file.path: file for file in map(File, commands)}
    wanted = {pathlib.Path(path).resolve() for path in paths}
    if missing := wanted - known.keys():
        print(f"not in {folder}/compile_commands.json, configure again: {', '.join(sorted(map(str, missing)))}",
              file=sys.stderr)
        return 1
    CACHE.mkdir(parents=True, exist_ok=True)
    forget_old()
    version = subprocess.run([TIDY, "--version"], capture_output=True, check=True).stdout
    common = version + b"\0" + pathlib.Path(".clang-tidy").read_bytes() + b"\0"
    # The largest first, so that the processors finish together.
    files = sorted((known[path] for path in wanted), key=lambda file: file.path.stat().st_size, reverse=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda file: file.find_seal(common), files))
        list(pool.map(read_together, list(batches([file for file in files if not file.passed]))))
        codes = list(pool.map(read_alone, [file for file in files if not file.passed]))
    return 1 if any(codes) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
