"""Shared by the deployment tests: running commands, a test image, a master in a container."""

import http.client
import itertools
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cluster"))

import harness  # noqa: E402
import master  # noqa: E402

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
IMAGE = os.environ.get("IMAGE", "ece465:latest")
BASE_IMAGE = os.environ.get("BASE_IMAGE", "debian:bookworm-slim")
until = harness.until


def run(*command, check=True, text=True, **more):
    """Runs a command and returns its outcome. With `check`, fails with its output if the exit code is not 0."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=text, **more)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def say(*command, **more):
    """A command's standard output without the last newline."""
    return run(*command, **more).stdout.rstrip("\n")


def read_json(*command):
    return json.loads(say(*command))


def free_port():
    """A port that is currently unused."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def picture(width, height):
    """An uncompressed gray TIFF of low contrast: levels from 60 to 180 with different frequencies."""
    row = bytes(60 + (x * x // width) * 120 // width for x in range(width))
    strip = row * height
    tags = [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 8), (277, 3, 1),
            (278, 4, height), (279, 4, len(strip))]
    directory = struct.pack("<H", len(tags)) + b"".join(
        struct.pack("<HHII" if kind == 4 else "<HHIHxx", tag, kind, 1, value) for tag, kind, value in tags)
    return struct.pack("<2sHI", b"II", 42, 8 + len(strip)) + strip + directory + bytes(4)


def equalized(content):
    """The result of `ece465 equalize` in a container, from standard input to standard output."""
    return run("docker", "run", "--rm", "--interactive", IMAGE, "equalize", "-", "-o", "-", text=False,
               input=content).stdout


def metrics_in(expression):
    """The metrics in a PromQL expression, without the suffixes of histograms."""
    names = re.findall(r"\b(?:ece465|process)_\w+", expression)
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in names}


class RemoteMaster(master.Master):
    """A master that was started elsewhere, at the HTTP address `address`."""

    def __init__(self, case, address):  # pylint: disable=super-init-not-called
        self.case = case
        self.http = address

    def answers(self, path="/readyz"):
        """Whether it answers with status 200."""
        try:
            return self.request("GET", path).status == 200
        except (OSError, http.client.HTTPException):
            return False

    def is_ready(self):
        until(self.answers, f"the master at {self.http} to be ready")

    def has_worker_count(self, workers):
        """Waits until this number of workers is connected."""
        until(lambda: len(self.nodes()) == workers, f"{workers} workers")

    def strips_held(self, host):
        """Number of unanswered strips at the worker of this host name."""
        return sum(worker["strips_in_flight"] for worker in self.get("/api/v1/workers")["workers"]
                   if worker["id"].startswith(host))

    def keep_busy_while(self, break_it, what, content, expected, times=20):
        """Equalizes images, two at a time, and calls `break_it()` repeatedly until it has hit a worker that held a strip.
        All jobs must succeed, and the last results must be correct."""
        done, failed, stop = [], [], threading.Event()

        def work(name):
            try:
                self.upload(name, content)
                while not stop.is_set():
                    done.append(self.done(self.process(name)))
            except Exception as error:  # reported by the main thread
                failed.append(error)

        def reassigned():
            # Strips reassigned after a failure, or duplicated while the first worker is silent.
            return sum(job["strips"]["retries"] + job["strips"]["duplicates"] for job in list(done))

        names = ["busy-1.tif", "busy-2.tif"]
        threads = [threading.Thread(target=work, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        count = hit = 0
        try:
            until(lambda: len(done) > 1 or failed, "the first jobs to end")
            while not hit and count < times and not failed:
                before = reassigned()  # not 0: slow workers' strips are duplicated as well
                break_it()
                count += 1
                time.sleep(0.3)  # the affected jobs end
                hit = reassigned() - before
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        if failed:
            raise failed[0]
        for name in names:
            self.case.assertEqual(self.download(name.replace(".", "_equalized.")), expected)
        print(f"\n  {what} {count} times: {len(done)} jobs, {hit} strips reassigned", flush=True)
        self.case.assertGreater(hit, 0, f"{what}: never hit a worker that held a strip")

    def all_done(self, jobs):
        """Waits until these jobs have succeeded; they may have been restarted."""
        return [self.done(job) for job in jobs]

    def counted(self, metric):
        """The sum of a metric over its labels."""
        text = self.request("GET", "/metrics").body.decode()
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                   if line.split("{")[0].split(" ")[0] == metric)


class Compose:
    """Services of deploy/compose under a unique project name, with either version of Compose."""

    def __init__(self, case, *names, **variables):
        self.case = case
        self.project = f"ece465test{os.getpid()}"
        self.files = [word for name in names for word in ("--file", os.path.join(ROOT, "deploy", "compose", name))]
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
        raise AssertionError("neither 'docker compose' nor docker-compose is installed")

    def __call__(self, *arguments):
        return say(*self.tool, "--project-name", self.project, *self.files, *arguments, env=self.environment)

    def containers(self, service):
        """Ids of a service's containers, including stopped ones."""
        return say("docker", "ps", "--all", "--quiet", "--no-trunc", "--filter",
                   f"label=com.docker.compose.project={self.project}", "--filter",
                   f"label=com.docker.compose.service={service}").split()

    def healthy(self, service, count):
        """Waits until this number of a service's containers is healthy."""
        def ask():
            return [state["Health"]["Status"] for state in map(state_of, self.containers(service))
                    if "Health" in state].count("healthy") == count
        until(ask, f"{count} healthy {service}")


