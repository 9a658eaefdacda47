"""Shared by the tests of the cluster: starting, observing and ending processes, and a temporary folder.

Nothing sleeps for a fixed time: tests wait for a line of a process's output, for its end, or for a state that they
poll. Time limits only detect failures, and are generous because the same tests run under sanitizers.
"""

import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers"))

import peer  # noqa: E402  (needs the path)

PEERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers")
ECE465 = os.environ.get("ECE465", "")
MAKE_IMAGE = os.environ.get("MAKE_IMAGE", "")
PATIENCE = float(os.environ.get("ECE465_TEST_PATIENCE", "60"))  # seconds until a wait counts as a failure
SKIPPED = 77  # CTest's SKIP_RETURN_CODE


def until(condition, what, seconds=PATIENCE):
    """Polls `condition` until it is true, and returns its value."""
    end = time.monotonic() + seconds
    pause = 0.002
    while not (found := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"after {seconds:.0f} s still waiting for {what}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)
    return found


class Process:
    """A running program. Collects its lines of stdout and stderr."""

    def __init__(self, name, command, limits=None, **more):
        self.name = name
        self.lines = []
        self.changed = threading.Condition()
        self.command = command

        def set_limits():
            for what, value in (limits or {}).items():
                resource.setrlimit(what, (value, value))

        self.popen = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, text=True, errors="replace",
                                      preexec_fn=set_limits if limits else None, **more)
        self.pid = self.popen.pid
        self.readers = [threading.Thread(target=self.listen, args=(stream,), daemon=True)
                        for stream in (self.popen.stdout, self.popen.stderr)]
        for reader in self.readers:
            reader.start()

    def listen(self, stream):
        with stream:
            for line in stream:
                with self.changed:
                    self.lines.append(line.rstrip("\n"))
                    self.changed.notify_all()

    def said(self, beginning, times=1, seconds=PATIENCE):
        """Waits for `times` lines that start with `beginning`, and returns the last of them."""
        return self.wait_for(lambda line: line.startswith(beginning), f"said '{beginning}'", times, seconds)

    def wait_for(self, wanted, what, times, seconds):
        end = time.monotonic() + seconds
        with self.changed:
            while len(found := [line for line in self.lines if wanted(line)]) < times:
                if time.monotonic() > end:
                    raise AssertionError(f"{self.name} has not {what} {times} times in {seconds:.0f} s")
                if self.popen.poll() is not None and not any(reader.is_alive() for reader in self.readers):
                    raise AssertionError(f"{self.name} ended ({self.popen.returncode}) and has not {what}")
                self.changed.wait(0.1)
        return found[times - 1]

    def log_line(self, message, times=1, seconds=PATIENCE):
        """Waits until it has logged `message` (`--log-format json`) `times` times, and returns the last such line."""
        return self.wait_for(lambda line: line.startswith("{") and f'"{message}"' in line, f"logged '{message}'",
                             times, seconds)

    def logged(self, message):
        """How often it has logged `message` so far."""
        with self.changed:
            return sum(line.startswith("{") and f'"{message}"' in line for line in self.lines)

    def count(self, beginning):
        """The number of lines so far that start with `beginning`."""
        with self.changed:
            return sum(line.startswith(beginning) for line in self.lines)

    def running(self):
        return self.popen.poll() is None

    def signal(self, which):
        self.popen.send_signal(which)

    def ended(self, seconds=PATIENCE):
        """Waits for its end and returns its exit code."""
        try:
            code = self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} still runs after {seconds:.0f} s") from None
        for reader in self.readers:
            reader.join(PATIENCE)
        return code

    def kill(self):
        """Kills it."""
        if self.running():
            self.signal(signal.SIGKILL)
        return self.ended()

    def stop(self):
        """Asks it to stop, and returns its exit code."""
        self.signal(signal.SIGTERM)
        return self.ended()


class Case(unittest.TestCase):
    """A test with a temporary folder. Its processes are ended and the folder is deleted afterwards. If it fails, the
    output of its processes is printed."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="ece465-cluster-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.processes = []
        self.addCleanup(self.end_all)

    def run(self, result=None):
        result = self.defaultTestResult() if result is None else result
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            for process in getattr(self, "processes", []):
                print(f"--- {process.name} ({process.popen.returncode}): {' '.join(process.command)}",
                      *process.lines[-60:], sep="\n    ", file=sys.stderr)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def start(self, name, command, **more):
        """Starts a process that is ended with the test."""
        process = Process(name, [str(word) for word in command], **more)
        self.processes.append(process)
        return process

    def listen(self):
        """A listening socket and its address."""
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(PATIENCE)
        self.addCleanup(listener.close)
        return listener, "{}:{}".format(*listener.getsockname())

    def accept(self, listener):
        """The next connection, with a timeout. It is closed with the test."""
        connection = peer.Connection(listener.accept()[0])
        connection.socket.settimeout(PATIENCE)
        self.addCleanup(connection.close)
        return connection

    def end_all(self):
        for process in reversed(self.processes):
            process.kill()

    def peer(self, program, *arguments):
        """Starts one of tests/cluster/peers."""
        return self.start(f"{program} {' '.join(map(str, arguments))}",
                          [sys.executable, "-S", "-B", os.path.join(PEERS, f"{program}.py"), *arguments])


def main():
    unittest.main(verbosity=2)
