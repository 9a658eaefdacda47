"""The chart on the cluster of kubectl's current context: installed, tested, upgraded and rolled back under load, with
killed workers, uninstalled, and installed again on the remaining data."""

import os

import tools
from tools import Cluster, Forwarded, until

CHART = os.path.join(tools.ROOT, "deploy", "helm", "ece465")
REPOSITORY, TAG = tools.IMAGE.rsplit(":", 1)
PIXELS = tools.picture(6000, 4000)


class Chart(tools.Case):
    def setUp(self):
        super().setUp()
        self.cluster = Cluster(self)
        self.master = Forwarded(self, self.cluster, "demo-ece465-master")

    def chart(self, verb, *values):
        arguments = [word for value in values for word in ("--set", value)]
        self.cluster.helm(verb, "demo", CHART, *(["--install"] if verb == "upgrade" else []), "--set", f"image.repository={REPOSITORY}", "--set", f"image.tag={TAG}",
                          *arguments, "--wait", "--timeout", "180s")

    def test_life_of_a_release(self):
        self.chart("install")
        self.assertIn("Succeeded", self.cluster.helm("test", "demo", "--timeout", "120s"))
        self.master.is_ready()
        self.master.has_worker_count(2)
        self.expected = tools.equalized(PIXELS)
        _, result = self.master.put_through("scan.tif", PIXELS)
        self.assertEqual(result, self.expected)

        self.upgraded_under_load()
        self.worker_killed_under_load()
        self.rolled_back()
        self.removed_and_installed_again()

    def upgraded_under_load(self):
        """Adds workers while jobs run: the master is not restarted, and the jobs succeed."""
        before = self.cluster.pods("master")
        self.master.upload("busy.tif", PIXELS)
        jobs = [self.master.process("busy.tif")]
        upgrade = self.start("helm", ["helm", "--namespace", self.cluster.namespace, "upgrade", "demo", CHART,
                                      "--reuse-values", "--set", "worker.replicaCount=4", "--wait", "--timeout", "180s"])
        while upgrade.running():
            self.master.done(jobs[-1])
            jobs.append(self.master.process("busy.tif"))
        self.assertEqual(upgrade.ended(), 0, upgrade.lines)
        self.master.all_done(jobs)
        self.master.has_worker_count(4)
        self.assertEqual(self.cluster.pods("master"), before)
        self.assertEqual(self.master.download("busy_equalized.tif"), self.expected)
        print(f"\n  {len(jobs)} jobs finished during the upgrade", flush=True)

    def worker_killed_under_load(self):
        def kill():
            self.cluster.kill("worker")
            self.cluster("rollout", "status", "deployment/demo-ece465-worker", "--timeout=120s")
        self.master.keep_busy_while(kill, "worker pod killed", PIXELS, self.expected)

    def rolled_back(self):
        self.cluster.helm("rollback", "demo", "1", "--wait", "--timeout", "180s")
        self.master.is_ready()
        self.master.has_worker_count(2)

    def removed_and_installed_again(self):
        self.cluster.helm("uninstall", "demo", "--wait", "--timeout", "120s")
        until(lambda: self.cluster.remaining_objects() == {"persistentvolumeclaim/demo-ece465-data"}, "only the claim to remain")
        self.chart("install", "worker.replicaCount=1")
        self.master.is_ready()
        self.assertIn("scan.tif", [file["name"] for file in self.master.get("/files")["files"]])
        self.assertEqual(self.master.download("scan_equalized.tif"), self.expected)

    def test_philosophers_with_a_coordinator(self):
        for protocol, text in (("ack", "Acknowledged Philosopher"), ("table", "Eating!")):
            self.chart("upgrade", "master.enabled=false", "worker.enabled=false", "coordinator.replicaCount=1",
                       f"coordinator.protocol={protocol}")
            for pod in self.cluster.pods("philosopher"):
                self.cluster.prints(pod, text, 2)
        self.cluster.helm("uninstall", "demo", "--wait", "--timeout", "120s")
        until(lambda: self.cluster.remaining_objects() == set(), "nothing to remain")


if __name__ == "__main__":
    tools.main()
