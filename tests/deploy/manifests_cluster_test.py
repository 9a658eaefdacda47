"""deploy/kubernetes on the cluster of kubectl's current context: probes, failures, scaling, removal."""

import glob
import json
import os
import subprocess

import tools
from tools import Cluster, Forwarded, until

FOLDER = os.path.join(tools.ROOT, "deploy", "kubernetes")
PIXELS = tools.picture(6000, 4000)


class Manifests(tools.Case):
    def setUp(self):
        super().setUp()
        self.cluster = Cluster(self)

    def manifests(self, *folders):
        """The manifests of these folders, with the image under test."""
        texts = []
        for folder in folders:
            for path in sorted(glob.glob(os.path.join(FOLDER, folder, "*.yaml"))):
                with open(path, encoding="utf-8") as file:
                    texts.append(file.read().replace("image: ece465:latest", f"image: {tools.IMAGE}"))
        return "\n---\n".join(texts)


class Histogram(Manifests):
    def setUp(self):
        super().setUp()
        modern = "autoscaling/v2\n" in tools.say("kubectl", "api-versions") + "\n"
        self.scaling = "scaling" if modern else "scaling-before-1.23"
        self.master = Forwarded(self, self.cluster, "ece465-master")

    def test_kustomize_includes_all_files(self):
        def names(text):
            return sorted(line for line in text.splitlines() if line.startswith(("kind:", "  name: ")))
        self.assertEqual(names(tools.say("kubectl", "kustomize", FOLDER)), names(self.manifests("histogram-eq")))

    def test_life_of_a_cluster(self):
        everything = self.manifests("histogram-eq", self.scaling)
        self.no_traffic_before_ready(everything)
        self.cluster("apply", "-f", "-", input=everything)
        self.cluster("rollout", "status", "deployment/ece465-master", "--timeout=120s")
        self.cluster("rollout", "status", "deployment/ece465-worker", "--timeout=120s")
        self.master.is_ready()
        self.expected = tools.equalized(PIXELS)
        _, result = self.master.put_through("scan.tif", PIXELS)
        self.assertEqual(result, self.expected)
        self.worker_killed_under_load()
        self.master_killed_under_load()
        self.master_stopped_under_load()
        self.scaled()
        self.cluster("delete", "-f", "-", "--wait", "--timeout=120s", input=everything)
        until(lambda: self.cluster.remaining_objects() == set(), "nothing to remain")

    def no_traffic_before_ready(self, everything):
        """A master runs before its probe passes, but its service has no endpoints."""
        late = everything.replace("path: /readyz, port: http}", "path: /not-yet, port: http}")
        self.assertNotEqual(late, everything)
        self.cluster("apply", "-f", "-", input=late)

        def pods():
            return json.loads(self.cluster("get", "pods", "-l", "app.kubernetes.io/component=master", "-o", "json"))

        def states():
            return [{c["type"]: c["status"] for c in pod["status"].get("conditions", [])} for pod in pods()["items"]]
        alive = '{.items[0].status.containerStatuses[0].started}'
        until(lambda: self.cluster("get", "pods", "-l", "app.kubernetes.io/component=master", "-o",
                                   f"jsonpath={alive}") == "true", "the master to be alive")
        self.assertEqual([state["Ready"] for state in states()], ["False"])
        addresses = self.cluster("get", "endpoints", "ece465-master", "-o", "jsonpath={.subsets[*].addresses[*].ip}")
        self.assertEqual(addresses, "")
        # Workers cannot connect either, so none is ready.
        ready = self.cluster("get", "deployment", "ece465-worker", "-o", "jsonpath={.status.readyReplicas}")
        self.assertIn(ready, ("", "0"))

    def worker_killed_under_load(self):
        def kill():
            self.cluster.kill("worker")
            self.cluster("rollout", "status", "deployment/ece465-worker", "--timeout=120s")
        self.master.keep_busy_while(kill, "worker pod killed", PIXELS, self.expected)

    def many_jobs(self, count):
        names = [f"many-{n}.tif" for n in range(count)]
        for name in names:
            self.master.upload(name, PIXELS)
        return names, [self.master.process(name) for name in names]

    def all_jobs_succeed(self, names, jobs):
        self.cluster("rollout", "status", "deployment/ece465-master", "--timeout=120s")
        self.master.is_ready()
        self.master.all_done(jobs)
        for name in names:
            self.assertEqual(self.master.download(name.replace(".", "_equalized.")), self.expected)
        until(lambda: len(self.master.nodes()) == 2, "the workers to reconnect")

    def master_killed_under_load(self):
        names, jobs = self.many_jobs(6)
        self.cluster.kill("master")
        self.all_jobs_succeed(names, jobs)

    def master_stopped_under_load(self):
        """The end of its log, which is followed since it is deleted with the pod, shows a clean shutdown."""
        pod = self.cluster.pods("master")[0]
        log = self.start("log", ["kubectl", "--namespace", self.cluster.namespace, "logs", "--follow", pod])
        log.log_line("master listening")
        names, jobs = self.many_jobs(6)
        self.cluster("delete", "pod", pod)
        log.log_line("master stopped")
        self.all_jobs_succeed(names, jobs)

    def scaled(self):
        # The autoscaler's minimum is 2; it changes a larger number only if there are metrics.
        self.cluster("scale", "deployment/ece465-worker", "--replicas=4")
        until(lambda: len(self.master.nodes()) == 4, "four workers")
        _, result = self.master.put_through("scan.tif", PIXELS)
        self.assertEqual(result, self.expected)


class Dining(Manifests):
    def test_philosophers_and_coordinator_are_killed(self):
        everything = self.manifests("dining")
        self.cluster("apply", "-f", "-", input=everything)
        for name in ("coordinator", "philosopher"):
            self.cluster("rollout", "status", f"deployment/{name}", "--timeout=120s")
        for pod in self.cluster.pods("philosopher"):
            self.cluster.prints(pod, "Eating!", 2)
        self.cluster.kill("philosopher")
        self.cluster.prints(self.cluster.pods("coordinator")[0], "is gone", 2)
        self.all_eat()
        self.cluster.kill("coordinator")
        self.cluster("rollout", "status", "deployment/coordinator", "--timeout=120s")
        self.all_eat()
        self.cluster("delete", "-f", "-", "--wait", "--timeout=120s", input=everything)
        until(lambda: self.cluster.remaining_objects() == set(), "nothing to remain")

    def all_eat(self):
        self.cluster("rollout", "status", "deployment/philosopher", "--timeout=120s")
        for pod in self.cluster.pods("philosopher"):
            before = self.cluster("logs", pod).count("Eating!")
            self.cluster.prints(pod, "Eating!", before + 1)


if __name__ == "__main__":
    if subprocess.run(["kubectl", "get", "nodes"], capture_output=True, check=False).returncode != 0:
        raise SystemExit("kubectl's current context has no reachable cluster")
    tools.main()
