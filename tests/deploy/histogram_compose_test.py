"""deploy/compose/histogram-eq.yml from one end to the other: scaled, used, broken in every way that its README names, and
stopped."""

import time

import tools
from tools import Compose, RemoteMaster, run, say

WORKERS = 3
PIXELS = tools.picture(6000, 4000)


class Histogram(tools.Case):
    def test_a_cluster_lives(self):
        port = tools.free_port()
        compose = Compose(self, "histogram-eq.yml", HTTP_PORT=port)
        compose("up", "--detach", "--no-build", "--scale", f"worker={WORKERS}")
        self.master = RemoteMaster(self, f"127.0.0.1:{port}")
        self.master.is_ready()
        self.master.has_so_many(WORKERS)
        compose.healthy("master", 1)
        compose.healthy("worker", WORKERS)
        self.expected = tools.equalized(PIXELS)

        self.job_through_all_workers()
        self.worker_killed_at_work(compose)
        self.network_cut(compose)
        self.master_killed_at_work(compose)
        self.scaled(compose)
        self.stopped(compose)

    def job_through_all_workers(self):
        job, result = self.master.put_through("scan.tif", PIXELS)
        self.assertEqual(result, self.expected)
        self.assertTrue(job["workers"])

    def stopped_at_work(self, container):
        """Stops a worker's process while jobs run, until it is sure to hold strips: on a fast machine they are done too soon
        for a command of Docker to hit one."""
        run("docker", "kill", "--signal", "STOP", container)
        tools.until(lambda: self.master.strips_held(container[:12]) > 0, f"{container[:12]} to hold strips")

    def worker_killed_at_work(self, compose):
        victim = compose.containers("worker")[0]

        def kill():
            self.stopped_at_work(victim)
            run("docker", "kill", victim)
            self.master.has_so_many(WORKERS - 1)
            run("docker", "start", victim)
            self.master.has_so_many(WORKERS)
        self.master.keep_busy_while(kill, "worker killed", PIXELS, self.expected)

    def network_cut(self, compose):
        victim = compose.containers("worker")[1]
        network = f"{compose.project}_hist-net"

        def cut():
            self.stopped_at_work(victim)
            # Nothing tells the master: it has to find out by the silence.
            run("docker", "network", "disconnect", network, victim)
            run("docker", "kill", "--signal", "CONT", victim)
            self.master.has_so_many(WORKERS - 1)
            run("docker", "network", "connect", network, victim)
            self.master.has_so_many(WORKERS)
        self.master.keep_busy_while(cut, "network cut", PIXELS, self.expected)

    def master_killed_at_work(self, compose):
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
        self.master.has_so_many(WORKERS)
        compose.healthy("master", 1)

    def scaled(self, compose):
        compose("up", "--detach", "--no-build", "--no-recreate", "--scale", "worker=1")
        self.master.has_so_many(1)
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