class Forwarded(RemoteMaster):
    """A master in a cluster, through `kubectl port-forward`, which must be restarted when the pod ends."""

    def __init__(self, case, cluster, service, port=8000):
        super().__init__(case, None)
        self.cluster, self.service, self.port = cluster, service, port
        self.forward = None

    def answers(self, path="/readyz"):
        if self.forward is None or not self.forward.running() or not super().answers(path):
            if self.forward is not None:
                self.forward.kill()
            try:
                self.forward = self.case.start("port-forward", [
                    "kubectl", "--namespace", self.cluster.namespace, "port-forward", f"service/{self.service}",
                    f":{self.port}"])
                self.http = self.forward.said("Forwarding from 127.0.0.1", seconds=10).split()[2]
            except AssertionError:
                return False
        return super().answers(path)


class Cluster:
    """A namespace of the cluster of kubectl's current context, for one test."""

    count = itertools.count(1)

    def __init__(self, case):
        # Unique, since a deleted namespace keeps its name for a while.
        self.namespace = f"ece465-test-{os.getpid()}-{next(Cluster.count)}"
        run("kubectl", "create", "namespace", self.namespace)
        case.addCleanup(run, "kubectl", "delete", "namespace", self.namespace, "--wait=false")
        case.show_when_failed(self.show)

    def __call__(self, *arguments, **more):
        return say("kubectl", "--namespace", self.namespace, *arguments, **more)

    def helm(self, *arguments):
        return say("helm", "--namespace", self.namespace, *arguments)

    def show(self):
        for arguments in (["get", "all,pvc", "-o", "wide"], ["get", "events"],
                          ["logs", "-l", "app.kubernetes.io/part-of=ece465", "--tail=30", "--prefix"]):
            print(run("kubectl", "--namespace", self.namespace, *arguments, check=False).stdout, file=sys.stderr)

    def pods(self, component):
        """Names of a role's pods that are not terminating."""
        found = json.loads(self("get", "pods", "-l", f"app.kubernetes.io/component={component}", "-o", "json"))
        return [pod["metadata"]["name"] for pod in found["items"] if "deletionTimestamp" not in pod["metadata"]]

    def prints(self, pod, text, times=1):
        """Waits until a pod has printed `text` this number of times."""
        until(lambda: run("kubectl", "--namespace", self.namespace, "logs", pod, check=False).stdout.count(text) >= times,
              f"{pod} to print '{text}' {times} times")

    def kill(self, component):
        """Ends one of a role's pods immediately, like a node failure."""
        self("delete", "pod", self.pods(component)[0], "--grace-period=0", "--force")

    def remaining_objects(self):
        """Objects in the namespace that Kubernetes did not create itself, as "kind/name"."""
        kinds = ["deployments", "pods", "services", "configmaps", "pvc", "hpa", "pdb", "networkpolicies",
                 "serviceaccounts", "secrets", "ingresses"]
        names = self("get", ",".join(kinds), "-o", "name").split()
        own = ("kube-root-ca.crt", "serviceaccount/default", "secret/default-token", "service/kubernetes")
        return {name for name in names if not any(word in name for word in own)}


def state_of(container):
    return read_json("docker", "inspect", "--format", "{{json .State}}", container)


class Case(harness.Case):
    """A test that prints its containers' logs if it fails."""

    def setUp(self):
        super().setUp()
        self.masters = []

    def run(self, result=None):
        result = self.defaultTestResult() if result is None else result
        failures = len(result.failures) + len(result.errors)
        self.failed = lambda: len(result.failures) + len(result.errors) > failures
        return super().run(result)

    def show_when_failed(self, show):
        """Calls `show` in cleanup, before earlier cleanups remove the containers, if the test has failed."""
        def show_it():
            if self.failed():
                show()
        self.addCleanup(show_it)

    def container(self, *arguments, options=(), name=None):
        """Starts a container in the background, which is removed after the test. Returns its id."""
        container = say("docker", "run", "--detach", *options, IMAGE, *arguments)
        self.addCleanup(run, "docker", "rm", "--force", "--volumes", container)
        return container

    def logged(self, container, message):
        """Waits until a container has logged a message. Returns the line."""
        def ask():
            done = run("docker", "logs", container)
            return next((json.loads(line) for line in (done.stdout + done.stderr).splitlines()
                         if line.startswith("{") and f'"{message}"' in line), None)
        return until(ask, f"{container[:12]} to log '{message}'")


main = harness.main
