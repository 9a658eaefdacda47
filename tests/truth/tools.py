"""Helpers of these tests: the binaries, a temporary folder, and skipping."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

SKIPPED = 77  # CTest's SKIP_RETURN_CODE


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def need_program(name, package):
    if shutil.which(name) is None:
        skip(f"{name} is not installed (package {package})")


def system_python():
    """Restarts with Debian's interpreter if another one is running: only that one sees Debian's packages."""
    system = "/usr/bin/python3"
    if os.path.exists(system) and os.path.realpath(sys.executable) != os.path.realpath(system):
        os.execv(system, [system, "-B", *sys.argv])


class Case(unittest.TestCase):
    """A test with a temporary folder."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="ece465-truth-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def make(self, name, *options):
        """Writes a test image and returns its path."""
        path = self.path(name)
        subprocess.run([os.environ["MAKE_IMAGE"], path, *options], check=True)
        return path

    def equalize(self, source, *options, output=None):
        """Equalizes to `output` (a name), or next to the input; returns the path of the result."""
        if output is None:
            stem, extension = os.path.splitext(source)
            path = f"{stem}_equalized{extension}"
        else:
            path = self.path(output)
        command = [os.environ["ECE465"], "equalize", source, "-o", path, "--quiet", *options]
        done = subprocess.run(command, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, f"{' '.join(command)}: {done.stderr}")
        return path


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main():
    unittest.main(verbosity=2)
