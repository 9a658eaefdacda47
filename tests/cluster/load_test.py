"""Many idle connections, a client that sends its request a byte at a time, uploads of gigabytes: the master keeps
responding to other requests, and its memory does not grow."""

import os
import resource
import socket
import threading

import harness
import master

IDLE = 2000
UPLOAD_BYTES = int(os.environ.get("ECE465_TEST_UPLOAD_GB", "1")) << 30
MAY_GROW = 32 << 20


class Connections(master.Case):
    def setUp(self):
        super().setUp()
        needed = 2 * IDLE + 200
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < needed:
            self.skipTest(f"may have {hard} open files only")
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, needed), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        self.under_test = self.master()

    def connect(self, to):
        host, port = to.rsplit(":", 1)
        connection = socket.create_connection((host, int(port)), timeout=harness.PATIENCE)
        self.addCleanup(connection.close)
        return connection

    def assert_good_requests_are_answered(self):
        for _ in range(50):
            self.under_test.get("/files")
        _, result = self.under_test.put_through("a.png", self.content)
        self.assert_same(result, self.expected)

    def test_idle_ones_and_a_slow_loris(self):
        self.content = self.image("a.png")
        self.expected = self.equalized("a.png", self.content)
        for _ in range(IDLE):
            self.connect(self.under_test.http)
        for _ in range(100):
            self.connect(self.under_test.workers)
        lorises = [self.connect(self.under_test.http) for _ in range(20)]
        stop = threading.Event()

        def send_bytes_one_by_one():
            words = b"GET /files HTTP/1.1\r\nHost: x\r\n" + b"X-Slow: 1\r\n" * 1000
            for byte in words:
                for loris in lorises:
                    try:
                        loris.send(bytes([byte]))
                    except OSError:
                        pass  # disconnected
                if stop.wait(0.02):
                    return

        sender = threading.Thread(target=send_bytes_one_by_one)
        sender.start()
        try:
            self.assert_good_requests_are_answered()
            self.under_test.own_worker("w")
            self.assert_good_requests_are_answered()
        finally:
            stop.set()
            sender.join()

    def test_a_client_that_reads_nothing(self):
        self.content = self.image("a.png")
        self.expected = self.equalized("a.png", self.content)
        self.under_test.upload("big.tif", self.image("big.tif", "--size", "4000x3000"))
        for _ in range(20):
            self.connect(self.under_test.http).sendall(b"GET /download/big.tif HTTP/1.1\r\nHost: x\r\n\r\n")
        before = self.under_test.memory("VmRSS")
        self.assert_good_requests_are_answered()
        self.assertLess(self.under_test.memory("VmRSS") - before, MAY_GROW)


class Memory(master.Case):
    def test_it_goes_back_to_the_system_when_jobs_are_over(self):
        under_test = self.master("--workers", "2")
        under_test.put_through("small.tif", self.image("small.tif", "--size", "300x200"))
        harness.until(lambda: len(under_test.nodes()) == 2, "the master's workers")
        before = under_test.memory("VmRSS")
        images = {"gray.tif": self.image("gray.tif", "--size", "6000x6000"),
                  "lzw.tif": self.image("lzw.tif", "--size", "5000x5000", "--compression", "lzw"),
                  "progressive.jpg": self.image("a.jpg", "--size", "5000x5000", "--progressive", "--color", "ycbcr")}
        names = [f"{n}-{name}" for n in range(3) for name in images]
        for name in names:
            under_test.upload(name, images[name[2:]])
        for job in [under_test.process(name) for name in names]:
            under_test.done(job)
        self.assertGreater(under_test.memory("VmHWM"), before + (100 << 20))
        harness.until(lambda: under_test.memory("VmRSS") < before + (20 << 20), "the memory of the jobs to go")


class LargeUpload(master.Case):
    def test_memory_stays_where_it_was(self):
        if os.statvfs(self.folder).f_bavail * os.statvfs(self.folder).f_frsize < 2 * UPLOAD_BYTES:
            self.skipTest("not enough space in the temporary folder")
        under_test = self.master()
        under_test.put_through("a.png", self.image("a.png"))  # loads everything that is loaded on first use
        before = under_test.memory("VmRSS")
        head, _, tail = master.form("big.tif", b"\x00SPLIT\x00")[0].partition(b"\x00SPLIT\x00")
        kind = master.form("big.tif", b"")[1]
        connection = under_test.connection()
        connection.putrequest("POST", "/upload")
        connection.putheader("Content-Type", kind)
        connection.putheader("Content-Length", str(len(head) + UPLOAD_BYTES + len(tail)))
        connection.endheaders()
        connection.send(head)
        block = bytes(range(256)) * 4096
        for _ in range(UPLOAD_BYTES // len(block)):
            connection.send(block)
        self.assertEqual(under_test.files(), ["a.png", "a_equalized.png"])  # not before it is complete
        connection.send(tail)
        answer = master.Answer(connection.getresponse())
        connection.close()
        self.assertEqual((answer.status, answer.json["filename"]), (200, "big.tif"))
        self.assertLess(under_test.memory("VmHWM") - before, MAY_GROW)
        self.assertEqual(os.path.getsize(os.path.join(under_test.data, "big.tif")), UPLOAD_BYTES)
        # A range from its middle needs no memory either.
        middle = under_test.request("GET", "/download/big.tif",
                                    headers={"Range": f"bytes={UPLOAD_BYTES // 2}-{UPLOAD_BYTES // 2 + 255}"})
        self.assertEqual((middle.status, middle.body), (206, bytes(range(256))))
        self.assertLess(under_test.memory("VmHWM") - before, MAY_GROW)
        under_test.ask("DELETE", "/files/big.tif")


if __name__ == "__main__":
    master.main()
