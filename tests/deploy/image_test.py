"""The image: its contents, and its behaviour as process 1."""

import json
import os
import re

import tools
from tools import IMAGE, read_json, run, say, until

MEGABYTE = 1_000_000


class Contents(tools.Case):
    def test_size(self):
        size = {name: int(say("docker", "image", "inspect", "--format", "{{.Size}}", name))
                for name in (IMAGE, tools.BASE_IMAGE)}
        added = size[IMAGE] - size[tools.BASE_IMAGE]
        print(f"\n  image {size[IMAGE] / MEGABYTE:.1f} MB, {added / MEGABYTE:.1f} MB above its base", flush=True)
        self.assertLess(added, 40 * MEGABYTE)

    def test_no_build_tools_remain(self):
        found = run("docker", "run", "--rm", "--entrypoint", "sh", IMAGE, "-c",
                    "command -v gcc g++ cc c++ ld as make cmake ninja git npm node python3 ccache; "
                    "ls -d /src ~root/.npm ~root/.cache /usr/include/c++ /var/lib/apt/lists/* 2>/dev/null", check=False)
        self.assertEqual(found.stdout, "")

    def test_metadata(self):
        config = read_json("docker", "image", "inspect", "--format", "{{json .Config}}", IMAGE)
        self.assertRegex(config["User"], r"^[1-9]\d*:[1-9]\d*$")
        self.assertEqual(config["Entrypoint"], ["ece465"])
        self.assertEqual(config["Healthcheck"]["Test"][:3], ["CMD", "ece465", "health"])
        labels = config["Labels"]
        self.assertEqual(labels["org.opencontainers.image.title"], "ece465")
        self.assertEqual(labels["org.opencontainers.image.version"],
                         say("docker", "run", "--rm", IMAGE, "--version").split()[-1])
        self.assertIn("org.opencontainers.image.revision", labels)

    def test_no_secrets_in_environment_or_history(self):
        config = read_json("docker", "image", "inspect", "--format", "{{json .Config.Env}}", IMAGE)
        history = say("docker", "history", "--no-trunc", "--format", "{{.CreatedBy}}", IMAGE)
        self.assertIsNone(re.search(r"(?i)password|token|secret|_auth|npmrc", json.dumps(config) + history))


class Roles(tools.Case):
    def test_without_a_command_it_lists_commands(self):
        for command in ("equalize", "master", "worker", "health"):
            self.assertIn(f"  {command} ", say("docker", "run", "--rm", IMAGE))

    def test_equalizes_files_as_the_calling_user(self):
        content = tools.picture(300, 200)
        with open(self.path("scan.tif"), "wb") as file:
            file.write(content)
        run("docker", "run", "--rm", "--volume", f"{self.folder}:/app", "--user", f"{os.getuid()}:{os.getgid()}", IMAGE,
            "equalize", "scan.tif")
        with open(self.path("scan_equalized.tif"), "rb") as file:
            self.assertEqual(file.read(), tools.equalized(content))
        self.assertEqual(os.stat(self.path("scan_equalized.tif")).st_uid, os.getuid())

    def test_the_error_for_a_read_only_folder_names_it(self):
        folder = self.path("foreign")
        os.mkdir(folder, 0o755)
        done = run("docker", "run", "--rm", "--user", "61234:61234", "--volume", f"{folder}:/app/shared_data", IMAGE,
                   "master", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"shared_data.*[Pp]ermission denied")

    def test_the_courses_environment_variables(self):
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

    def test_variables_that_kubernetes_sets_for_services_are_ignored(self):
        variables = ["MASTER_PORT", "SERVER_PORT", "ECE465_PORT", "ECE465_MASTER_PORT", "ECE465_WORKER_PORT",
                     "ECE465_HTTP_PORT", "ECE465_MASTER_HTTP_PORT", "ECE465_MASTER_WORKER_PORT"]
        given = [word for name in variables for word in ("--env", f"{name}=tcp://10.96.0.7:6000")]
        for role in ("master", "worker", "serve", "client"):
            printed = say("docker", "run", "--rm", *given, IMAGE, role, "--print-config")
            self.assertNotIn("tcp://", printed)


class ProcessOne(tools.Case):
    """With a read-only root and no capabilities, as in deploy/."""

    STRICT = ("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges:true")

    def stops_cleanly(self, container):
        """`docker stop` ends it within the grace period, with exit code 0."""
        say("docker", "stop", "--time", "20", container)
        state = tools.state_of(container)
        self.assertEqual((state["ExitCode"], state["OOMKilled"]), (0, False), say("docker", "logs", container))

    def test_a_master_becomes_healthy_and_stops_when_asked(self):
        for options, arguments in (((), ()), ((), ("--http-port", "8080")), (("--env", "ECE465_HTTP_PORT=81"), ())):
            container = self.container("master", *arguments, options=(
                *self.STRICT, "--health-interval", "1s", "--volume", "/app/shared_data", *options))
            until(lambda one=container: tools.state_of(one)["Health"]["Status"] == "healthy", "a healthy master")
            self.stops_cleanly(container)

    def test_a_worker_without_a_master_waits_and_stops_when_asked(self):
        container = self.container("worker", options=(*self.STRICT, "--health-interval", "1s"))
        until(lambda: tools.state_of(container)["Health"]["Status"] == "healthy", "a healthy worker")
        self.assertTrue(tools.state_of(container)["Running"])
        self.stops_cleanly(container)

    def test_orphans_are_reaped(self):
        container = self.container("worker", options=self.STRICT)
        self.logged(container, "the master cannot be reached")
        # The shell ends first, and its child is adopted by process 1; it ends by running true.
        run("docker", "exec", container, "sh", "-c", "(sleep 0.2; true) & exit")
        states = ("docker", "exec", container, "sh", "-c", "cat /proc/[0-9]*/stat")
        until(lambda: "(sleep)" not in say(*states), "the orphan to end")
        self.assertNotRegex(say(*states), r"\) Z ")

    def test_the_masters_worker_processes_are_reaped_and_replaced(self):
        container = self.container("master", "--workers", "2", options=(*self.STRICT, "--volume", "/app/shared_data"))
        started = self.logged(container, "worker joined")
        self.assertIn("worker", started)
        processes = "for p in /proc/[0-9]*; do sed -n 's/^State:[ \\t]*//p' $p/status; done"
        run("docker", "exec", container, "sh", "-c", "kill -9 $(sed -n 1p /proc/1/task/*/children | head -1)")
        self.logged(container, "worker process ended")
        children = ("docker", "exec", container, "sh", "-c", "cat /proc/1/task/*/children")
        until(lambda: len(say(*children).split()) == 2, "two workers again")
        self.assertNotIn("Z", say("docker", "exec", container, "sh", "-c", processes))
        self.stops_cleanly(container)

    def test_logs_are_json_by_default(self):
        container = self.container("worker")
        self.assertEqual(self.logged(container, "the master cannot be reached")["level"], "warn")
        text = self.container("worker", options=("--env", "ECE465_LOG_FORMAT=text"))
        until(lambda: " warn the master cannot be reached " in run("docker", "logs", text).stderr, "a log for people")


if __name__ == "__main__":
    tools.main()
