"""What the tests of the deployments share: commands that are run, a picture to equalize, and a master in a container."""

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


def metrics_in(expression):
    """The metrics that a PromQL expression asks for, by the names under which they are told."""
    names = re.findall(r"\b(?:ece465|process)_\w+", expression)
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in names}


class RemoteMaster(master.Master):
    """A master that somebody else started; `address` is where it answers."""

    def __init__(self, case, address):  # pylint: disable=super-init-not-called
        self.case = case
        self.http = address

    def answers(self, path="/readyz"):
        """Whether it says that it is well."""
        try:
            return self.request("GET", path).status == 200
        except (OSError, http.client.HTTPException):
            return False

    def is_ready(self):
        until(self.answers, f"the master at {self.http} to be ready")

    def has_so_many(self, workers):
        """Waits until so many workers are connected."""
        until(lambda: len(self.nodes()) == workers, f"{workers} workers")

    def strips_held(self, host):
        """How many strips the worker of that host name has not answered yet."""
        return sum(worker["strips_in_flight"] for worker in self.get("/api/v1/workers")["workers"]
                   if worker["id"].startswith(host))

    def keep_busy_while(self, break_it, what, content, expected, times=20):
        """Has images equalized, two at a time, while `break_it()` is called again and again, until it has hit a worker that
        held a strip; then every job must have ended well, and the last results be right."""
        done, failed, stop = [], [], threading.Event()

        def work(name):
            try:
                self.upload(name, content)
                while not stop.is_set():
                    done.append(self.done(self.process(name)))
            except Exception as error:  # of a thread, which would keep it to itself
                failed.append(error)

        def again():
            # Handed out again after a failure, or to a second worker while the first one is silent.
            return sum(job["strips"]["retries"] + job["strips"]["duplicates"] for job in list(done))

        names = ["busy-1.tif", "busy-2.tif"]
        threads = [threading.Thread(target=work, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        count = hit = 0
        try:
            until(lambda: len(done) > 1 or failed, "the first jobs to end")
            while not hit and count < times and not failed:
                before = again()  # workers that are slow are not waited for, either
                break_it()
                count += 1
                time.sleep(0.3)  # the jobs that were hit end
                hit = again() - before
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        if failed:
            raise failed[0]
        for name in names:
            self.case.assertEqual(self.download(name.replace(".", "_equalized.")), expected)
        print(f"\n  {what} {count} times: {len(done)} jobs, {hit} strips handed out again", flush=True)
        self.case.assertGreater(hit, 0, f"{what}: never at work")

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
        raise AssertionError("neither 'docker compose' nor docker-compose is there")

    def __call__(self, *arguments):
        return say(*self.tool, "--project-name", self.project, *self.files, *arguments, env=self.environment)

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


class Forwarded(RemoteMaster):
    """A master in a cluster, through `kubectl port-forward`, which ends with the pod that it leads to."""

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
    """A namespace of the cluster that kubectl's context names, for the length of a test."""

    count = itertools.count(1)

    def __init__(self, case):
        # One that is deleted has its name for a while yet.
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
        """The names of a role's pods that are not about to end."""
        found = json.loads(self("get", "pods", "-l", f"app.kubernetes.io/component={component}", "-o", "json"))
        return [pod["metadata"]["name"] for pod in found["items"] if "deletionTimestamp" not in pod["metadata"]]

    def prints(self, pod, words, times=1):
        """Waits until a pod has printed this so often."""
        until(lambda: run("kubectl", "--namespace", self.namespace, "logs", pod, check=False).stdout.count(words) >= times,
              f"{pod} to print '{words}' {times} times")

    def kill(self, component):
        """Ends a role's pod at once, as a node that fails would."""
        self("delete", "pod", self.pods(component)[0], "--grace-period=0", "--force")

    def kinds_left(self):
        """What is left in the namespace of what people make there, as "kind/name"."""
        kinds = ["deployments", "pods", "services", "configmaps", "pvc", "hpa", "pdb", "networkpolicies",
                 "serviceaccounts", "secrets", "ingresses"]
        names = self("get", ",".join(kinds), "-o", "name").split()
        own = ("kube-root-ca.crt", "serviceaccount/default", "secret/default-token", "service/kubernetes")
        return {name for name in names if not any(word in name for word in own)}


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
