"""The image by itself: what is in it, and how it behaves as process 1."""

import json
import os
import re

import tools
from tools import IMAGE, read_json, run, say, until

MEGABYTE = 1_000_000


class Contents(tools.Case):
    def test_little_is_added_to_the_base(self):
        size = {name: int(say("docker", "image", "inspect", "--format", "{{.Size}}", name))
                for name in (IMAGE, tools.BASE_IMAGE)}
        added = size[IMAGE] - size[tools.BASE_IMAGE]
        print(f"\n  image {size[IMAGE] / MEGABYTE:.1f} MB, {added / MEGABYTE:.1f} MB above its base", flush=True)
        self.assertLess(added, 40 * MEGABYTE)

    def test_nothing_that_builds_is_left(self):
        found = run("docker", "run", "--rm", "--entrypoint", "sh", IMAGE, "-c",
                    "command -v gcc g++ cc c++ ld as make cmake ninja git npm node python3 ccache; "
                    "ls -d /src ~root/.npm ~root/.cache /usr/include/c++ /var/lib/apt/lists/* 2>/dev/null", check=False)
        self.assertEqual(found.stdout, "")

    def test_it_says_what_it_is(self):
        config = read_json("docker", "image", "inspect", "--format", "{{json .Config}}", IMAGE)
        self.assertRegex(config["User"], r"^[1-9]\d*:[1-9]\d*$")
        self.assertEqual(config["Entrypoint"], ["ece465"])
        self.assertEqual(config["Healthcheck"]["Test"][:3], ["CMD", "ece465", "health"])
        labels = config["Labels"]
        self.assertEqual(labels["org.opencontainers.image.title"], "ece465")
        self.assertEqual(labels["org.opencontainers.image.version"],
                         say("docker", "run", "--rm", IMAGE, "--version").split()[-1])
        self.assertIn("org.opencontainers.image.revision", labels)

    def test_secrets_are_in_neither_environment_nor_history(self):
        config = read_json("docker", "image", "inspect", "--format", "{{json .Config.Env}}", IMAGE)
        history = say("docker", "history", "--no-trunc", "--format", "{{.CreatedBy}}", IMAGE)
        self.assertIsNone(re.search(r"(?i)password|token|secret|_auth|npmrc", json.dumps(config) + history))


class Roles(tools.Case):
    def test_without_a_command_it_tells_which_there_are(self):
        for command in ("equalize", "master", "worker", "health"):
            self.assertIn(f"  {command} ", say("docker", "run", "--rm", IMAGE))

    def test_it_equalizes_files_of_the_caller_and_as_the_caller(self):
        content = tools.picture(300, 200)
        with open(self.path("scan.tif"), "wb") as file:
            file.write(content)
        run("docker", "run", "--rm", "--volume", f"{self.folder}:/app", "--user", f"{os.getuid()}:{os.getgid()}", IMAGE,
            "equalize", "scan.tif")
        with open(self.path("scan_equalized.tif"), "rb") as file:
            self.assertEqual(file.read(), tools.equalized(content))
        self.assertEqual(os.stat(self.path("scan_equalized.tif")).st_uid, os.getuid())

    def test_a_folder_that_it_may_not_write_to_is_named(self):
        folder = self.path("foreign")
        os.mkdir(folder, 0o755)
        done = run("docker", "run", "--rm", "--user", "61234:61234", "--volume", f"{folder}:/app/shared_data", IMAGE,
                   "master", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"shared_data.*[Pp]ermission denied")

    def test_the_courses_variables_have_their_meaning(self):
        for role, given, expected in (
                ("worker", ("MASTER_HOST=far", "MASTER_PORT=7000"), "master: \"far:7000\""),
                ("worker", ("MASTER_HOST=far",), "master: \"far:6000\""),
                ("master", ("MASTER_PORT=7000",), "worker-port: 7000"),
                ("master", ("UPLOAD_DIR=/images",), "data-dir: /images"),
                ("client", ("SERVER_HOST=far", "SERVER_PORT=5056"), "host: far"),
                ("client", ("SERVER_HOST=far", "SERVER_PORT=5056"), "port: 5056"),
                ("serve", ("SERVER_PORT=5056",), "port: 5056")):
            variables = [word for variable in given for word in ("--env", variable)]
            printed = say("docker", "run", "--rm", *variables, IMAGE, role, "--print-config")
            self.assertIn(f"  {expected} ", printed)

    def test_a_variable_that_kubernetes_makes_up_for_a_service_is_passed_over(self):
        variables = ["MASTER_PORT", "SERVER_PORT", "ECE465_PORT", "ECE465_MASTER_PORT", "ECE465_WORKER_PORT",
                     "ECE465_HTTP_PORT", "ECE465_MASTER_HTTP_PORT", "ECE465_MASTER_WORKER_PORT"]
        given = [word for name in variables for word in ("--env", f"{name}=tcp://10.96.0.7:6000")]
        for role in ("master", "worker", "serve", "client"):
            printed = say("docker", "run", "--rm", *given, IMAGE, role, "--print-config")
            self.assertNotIn("tcp://", printed)


