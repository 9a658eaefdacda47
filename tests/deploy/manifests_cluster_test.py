"""deploy/kubernetes on the cluster that kubectl's context names: applied, gated by its probes, broken, scaled, removed."""

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
        """What is applied, with the image under test."""
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

    def test_kustomize_sees_every_file(self):
        def names(text):
            return sorted(line for line in text.splitlines() if line.startswith(("kind:", "  name: ")))
        self.assertEqual(names(tools.say("kubectl", "kustomize", FOLDER)), names(self.manifests("histogram-eq")))

    def test_a_cluster_lives(self):
        everything = self.manifests("histogram-eq", self.scaling)
        self.not_ready_means_no_traffic(everything)
        self.cluster("apply", "-f", "-", input=everything)
        self.cluster("rollout", "status", "deployment/ece465-master", "--timeout=120s")
        self.cluster("rollout", "status", "deployment/ece465-worker", "--timeout=120s")
        self.master.is_ready()
        self.expected = tools.equalized(PIXELS)
        _, result = self.master.put_through("scan.tif", PIXELS)
        self.assertEqual(result, self.expected)
        self.worker_killed_at_work()
        self.master_killed_at_work()
        self.master_told_to_stop_at_work()
        self.scaled()
        self.cluster("delete", "-f", "-", "--wait", "--timeout=120s", input=everything)
        until(lambda: self.cluster.kinds_left() == set(), "nothing to be left")

    def not_ready_means_no_traffic(self, everything):
        """A master whose probe has not passed yet runs, and its service leads nowhere."""
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
        # No worker reaches it either, and so none is ready.
        ready = self.cluster("get", "deployment", "ece465-worker", "-o", "jsonpath={.status.readyReplicas}")
        self.assertIn(ready, ("", "0"))

    def worker_killed_at_work(self):
        def kill():
            self.cluster.kill("worker")
            self.cluster("rollout", "status", "deployment/ece465-worker", "--timeout=120s")
        self.master.keep_busy_while(kill, "worker pod killed", PIXELS, self.expected)

    def many_jobs(self, count):
        names = [f"many-{n}.tif" for n in range(count)]
        for name in names:
            self.master.upload(name, PIXELS)
        return names, [self.master.process(name) for name in names]

    def come_back_and_end(self, names, jobs):
        self.cluster("rollout", "status", "deployment/ece465-master", "--timeout=120s")
        self.master.is_ready()
        self.master.all_done(jobs)
        for name in names:
            self.assertEqual(self.master.download(name.replace(".", "_equalized.")), self.expected)
        until(lambda: len(self.master.nodes()) == 2, "the workers to be back")

    def master_killed_at_work(self):
        names, jobs = self.many_jobs(6)
        self.cluster.kill("master")
        self.come_back_and_end(names, jobs)

    def master_told_to_stop_at_work(self):
        """Its log's end, which is gone with the pod, tells that it has ended by itself."""
        pod = self.cluster.pods("master")[0]
        log = self.start("log", ["kubectl", "--namespace", self.cluster.namespace, "logs", "--follow", pod])
        log.log_line("master listening")
        names, jobs = self.many_jobs(6)
        self.cluster("delete", "pod", pod)
        log.log_line("master stopped")
        self.come_back_and_end(names, jobs)

    def scaled(self):
        # The autoscaler's lower bound is 2; more than that is its business only where there are metrics.
        self.cluster("scale", "deployment/ece465-worker", "--replicas=4")
        until(lambda: len(self.master.nodes()) == 4, "four workers")
        _, result = self.master.put_through("scan.tif", PIXELS)
        self.assertEqual(result, self.expected)


class Dining(Manifests):
    def test_philosophers_eat_whoever_dies(self):
        everything = self.manifests("dining")
        self.cluster("apply", "-f", "-", input=everything)
        for name in ("coordinator", "philosopher"):
            self.cluster("rollout", "status", f"deployment/{name}", "--timeout=120s")
        for pod in self.cluster.pods("philosopher"):
            self.cluster.prints(pod, "Eating!", 2)
        self.cluster.kill("philosopher")
        self.cluster.prints(self.cluster.pods("coordinator")[0], "is gone", 2)
        self.everybody_eats()
        self.cluster.kill("coordinator")
        self.cluster("rollout", "status", "deployment/coordinator", "--timeout=120s")
        self.everybody_eats()
        self.cluster("delete", "-f", "-", "--wait", "--timeout=120s", input=everything)
        until(lambda: self.cluster.kinds_left() == set(), "nothing to be left")

    def everybody_eats(self):
        self.cluster("rollout", "status", "deployment/philosopher", "--timeout=120s")
        for pod in self.cluster.pods("philosopher"):
            before = self.cluster("logs", pod).count("Eating!")
            self.cluster.prints(pod, "Eating!", before + 1)


if __name__ == "__main__":
    if subprocess.run(["kubectl", "get", "nodes"], capture_output=True, check=False).returncode != 0:
        raise SystemExit("kubectl's context leads to no cluster")
    tools.main()
