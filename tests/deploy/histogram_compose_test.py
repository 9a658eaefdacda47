"""deploy/compose/histogram-eq.yml from one end to the other: scaled, used, broken in every way that its README names, and
stopped."""

import threading
import time

import tools
from tools import Compose, RemoteMaster, run, say, until

WORKERS = 3
PIXELS = tools.picture(6000, 4000)


class Histogram(tools.Case):
    def test_a_cluster_lives(self):
        port = tools.free_port()
        compose = Compose(self, "histogram-eq.yml", HTTP_PORT=port)
        compose("up", "--detach", "--no-build", "--scale", f"worker={WORKERS}")
        self.master = RemoteMaster(self, f"127.0.0.1:{port}")
        self.master.is_ready()
        until(lambda: len(self.master.nodes()) == WORKERS, f"{WORKERS} workers")
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

    def keep_busy_while(self, break_it, what):
        """Has images equalized, two at a time, while `break_it()` is called again and again, until it has hit a worker that
        held a strip; then every job must have ended well, and the last results be right."""
        done, stop = [], threading.Event()

        def work(name):
            self.master.upload(name, PIXELS)
            while not stop.is_set():
                done.append(self.master.done(self.master.process(name)))

        names = ["busy-1.tif", "busy-2.tif"]
        threads = [threading.Thread(target=work, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        def again():
            # Handed out again after a failure, or to a second worker while the first one is silent.
            return sum(job["strips"]["retries"] + job["strips"]["stolen"] for job in list(done))

        times = 0
        try:
            while not again() and times < 20:
                break_it()
                times += 1
                time.sleep(0.3)  # the jobs that were hit end
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        for name in names:
            self.assertEqual(self.master.download(name.replace(".", "_equalized.")), self.expected)
        print(f"\n  {what} {times} times: {len(done)} jobs, {again()} strips handed out again", flush=True)
        self.assertGreater(again(), 0, f"{what}: never at work")

    def worker_killed_at_work(self, compose):
        victim = compose.containers("worker")[0]

        def kill():
            run("docker", "kill", victim)
            until(lambda: len(self.master.nodes()) == WORKERS - 1, "the killed worker to be missed")
            run("docker", "start", victim)
            until(lambda: len(self.master.nodes()) == WORKERS, "it to be back")
        self.keep_busy_while(kill, "worker killed")

    def network_cut(self, compose):
        victim = compose.containers("worker")[1]
        network = f"{compose.project}_hist-net"

        def cut():
            # Nothing tells the master: it has to find out by the silence.
            run("docker", "network", "disconnect", network, victim)
            until(lambda: len(self.master.nodes()) == WORKERS - 1, "the silent worker to be given up")
            run("docker", "network", "connect", network, victim)
            until(lambda: len(self.master.nodes()) == WORKERS, "it to be back")
        self.keep_busy_while(cut, "network cut")

    def master_killed_at_work(self, compose):
        container = compose.containers("master")[0]
        names = [f"many-{n}.tif" for n in range(8)]
        for name in names:
            self.master.upload(name, PIXELS)
        jobs = [self.master.process(name) for name in names]
        run("docker", "kill", container)
        run("docker", "start", container)
        self.master.is_ready()
        ended = self.master.all_done(jobs)
        self.assertTrue(all(job["state"] == "done" for job in ended))
        for name in names:
            self.assertEqual(self.master.download(name.replace(".", "_equalized.")), self.expected)
        until(lambda: len(self.master.nodes()) == WORKERS, "the workers to be back")
        compose.healthy("master", 1)

    def scaled(self, compose):
        compose("up", "--detach", "--no-build", "--no-recreate", "--scale", "worker=1")
        until(lambda: len(self.master.nodes()) == 1, "one worker")
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
