"""deploy/compose/histogram-eq.yml: scaled, used, stopped, and with all failures that its README describes."""

import time

import tools
from tools import Compose, RemoteMaster, run, say

WORKERS = 3
PIXELS = tools.picture(6000, 4000)


class Histogram(tools.Case):
    def test_life_of_a_cluster(self):
        port = tools.free_port()
        compose = Compose(self, "histogram-eq.yml", HTTP_PORT=port)
        compose("up", "--detach", "--no-build", "--scale", f"worker={WORKERS}")
        self.master = RemoteMaster(self, f"127.0.0.1:{port}")
        self.master.is_ready()
        self.master.has_worker_count(WORKERS)
        compose.healthy("master", 1)
        compose.healthy("worker", WORKERS)
        self.expected = tools.equalized(PIXELS)

        self.job_through_all_workers()
        self.worker_killed_under_load(compose)
        self.network_cut(compose)
        self.master_killed_under_load(compose)
        self.scaled(compose)
        self.stopped(compose)

    def job_through_all_workers(self):
        job, result = self.master.put_through("scan.tif", PIXELS)
        self.assertEqual(result, self.expected)
        self.assertTrue(job["workers"])

    def stop_holding_strips(self, container):
        """Stops a worker's process while jobs run, and waits until it holds strips: on a fast machine strips are done too fast
        to be hit by a Docker command."""
        run("docker", "kill", "--signal", "STOP", container)
        tools.until(lambda: self.master.strips_held(container[:12]) > 0, f"{container[:12]} to hold strips")

    def worker_killed_under_load(self, compose):
        victim = compose.containers("worker")[0]

        def kill():
            self.stop_holding_strips(victim)
            run("docker", "kill", victim)
            self.master.has_worker_count(WORKERS - 1)
            run("docker", "start", victim)
            self.master.has_worker_count(WORKERS)
        self.master.keep_busy_while(kill, "worker killed", PIXELS, self.expected)

    def network_cut(self, compose):
        victim = compose.containers("worker")[1]
        network = f"{compose.project}_hist-net"

        def cut():
            self.stop_holding_strips(victim)
            # The master gets no notification: it must detect the silence.
            run("docker", "network", "disconnect", network, victim)
            run("docker", "kill", "--signal", "CONT", victim)
            self.master.has_worker_count(WORKERS - 1)
            run("docker", "network", "connect", network, victim)
            self.master.has_worker_count(WORKERS)
        self.master.keep_busy_while(cut, "network cut", PIXELS, self.expected)

    def master_killed_under_load(self, compose):
        container = compose.containers("master")[0]
        names = [f"many-{n}.tif" for n in range(8)]
        for name in names:
            self.master.upload(name, PIXELS)
        jobs = [self.master.process(name) for name in names]
        run("docker", "kill", container)
        run("docker", "start", container)
        self.master.is_ready()
        self.master.all_done(jobs)
        for name in names:
            self.assertEqual(self.master.download(name.replace(".", "_equalized.")), self.expected)
        self.master.has_worker_count(WORKERS)
        compose.healthy("master", 1)

    def scaled(self, compose):
        compose("up", "--detach", "--no-build", "--no-recreate", "--scale", "worker=1")
        self.master.has_worker_count(1)
        _, result = self.master.put_through("scan.tif", PIXELS)
        self.assertEqual(result, self.expected)

    def stopped(self, compose):
        containers = compose.containers("master") + compose.containers("worker")
        began = time.monotonic()
        compose("stop")
        print(f"\n  stopped in {time.monotonic() - began:.1f} s", flush=True)
        for container in containers:
            state = tools.state_of(container)
            self.assertEqual(state["ExitCode"], 0, say("docker", "logs", "--tail", "20", container))


if __name__ == "__main__":
    tools.main()
