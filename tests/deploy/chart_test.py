"""The chart without a cluster: linted, rendered with every file of ci/, and checked against its schema. Needs Helm."""

import glob
import json
import os
import unittest

import tools
from tools import run, say

CHART = os.path.join(tools.ROOT, "deploy", "helm", "ece465")
VARIANTS = sorted(glob.glob(os.path.join(CHART, "ci", "*-values.yaml")))
OLD = ("--kube-version", "1.20.2")
NEW = ("--kube-version", "1.31.0")


def rendered(*arguments):
    """The chart's objects as text, by kind and name. Not parsed as YAML, which would need another package."""
    text = say("helm", "template", "demo", CHART, *arguments)
    found = {}
    for document in text.split("\n---"):
        lines = document.splitlines()
        kind = next((line[6:] for line in lines if line.startswith("kind: ")), None)
        name = next((line.strip()[6:] for line in lines if line.startswith("  name: ")), None)
        if kind:
            found[f"{kind}/{name}"] = document
    return found


class Chart(tools.Case):
    def test_lint(self):
        for values in VARIANTS:
            with self.subTest(values=os.path.basename(values)):
                run("helm", "lint", "--strict", CHART, "--values", values)

    def test_all_variants_render_for_old_and_new_clusters(self):
        self.assertGreaterEqual(len(VARIANTS), 5)
        for values in VARIANTS:
            for versions in (OLD, NEW):
                with self.subTest(values=os.path.basename(values), versions=versions):
                    self.assertIn("Deployment/", "".join(rendered("--values", values, *versions)))

    def test_names_are_valid_service_names(self):
        for name in rendered("--set", f"fullnameOverride={'x' * 80}"):
            self.assertLessEqual(len(name.split("/")[1]), 63, name)

    def test_values_of_the_courses_chart(self):
        found = rendered("--values", os.path.join(CHART, "ci", "course-values.yaml"))
        master = found["Deployment/demo-ece465-master"]
        self.assertIn('image: "johndoe/ece465-histogram-master:v1"', master)
        worker = found["Deployment/demo-ece465-worker"]
        self.assertIn('image: "johndoe/ece465-histogram-worker:v1"', worker)
        self.assertIn("\n  replicas: 5\n", worker)
        service = found["Service/demo-ece465-master"]
        self.assertIn("type: NodePort", service)
        self.assertIn("port: 8000", service)
        self.assertIn("port: 6000", found["Service/demo-ece465-master-tcp"])
        self.assertIn("storage: 1Gi", found["PersistentVolumeClaim/demo-ece465-data"])

    def test_coordinator_of_the_courses_chart(self):
        found = rendered("--values", os.path.join(CHART, "ci", "dining-values.yaml"))
        coordinator = found["Deployment/demo-ece465-coordinator"]
        self.assertIn('image: "your-docker-hub-username/ece465-server:v1"', coordinator)
        self.assertIn("\n  replicas: 1\n", coordinator)
        self.assertIn("port: 5055", found["Service/demo-ece465-coordinator"])
        self.assertNotIn("Deployment/demo-ece465-master", found)
        self.assertNotIn("Deployment/demo-ece465-coordinator", rendered())

    def test_api_versions_match_the_cluster(self):
        values = ("--values", os.path.join(CHART, "ci", "everything-values.yaml"))
        for versions, expected in ((OLD, {"autoscaling/v2beta2", "policy/v1beta1"}),
                                   (NEW, {"autoscaling/v2", "policy/v1"})):
            used = {line.split()[1] for text in rendered(*values, *versions).values() for line in text.splitlines()
                    if line.startswith(("apiVersion: autoscaling/", "apiVersion: policy/"))}
            self.assertEqual(used, expected)

    def test_pods_run_without_privileges(self):
        for name, text in rendered().items():
            if name.startswith("Deployment/"):
                for words in ("runAsNonRoot: true", "readOnlyRootFilesystem: true", "allowPrivilegeEscalation: false",
                              "automountServiceAccountToken: false", "enableServiceLinks: false", "type: RuntimeDefault"):
                    self.assertIn(words, text, name)

    def test_a_change_of_configuration_restarts_pods(self):
        def sums(*arguments):
            return [line for text in rendered(*arguments).values() for line in text.splitlines()
                    if "checksum/config" in line]
        self.assertEqual(len(set(sums())), 1)
        self.assertNotEqual(set(sums()), set(sums("--set", "config.log-level=debug")))

    def test_invalid_values_are_rejected(self):
        for wrong in ("master.replicaCount=2", "worker.replicaCount=-1", "worker.replicas=3", "storage.sise=1Gi",
                      "master.service.type=Magic", "master.service.httpPort=0", "no.such.value=1",
                      "coordinator.protocol=telepathy"):
            done = run("helm", "template", "demo", CHART, "--set", wrong, check=False)
            self.assertNotEqual(done.returncode, 0, wrong)
            self.assertIn("values don't meet the specifications", done.stderr)

    def test_the_dashboard_uses_existing_metrics(self):
        with open(os.path.join(CHART, "dashboards", "ece465.json"), encoding="utf-8") as file:
            dashboard = json.load(file)
        with open(os.path.join(tools.ROOT, "src", "cluster", "observability", "metrics.cpp"), encoding="utf-8") as file:
            source = file.read()
        used = {word for panel in dashboard["panels"] for target in panel.get("targets", [])
                 for word in tools.metrics_in(target["expr"])}
        self.assertGreater(len(used), 10)
        for metric in used:
            self.assertIn(f'"{metric}"', source)


if __name__ == "__main__":
    unittest.main(verbosity=2)
