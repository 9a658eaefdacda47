"""What the tests of the deployments share: commands that are run, a picture to equalize, and a master in a container."""

import json
import os
import shutil
import socket
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cluster"))

import harness  # noqa: E402
import master  # noqa: E402

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
IMAGE = os.environ.get("IMAGE", "ece465:latest")
BASE_IMAGE = os.environ.get("BASE_IMAGE", "debian:bookworm-slim")
until = harness.until


def run(*command, check=True, text=True, **more):
    """Runs a command to its end; what it did. Fails with what it said when its exit code is not 0 and that is checked."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=text, **more)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def say(*command, **more):
    """What a command prints, without the last newline."""
    return run(*command, **more).stdout.rstrip("\n")


def read_json(*command):
    return json.loads(say(*command))


def free_port():
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def picture(width, height):
    """A dull gray TIFF, uncompressed: levels from 60 to 180, none as frequent as the next."""
    row = bytes(60 + (x * x // width) * 120 // width for x in range(width))
    strip = row * height
    tags = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, 1),
            (278, 4, height), (279, 4, len(strip))]
    directory = struct.pack("<H", len(tags)) + b"".join(
        struct.pack("<HHII" if kind == 4 else "<HHIHxx", tag, kind, 1, value) for tag, kind, value in tags)
    return struct.pack("<2sHI", b"II", 42, 8 + len(strip)) + strip + directory + bytes(4)


def equalized(content):
    """What one process makes of an image: `equalize` in a container, from standard input to standard output."""
    return run("docker", "run", "--rm", "--interactive", IMAGE, "equalize", "-", "-o", "-", text=False,
               input=content).stdout


class RemoteMaster(master.Master):
    """A master that somebody else started; `http` is where it answers."""

    def __init__(self, case, http):  # pylint: disable=super-init-not-called
        self.case = case
        self.http = http

    def answers(self, path="/readyz"):
        """Whether it says that it is well."""
        try:
            return self.request("GET", path).status == 200
        except OSError:
            return False

    def is_ready(self):
        until(self.answers, f"the master at {self.http} to be ready")

    def all_done(self, jobs):
        """Waits until these jobs have ended well; they may have been started over."""
        return [self.done(job) for job in jobs]

    def counted(self, metric):
        """The sum of a metric over its labels."""
        text = self.request("GET", "/metrics").body.decode()
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                   if line.split("{")[0].split(" ")[0] == metric)


class Compose:
    """A system of deploy/compose under a project name of its own, by whichever Compose there is."""

    def __init__(self, case, name, **variables):
        self.case = case
        self.project = f"ece465test{os.getpid()}"
        self.file = os.path.join(ROOT, "deploy", "compose", name)
        self.environment = {**os.environ, "IMAGE": IMAGE, **{k: str(v) for k, v in variables.items()}}
        self.tool = self.find_tool()
        case.addCleanup(self, "down", "--volumes", "--timeout", "20")
        case.show_when_failed(lambda: print(self("logs", "--no-color", "--tail=60"), file=sys.stderr))

    @staticmethod
    def find_tool():
        if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0:
            return ["docker", "compose"]
        if shutil.which("docker-compose"):
            return ["docker-compose"]
        raise AssertionError("neither 'docker compose' nor docker-compose is there")

    def __call__(self, *arguments):
        return say(*self.tool, "--project-name", self.project, "--file", self.file, *arguments, env=self.environment)

    def containers(self, service):
        """The ids of a service's containers, stopped ones too."""
        return say("docker", "ps", "--all", "--quiet", "--no-trunc", "--filter",
                   f"label=com.docker.compose.project={self.project}", "--filter",
                   f"label=com.docker.compose.service={service}").split()

    def healthy(self, service, count):
        """Waits until so many containers of a service say that they are well."""
        def ask():
            return [state["Health"]["Status"] for state in map(state_of, self.containers(service))
                    if "Health" in state].count("healthy") == count
        until(ask, f"{count} healthy {service}")


def state_of(container):
    return read_json("docker", "inspect", "--format", "{{json .State}}", container)


class Case(harness.Case):
    """A test that shows what its containers said when it failed."""

    def setUp(self):
        super().setUp()
        self.masters = []

    def run(self, result=None):
        result = self.defaultTestResult() if result is None else result
        failures = len(result.failures) + len(result.errors)
        self.failed = lambda: len(result.failures) + len(result.errors) > failures
        return super().run(result)

    def show_when_failed(self, show):
        """Calls `show` before what was started since is taken away, if the test has failed by then."""
        def show_it():
            if self.failed():
                show()
        self.addCleanup(show_it)

    def container(self, *arguments, options=(), name=None):
        """A container of the image that runs in the background and is removed in the end; its id."""
        container = say("docker", "run", "--detach", *options, IMAGE, *arguments)
        self.addCleanup(run, "docker", "rm", "--force", "--volumes", container)
        return container

    def logged(self, container, message):
        """Waits until a container has logged this; that line."""
        def ask():
            done = run("docker", "logs", container)
            return next((json.loads(line) for line in (done.stdout + done.stderr).splitlines()
                         if line.startswith("{") and f'"{message}"' in line), None)
        return until(ask, f"{container[:12]} to log '{message}'")


main = harness.main
