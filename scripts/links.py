#!/usr/bin/env python3
"""Fails if a relative link in a Markdown file of this repository points to nothing.

    scripts/links.py            every *.md file that git knows
    scripts/links.py FILE...    only these

Checks links and images to files and folders, links to headings (by GitHub's rule for their anchors), and that
paths in backquotes which begin with a top-level folder (`src/...`, `scripts/...`) exist. Needs only Python."""

import functools
import pathlib
import re
import subprocess
import sys
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINK = re.compile(r"\]\(([^()\s]+)(?:\s+\"[^\"]*\")?\)")
HEADING = re.compile(r"#{1,6}\s+(.*?)\s*#*\s*$")
FENCE = re.compile(r"\s*(```|~~~)")
CODE = re.compile(r"`[^`]*`")
QUOTED = re.compile(r"`((?:src|include|docs|tests|scripts|deploy)/[\w./-]+)`")


def text_lines(path: pathlib.Path):
    """The lines outside of code blocks, with their numbers."""
    fence = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        mark = FENCE.match(line)
        if mark and fence in (None, mark.group(1)):
            fence = None if fence else mark.group(1)
        elif fence is None:
            yield number, line


@functools.cache
def anchors(path: pathlib.Path) -> frozenset[str]:
    found: dict[str, int] = {}
    names = set()
    for _, line in text_lines(path):
        if heading := HEADING.match(line):
            words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading.group(1)).lower()
            name = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
            count = found.get(name, 0)
            found[name] = count + 1
            names.add(f"{name}-{count}" if count else name)
    return frozenset(names)


def broken(path: pathlib.Path):
    """What is wrong with the file's links, line by line."""
    for number, line in text_lines(path):
        for link in LINK.findall(CODE.sub("", line)):
            address = urllib.parse.urlsplit(link)
            if address.scheme or address.netloc:
                continue
            target = path if not address.path else path.parent / urllib.parse.unquote(address.path)
            if not target.exists():
                yield number, f"{link}: no such file"
            elif address.fragment and target.suffix == ".md" and address.fragment not in anchors(target.resolve()):
                yield number, f"{link}: no such heading"
        for quoted in QUOTED.findall(line):
            if "..." not in quoted and not (ROOT / quoted).exists():
                yield number, f"`{quoted}`: no such file"


def main() -> int:
    names = sys.argv[1:] or subprocess.run(["git", "-C", ROOT, "ls-files", "-z", "*.md"], check=True, capture_output=True,
                                           text=True).stdout.strip("\0").split("\0")
    files = [pathlib.Path(name).resolve() if sys.argv[1:] else ROOT / name for name in names]
    failed = False
    for path in files:
        for number, reason in broken(path):
            print(f"{path.relative_to(ROOT)}:{number}: {reason}", file=sys.stderr)
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