class ProcessOne(tools.Case):
    """Read-only root, no capabilities: as strictly as deploy/ runs it."""

    STRICT = ("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges:true")

    def stops_well(self, container):
        """`docker stop` is obeyed: by itself, within the grace period, with exit code 0."""
        say("docker", "stop", "--time", "20", container)
        state = tools.state_of(container)
        self.assertEqual((state["ExitCode"], state["OOMKilled"]), (0, False), say("docker", "logs", container))

    def test_a_master_becomes_healthy_and_stops_when_asked(self):
        for options, arguments in (((), ()), ((), ("--http-port", "8080")), (("--env", "ECE465_HTTP_PORT=81"), ())):
            container = self.container("master", *arguments, options=(
                *self.STRICT, "--health-interval", "1s", "--volume", "/app/shared_data", *options))
            until(lambda one=container: tools.state_of(one)["Health"]["Status"] == "healthy", "a healthy master")
            self.stops_well(container)

    def test_a_worker_without_a_master_waits_and_stops_when_asked(self):
        container = self.container("worker", options=(*self.STRICT, "--health-interval", "1s"))
        until(lambda: tools.state_of(container)["Health"]["Status"] == "healthy", "a healthy worker")
        self.assertTrue(tools.state_of(container)["Running"])
        self.stops_well(container)

    def test_processes_without_a_parent_are_let_go(self):
        container = self.container("worker", options=self.STRICT)
        self.logged(container, "the master cannot be reached")
        # The shell ends first, and what it started becomes a child of process 1; true has ended when it is gone.
        run("docker", "exec", container, "sh", "-c", "(sleep 0.2; true) & exit")
        states = ("docker", "exec", container, "sh", "-c", "cat /proc/[0-9]*/stat")
        until(lambda: "(sleep)" not in say(*states), "the orphan to end")
        self.assertNotRegex(say(*states), r"\) Z ")

    def test_workers_of_a_masters_own_are_reaped_and_replaced(self):
        container = self.container("master", "--workers", "2", options=(*self.STRICT, "--volume", "/app/shared_data"))
        started = self.logged(container, "worker joined")
        self.assertIn("worker", started)
        processes = "for p in /proc/[0-9]*; do sed -n 's/^State:[ \\t]*//p' $p/status; done"
        run("docker", "exec", container, "sh", "-c", "kill -9 $(sed -n 1p /proc/1/task/*/children | head -1)")
        self.logged(container, "worker process ended")
        children = ("docker", "exec", container, "sh", "-c", "cat /proc/1/task/*/children")
        until(lambda: len(say(*children).split()) == 2, "two workers again")
        self.assertNotIn("Z", say("docker", "exec", container, "sh", "-c", processes))
        self.stops_well(container)

    def test_logs_are_json_unless_told_otherwise(self):
        container = self.container("worker")
        self.assertEqual(self.logged(container, "the master cannot be reached")["level"], "warn")
        text = self.container("worker", options=("--env", "ECE465_LOG_FORMAT=text"))
        until(lambda: " warn the master cannot be reached " in run("docker", "logs", text).stderr, "a log for people")


if __name__ == "__main__":
    tools.main()
