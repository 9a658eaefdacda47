#!/usr/bin/env python3
"""Runs clang-tidy on files in parallel; called by scripts/check.

    scripts/tidy.py BUILD_FOLDER FILE...

A file that passed is not checked again until something changes that clang-tidy could see: its text with everything it
includes (with comments), its flags, .clang-tidy, or clang-tidy's version. Passes are recorded in the user's cache folder, so
that other clones benefit as well; findings are not.

Most of the time is spent on included headers. So several files of a folder are first checked as one concatenated source; only
if that has findings, which include name clashes between the files, each is checked by itself. A file may then rely on an
#include or using of the one before it, but the compiler rejects that. Checks for unnecessary includes or usings
(misc-include-cleaner, misc-unused-using-decls) would need each file by itself."""

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
# The flags are GCC's, and clang does not know all its warnings; it also warns of deprecated declarations that libstdc++ 12
# itself uses.
EXTRA = ["-Wno-unknown-warning-option", "-Wno-error=deprecated-declarations"]
BATCH = 6
KEPT_DAYS = 60
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "ece465" / "tidy"


class File:
    """A source file and its flags from compile_commands.json."""

    def __init__(self, command):
        self.directory = command["directory"]
        self.path = pathlib.Path(command["directory"], command["file"]).resolve()
        self.flags = []
        words = shlex.split(command["command"])
        while words and not os.path.basename(words[0]).startswith(("c++", "g++", "clang++")):
            words.pop(0)  # a launcher, e.g. ccache
        skip = False
        for word in words[1:]:
            if skip or word in ("-c", "-MD", command["file"]):
                skip = False
            elif word in ("-o", "-MT", "-MF"):
                skip = True
            else:
                self.flags.append(word)

    def cache_key(self):
        """The preprocessed file and its flags; None if preprocessing fails."""
        # -dD keeps macro definitions. The file's own text is added, since a repeated #include leaves no trace in the output.
        done = subprocess.run(["clang++-19", "-E", "-P", "-C", "-dD", *EXTRA, *self.flags, self.path], cwd=self.directory,
                              capture_output=True, check=False)
        if done.returncode != 0:
            return None
        # Without include folders, so that the clone's path makes no difference.
        flags = [flag for flag in self.flags if not flag.startswith("-I")]
        return self.own + b"\0" + done.stdout + repr(flags).encode()

    def look_up(self, common):
        """Looks up whether the file has passed before."""
        self.own = self.path.read_bytes()
        key = self.cache_key()
        self.marker = key and CACHE / hashlib.sha256(common + key).hexdigest()
        self.passed = bool(self.marker) and self.marker.exists()
        if self.passed:
            self.marker.touch()

    def record_pass(self):
        self.passed = True
        if self.marker and self.path.read_bytes() == self.own:  # unless it was edited meanwhile
            self.marker.touch()


def run_tidy(path, file):
    """Runs clang-tidy on `path` with the flags of `file`."""
    return subprocess.run([TIDY, "--quiet", f"--config-file={os.path.abspath('.clang-tidy')}", path, "--", *EXTRA, *file.flags,
                           "-iquote", file.path.parent], cwd=file.directory, capture_output=True, text=True, check=False)


def check_batch(files):
    """Checks files as one source, and records that they passed if there are no findings."""
    with tempfile.TemporaryDirectory() as folder:
        text = pathlib.Path(folder, "together.cpp")
        text.write_bytes(b"".join(b'#line 1 "%s"\n%s\n' % (bytes(file.path), file.own) for file in files))
        done = run_tidy(text, files[0])
    if done.returncode == 0 and not done.stdout:
        for file in files:
            file.record_pass()


def check_alone(file):
    """Checks a file and prints the findings. Returns 0 if it passes."""
    done = run_tidy(file.path, file)
    messages = [line for line in done.stderr.splitlines() if " generated" not in line]
    print(done.stdout + "\n".join(messages) + "\n" if done.stdout or messages else "", end="", flush=True)
    if done.returncode == 0 and not done.stdout:
        file.record_pass()
    return done.returncode


def batches(files):
    """Groups files of the same folder with the same flags. Single files are left out."""
    def group_key(file):
        return file.path.parent, file.flags
    for _, group in itertools.groupby(sorted(files, key=group_key), group_key):
        group = list(group)
        for begin in range(0, len(group), BATCH):
            if len(batch := group[begin:begin + BATCH]) > 1:
                yield batch


def remove_old_markers():
    for old in CACHE.iterdir():
        with contextlib.suppress(FileNotFoundError):  # removed by another run
            if old.stat().st_mtime < time.time() - KEPT_DAYS * 86400:
                old.unlink()


def main(folder, *paths):
    commands = json.loads(pathlib.Path(folder, "compile_commands.json").read_text())
    known = {file.path: file for file in map(File, commands)}
    wanted = {pathlib.Path(path).resolve() for path in paths}
    if missing := wanted - known.keys():
        print(f"not in {folder}/compile_commands.json (configure again): {', '.join(sorted(map(str, missing)))}",
              file=sys.stderr)
        return 1
    CACHE.mkdir(parents=True, exist_ok=True)
    remove_old_markers()
    version = subprocess.run([TIDY, "--version"], capture_output=True, check=True).stdout
    common = version + b"\0" + pathlib.Path(".clang-tidy").read_bytes() + b"\0"
    # Largest first, so that the threads finish at about the same time.
    files = sorted((known[path] for path in wanted), key=lambda file: file.path.stat().st_size, reverse=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda file: file.look_up(common), files))
        list(pool.map(check_batch, list(batches([file for file in files if not file.passed]))))
        codes = list(pool.map(check_alone, [file for file in files if not file.passed]))
    return 1 if any(codes) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
