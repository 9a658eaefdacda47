"""`ece465 worker` with a master of the documented dialect that ignores a REGISTER of more than two fields.

Takes two of the worker's registration timeouts of 10 s (PROTOCOL.md section 6.2).
"""

import hashlib

import harness
import peer


class SilentMaster(harness.Case):
    def test_the_third_attempt_is_understood(self):
        master = self.peer("documented_master", "--two-fields", "silent")
        address = master.said("listening").split()[1]
        self.start("worker", [harness.ECE465, "worker", "--master", address, "--id", "w"])
        expected = hashlib.sha256(peer.equalized(peer.dull_samples(100_000, 1))).hexdigest()
        self.assertEqual(master.said("result"), f"result {expected}")
        self.assertEqual(master.count("ignored REGISTER w ECE465/2 "), 2)


if __name__ == "__main__":
    harness.main()
