"""deploy/compose/dining.yml, with the course's protocol and with a table: philosophers are served, one is killed, all are
stopped."""

import re
import socket

import tools
from tools import Compose, run, until


class Dining(tools.Case):
    def start_up(self, *files):
        self.port = tools.free_port()
        self.compose = Compose(self, *files, COORDINATOR_PORT=self.port)
        self.compose("up", "--detach", "--no-build")

    def output(self, service):
        """Standard output of a service's container."""
        return run("docker", "logs", self.compose.containers(service)[0]).stdout

    def prints(self, service, text, times=1):
        until(lambda: self.output(service).count(text) >= times, f"{service} to print '{text}' {times} times")

    def stop_all(self):
        containers = {service: self.compose.containers(service)[0]
                      for service in ("coordinator", "philosopher_1", "philosopher_2")}
        self.compose("stop")
        codes = {service: tools.state_of(container)["ExitCode"] for service, container in containers.items()}
        self.assertEqual(codes, {"coordinator": 0, "philosopher_1": 130, "philosopher_2": 130})
        self.assertIn("Shutting down", self.output("coordinator"))

    def test_the_courses_three_nodes(self):
        self.start_up("dining.yml")
        for philosopher in ("philosopher_1", "philosopher_2"):
            self.prints(philosopher, "Acknowledged Philosopher", 2)
        asked = set(re.findall(r"Philosopher (\d+) requesting to eat!", self.output("coordinator")))
        self.assertEqual(len(asked), 2)
        # Like the course's client: no newline at the end.
        with socket.create_connection(("127.0.0.1", self.port), timeout=tools.harness.PATIENCE) as client:
            client.sendall(b"Philosopher 7 requesting to eat!")
            self.assertIn(b"Acknowledged Philosopher 7 requesting to eat!", client.recv(1024))
        # Philosophers reconnect to a restarted coordinator.
        coordinator = self.compose.containers("coordinator")[0]
        run("docker", "kill", coordinator)
        before = self.output("philosopher_1").count("Acknowledged")
        run("docker", "start", coordinator)
        self.prints("philosopher_1", "Acknowledged", before + 2)
        self.stop_all()

    def test_a_table_with_forks(self):
        self.start_up("dining.yml", "dining-table.yml")
        for philosopher in ("philosopher_1", "philosopher_2"):
            self.prints(philosopher, "Eating!", 2)
        # The forks of a killed philosopher are free again: the others go on eating.
        run("docker", "kill", self.compose.containers("philosopher_2")[0])
        self.prints("coordinator", "is gone", 2)
        self.prints("philosopher_1", "Eating!", self.output("philosopher_1").count("Eating!") + 3)
        run("docker", "start", self.compose.containers("philosopher_2")[0])
        self.prints("philosopher_2", "Starting Networked Dining Philosophers", 2)
        self.prints("philosopher_2", "Eating!", self.output("philosopher_2").count("Eating!") + 1)
        self.stop_all()
        self.assertRegex(self.output("philosopher_1"), r"philosophers, tcp, coordinator, .* meals in")


if __name__ == "__main__":
    tools.main()
