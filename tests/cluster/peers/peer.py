"""Shared by the peers: one end of a connection, samples, and the arithmetic of equalization.

None of this is derived from the program's code: the peers are an independent implementation of PROTOCOL.md.
"""

import collections
import os
import random
import socket
import sys
import threading

LONGEST_LINE = 64 << 10  # "Lines stay under 64 KiB."


class Gone(Exception):
    """The other side ended the connection, perhaps in the middle of a message."""


class Misunderstanding(Exception):
    """The other side sent a message that this dialect does not have."""


class Connection:
    """A socket, read by lines and by bytes."""

    def __init__(self, connected):
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = connected
        self.reader = connected.makefile("rb", buffering=1 << 16)
        self.sending = threading.RLock()  # held while a message is sent, so that others cannot split it

    def line(self):
        """The next line without its newline. None if the stream ends between two lines."""
        line = self.reader.readline(LONGEST_LINE)
        if line == b"":
            return None
        if not line.endswith(b"\n"):
            raise Gone("in the middle of a line") if len(line) < LONGEST_LINE else Misunderstanding("endless line")
        return line[:-1].decode("utf-8", "replace")

    def bytes(self, count):
        """Exactly `count` bytes."""
        read = self.reader.read(count) if count else b""
        if len(read) != count:
            raise Gone(f"after {len(read)} of {count} bytes")
        return read

    def send(self, *parts):
        with self.sending:
            for part in parts:
                self.socket.sendall(part.encode() if isinstance(part, str) else part)

    def close(self):
        self.reader.close()
        self.socket.close()


def connect(address):
    host, port = address.rsplit(":", 1)
    return Connection(socket.create_connection((host, int(port)), timeout=None))


def listen(host="127.0.0.1"):
    """A listening socket on a free port, which is printed."""
    listener = socket.create_server((host, 0))
    say("listening", "{}:{}".format(*listener.getsockname()[:2]))
    return listener


def say(*words):
    """Prints one line for the test that started this peer."""
    print(*words, flush=True)


def complain(*words):
    print(*words, file=sys.stderr, flush=True)


def last_words(code, *words):
    """Ends the process with all its threads."""
    complain(*words)
    os._exit(code)


def histogram(samples):
    counts = collections.Counter(samples)
    return [counts[level] for level in range(256)]


def table(counts):
    """round((cdf(v) - h0) * L / (N - h0)) in integers, half rounds up; one level or none: identity."""
    top = len(counts) - 1
    first = next((count for count in counts if count), 0)
    rest = sum(counts) - first
    if rest == 0:
        return list(range(len(counts)))
    entries, cdf = [], 0
    for count in counts:
        cdf += count
        entries.append(max(0, (2 * (cdf - first) * top + rest) // (2 * rest)))
    return entries


def equalized(samples):
    """The expected result for 8-bit samples, for any number of workers."""
    return samples.translate(bytes(table(histogram(samples))))


def dull_samples(count, seed):
    """Samples of low contrast. Equal seeds give equal samples."""
    dull = bytes(40 + value * 100 // 255 for value in range(256))
    return random.Random(seed).randbytes(count).translate(dull)


def pieces(samples, count):
    """Cuts samples into `count` pieces of nearly equal size. Some are empty if there are fewer samples than pieces."""
    bounds = [len(samples) * i // count for i in range(count + 1)]
    return [samples[begin:end] for begin, end in zip(bounds, bounds[1:])]
