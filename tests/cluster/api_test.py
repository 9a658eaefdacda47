"""The HTTP API: the course's endpoints, exactly, and invalid input. Every request gets a response, and none crashes the
master."""

import json
import os
import random
import socket
import struct
import subprocess
import zlib

import harness
import master

WRONG_EXTENSION = {"detail": "Only JPG and TIFF files are permitted."}


class Course(master.Case):
    def setUp(self):
        super().setUp()
        self.under_test = self.master()

    def test_the_journey_of_one_file(self):
        ask = self.under_test.ask
        content = self.image("a.jpg", "--color", "ycbcr")
        self.assertEqual(ask("GET", "/files"), {"files": []})
        self.assertEqual(ask("GET", "/nodes"), {"connected_workers": []})
        self.assertEqual(self.under_test.upload("a.jpg", content), {"filename": "a.jpg", "status": "uploaded"})
        self.assertEqual(ask("GET", "/files"), {"files": [{"name": "a.jpg", "size": len(content)}]})
        self.assertEqual(ask("GET", "/files/equalized"), {"files": []})
        self.assertEqual(ask("POST", "/process/a.jpg"), {"status": "processing_started", "job_id": "job_1"})
        self.under_test.done("job_1")
        self.assertEqual(ask("GET", "/files"), {"files": [{"name": "a.jpg", "size": len(content)}]})
        self.assertEqual(ask("GET", "/files/equalized"), {"files": [{"name": "a_equalized.jpg"}]})
        self.assertEqual(self.under_test.download("a.jpg"), content)
        self.assert_same(self.under_test.download("a_equalized.jpg"), self.equalized("a.jpg", content))
        self.assertEqual(ask("DELETE", "/files/a.jpg"), {"status": "success", "filename": "a.jpg"})
        self.assertEqual(ask("DELETE", "/files/a.jpg", 404), {"detail": "File not found or already deleted."})
        self.assertEqual(ask("POST", "/process/a.jpg", 404), {"detail": "File not found"})
        self.under_test.download("a_equalized.jpg", 404)

    def test_logs(self):
        self.under_test.put_through("a.png", self.image("a.png"))
        lines = self.under_test.get("/logs")["logs"]
        self.assertTrue(lines)
        for line in lines:
            self.assertEqual(set(line), {"time", "source", "message"})
            self.assertRegex(line["time"], r"^\d\d:\d\d:\d\d$")
        self.assertIn("Master", {line["source"] for line in lines})
        self.assertEqual(self.under_test.ask("POST", "/clear_logs"), {"status": "cleared"})
        self.assertEqual(self.under_test.get("/logs"), {"logs": []})

    def test_what_is_not_there_and_what_cannot_be_done(self):
        self.assertEqual(self.under_test.get("/nothing", 404), {"detail": "Not Found"})
        for method, path, allowed in (("GET", "/upload", {"POST"}), ("PUT", "/files", {"GET"}),
                                      ("GET", "/process/a.png", {"POST"})):
            answer = self.under_test.request(method, path)
            self.assertEqual(answer.status, 405, f"{method} {path}: {answer}")
            self.assertTrue(allowed <= set(answer.headers["Allow"].replace(" ", "").split(",")), answer.headers)
            self.assertIn("detail", answer.json)
        self.assertEqual(self.under_test.request("GET", "/files").headers["Access-Control-Allow-Origin"], "*")

    def test_the_pages_of_the_house(self):
        # It listens before it has resumed earlier jobs, and is ready after that.
        harness.until(lambda: self.under_test.request("GET", "/readyz").status == 200, "the master to be ready")
        for path, kind in (("/", "text/html"), ("/healthz", "text/plain"), ("/readyz", "text/plain"),
                           ("/metrics", "text/plain"), ("/api/v1/openapi.json", "application/json")):
            answer = self.under_test.request("GET", path)
            self.assertEqual(answer.status, 200, f"{path}: {answer}")
            self.assertTrue(answer.headers["Content-Type"].startswith(kind), f"{path}: {answer.headers}")
        self.assertEqual(self.under_test.request("GET", "/healthz").body.strip(), b"ok")

    def test_ranges_and_etags(self):
        content = self.image("a.png")
        self.under_test.upload("a.png", content)
        whole = self.under_test.request("GET", "/download/a.png")
        self.assertEqual(whole.headers["Content-Length"], str(len(content)))
        again = self.under_test.request("GET", "/download/a.png", headers={"If-None-Match": whole.headers["ETag"]})
        self.assertEqual((again.status, again.body), (304, b""))
        for asked, status, expected in (("bytes=0-9", 206, content[:10]), ("bytes=-5", 206, content[-5:]),
                                        ("bytes=100-", 206, content[100:]), ("bytes=99999999-", 416, None)):
            answer = self.under_test.request("GET", "/download/a.png", headers={"Range": asked})
            self.assertEqual(answer.status, status, asked)
            if expected is not None:
                self.assertEqual(answer.body, expected, asked)

    def test_events(self):
        connection = self.under_test.connection()
        connection.request("GET", "/api/v1/events")
        events = connection.getresponse()
        self.assertTrue(events.headers["Content-Type"].startswith("text/event-stream"))

        def event():
            name, data = None, None
            while (line := events.readline().decode().rstrip("\n")) or data is None:
                if line.startswith("event:"):
                    name = line.split(":", 1)[1].strip()
                elif line.startswith("data:"):
                    data = json.loads(line.split(":", 1)[1])
            return name, data

        name, hello = event()
        self.assertEqual(name, "hello")
        self.assertEqual((hello["jobs"], hello["workers"]), ([], []))
        self.under_test.own_worker("w")
        self.under_test.upload("a.png", self.image("a.png"))
        self.under_test.process("a.png")
        seen = set()
        while True:
            name, data = event()
            seen.add(name)
            if name == "job" and data["state"] == "done":
                break
        self.assertTrue({"worker", "file", "job"} <= seen, seen)
        connection.close()


class Names(master.Case):
    def setUp(self):
        super().setUp()
        self.under_test = self.master()
        self.content = self.image("a.png")

    def test_paths_are_reduced_to_their_last_part(self):
        for name, kept in (("../../a.png", "a.png"), ("/etc/b.png", "b.png"), ("C:\\photos\\c.png", "c.png"),
                           ("x/../d.png", "d.png")):
            self.assertEqual(self.under_test.upload(name, self.content)["filename"], kept)
        self.assertEqual(self.under_test.files(), ["a.png", "b.png", "c.png", "d.png"])

    def test_names_that_are_refused(self):
        for name in ("", "..", ".png", ".hidden.png", "a/", "x" * 5000 + ".png", b"a\x00b.png", b"a\x01.png",
                     b"\xff\xfe.png"):
            body, kind = master.form(name, self.content)
            answer = self.under_test.request("POST", "/upload", body=body, headers={"Content-Type": kind})
            self.assertIn(answer.status, (400, 422), f"{name!r}: {answer}")
            self.assertTrue(answer.json["detail"])
        self.assertEqual(self.under_test.files(), [])
        self.assertEqual(os.listdir(self.folder).count("a.png"), 0)

    def test_extensions(self):
        for name in ("a.gif", "a.txt", "a", "a.jpg.exe", "jpg"):
            self.assertEqual(self.under_test.upload(name, self.content, 400), WRONG_EXTENSION)
        for name in ("a.jpg", "a.JPEG", "a.tif", "a.TiFF", "a.PNG"):
            self.under_test.upload(name, self.content)

    def test_names_in_paths(self):
        outside = self.path("outside.png")
        with open(outside, "wb") as file:
            file.write(self.content)
        for path in ("..%2foutside.png", "%2e%2e/outside.png", "../outside.png", "..%5coutside.png", "%00", "a%00.png",
                     "%ff%fe.png", "%", "%zz.png", "x" * 5000, ".", "..", "%2e%2e", ".ece465", "a.png%0d%0aX-Evil: 1"):
            for method, where in (("GET", "/download/"), ("POST", "/process/"), ("DELETE", "/files/"),
                                  ("GET", "/api/v1/files/")):
                answer = self.raw(f"{method} {where}{path}{'/preview' if 'api' in where else ''} HTTP/1.1\r\n"
                                  "Host: x\r\nConnection: close\r\n\r\n")
                self.assertRegex(answer, r"^HTTP/1.1 4\d\d ", f"{method} {where}{path[:40]}")
                self.assertNotIn("X-Evil", answer.split("\r\n\r\n")[0])
        self.assertTrue(os.path.exists(outside))

    def raw(self, text):
        host, port = self.under_test.http.rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=harness.PATIENCE) as connection:
            connection.sendall(text.encode())
            answer = b""
            while block := connection.recv(1 << 16):
                answer += block
        return answer.decode("utf-8", "replace")


class Uploads(master.Case):
    def setUp(self):
        super().setUp()
        self.under_test = self.master()
        self.content = self.image("a.png")

    def post(self, body, headers):
        return self.under_test.request("POST", "/upload", body=body, headers=headers)

    def test_without_the_field(self):
        body, kind = master.form("a.png", self.content, field="other")
        answer = self.post(body, {"Content-Type": kind})
        self.assertEqual(answer.status, 422, answer)
        self.assertTrue(answer.json["detail"])

    def test_what_is_no_form(self):
        for body, kind in ((self.content, "image/png"), (b"", "multipart/form-data; boundary=x"),
                           (b"no boundary here", "multipart/form-data; boundary=x"), (b"x", "multipart/form-data"),
                           (b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\nabc",
                            "multipart/form-data; boundary=x")):
            answer = self.post(body, {"Content-Type": kind})
            self.assertIn(answer.status, (400, 415, 422), f"{kind}, {body[:40]!r}: {answer}")
            self.assertTrue(answer.json["detail"])
        self.assertEqual(self.under_test.files(), [])

    def test_in_chunks_without_a_length(self):
        body, kind = master.form("a.png", self.content)
        pieces = (body[at:at + 777] for at in range(0, len(body), 777))
        connection = self.under_test.connection()
        connection.request("POST", "/upload", body=pieces, headers={"Content-Type": kind}, encode_chunked=True)
        self.assertEqual(json.loads(connection.getresponse().read()), {"filename": "a.png", "status": "uploaded"})
        connection.close()
        self.assertEqual(self.under_test.download("a.png"), self.content)

    def test_with_neither_chunks_nor_length(self):
        _, kind = master.form("a.png", self.content)
        connection = self.under_test.connection()
        connection.putrequest("POST", "/upload")
        connection.putheader("Content-Type", kind)
        connection.endheaders()
        answer = master.Answer(connection.getresponse())
        connection.close()
        self.assertIn(answer.status, (400, 411, 422), answer)

    def test_cut_off_half_way(self):
        body, kind = master.form("a.png", self.content)
        for length in (len(body), len(body) * 1000):
            connection = self.under_test.connection()
            connection.putrequest("POST", "/upload")
            connection.putheader("Content-Type", kind)
            connection.putheader("Content-Length", str(length))
            connection.endheaders()
            connection.send(body[:len(body) // 2])
            connection.close()
        self.assertTrue(self.under_test.answers())
        self.assertEqual(self.under_test.get("/files"), {"files": []})
        harness.until(lambda: self.left_over() == [], f"no traces; there are {self.left_over()}")

    def left_over(self):
        """Everything in the data folder except the job store."""
        found = [os.path.join(where, name) for where, _, names in os.walk(self.under_test.data) for name in names]
        return [path for path in found if "sqlite" not in path and not path.endswith("lock")]

    def test_over_the_limit(self):
        _, kind = master.form("a.png", b"")
        connection = self.under_test.connection()
        connection.putrequest("POST", "/upload")
        connection.putheader("Content-Type", kind)
        connection.putheader("Content-Length", str(1 << 50))
        connection.endheaders()
        answer = master.Answer(connection.getresponse())
        connection.close()
        self.assertEqual(answer.status, 413, answer)
        self.assertTrue(answer.json["detail"])

    def test_a_file_is_replaced(self):
        other = self.image("a.png", "--seed", "2")
        for content in (self.content, other, self.content):
            self.under_test.upload("a.png", content)
            self.assertEqual(self.under_test.download("a.png"), content)

    def test_a_result_is_no_input(self):
        self.under_test.put_through("a.png", self.content)
        self.assertEqual([file["name"] for file in self.under_test.get("/files")["files"]], ["a.png"])


class Images(master.Case):
    """Files that cannot be equalized are refused, or fail with the error of `equalize` and a line in the log."""

    def setUp(self):
        super().setUp()
        self.under_test = self.master()
        self.tried = 0

    def assert_as_locally(self, name, content):
        self.tried += 1
        name = f"{self.tried}-{name}"
        path = self.path(name)
        output = f"{path}.out{name[-4:]}"
        with open(path, "wb") as file:
            file.write(content)
        local = subprocess.run([harness.ECE465, "equalize", path, "-o", output, "--quiet", "--force"],
                               capture_output=True, text=True)
        self.under_test.upload(name, content)
        answer = self.under_test.request("POST", f"/process/{name}")
        if local.returncode == 0:
            self.assertEqual(answer.status, 200, answer)
            self.under_test.done(answer.json["job_id"])
            with open(output, "rb") as file:
                self.assert_same(self.under_test.download(f"{name[:-4]}_equalized{name[-4:]}"), file.read())
            return
        if answer.status == 200:
            ended = self.under_test.ended(answer.json["job_id"])
            self.assertEqual(ended["state"], "failed", ended)
            self.assertEqual(ended["reason"].count(name), 1, ended["reason"])
            self.under_test.assert_failure_logged(ended)
        else:
            self.assertEqual(answer.status, 422, answer)
            self.assertEqual(answer.json["detail"].count(name), 1, answer.json["detail"])
        self.assertNotIn(f"{name[:-4]}_equalized{name[-4:]}", self.under_test.files())

    def test_what_is_no_image(self):
        for name in ("a.jpg", "a.tif", "a.png"):
            for content in (b"", b"x", random.Random(1).randbytes(5000), bytes(5000), b"<html>", b"GIF89a" + bytes(99)):
                with self.subTest(name=name, content=content[:10]):
                    self.assert_as_locally(name, content)

    def test_truncated_images(self):
        for name, *options in (("a.jpg", "--color", "ycbcr"), ("a.tif",), ("a.tif", "--compression", "lzw"), ("a.png",),
                               ("a.jpg", "--progressive"), ("a.png", "--interlaced")):
            content = self.image(name, "--size", "200x150", *options)
            for share in (0.01, 0.1, 0.5, 0.99):
                with self.subTest(name=name, options=options, share=share):
                    self.assert_as_locally(name, content[:int(len(content) * share)])

    def test_damaged_images(self):
        for name, *options in (("a.jpg",), ("a.tif", "--compression", "lzw"), ("a.png",)):
            content = self.image(name, "--size", "200x150", *options)
            dice = random.Random(465)
            for _ in range(6):
                damaged = bytearray(content)
                for _ in range(20):
                    damaged[dice.randrange(len(damaged))] = dice.randrange(256)
                with self.subTest(name=name):
                    self.assert_as_locally(name, bytes(damaged))

    def test_bombs_by_header(self):
        def chunk(kind, data):
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

        def png(width, height):
            return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) +
                    chunk(b"IDAT", zlib.compress(b"\x00" * 100)) + chunk(b"IEND", b""))

        def tiff(width, height):
            tags = ((256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1),
                    (273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, 100))
            return (b"II*\x00" + struct.pack("<I", 8) + struct.pack("<H", len(tags)) +
                    b"".join(struct.pack("<HHII", *tag) for tag in tags) + bytes(4))

        jpeg = self.image("a.jpg", "--size", "64x64")
        frame = jpeg.index(b"\xff\xc0")
        bomb = jpeg[:frame + 5] + struct.pack(">HH", 65535, 65535) + jpeg[frame + 9:]
        ends_early = tiff(100, 1000) + bytes(5000)
        loop = bytearray(tiff(16, 16))
        loop[-4:] = struct.pack("<I", 8)  # the next page is this page
        for name, content in (("a.png", png(2**31 - 1, 2**31 - 1)), ("a.png", png(1_000_000, 1_000_000)),
                              ("a.tif", tiff(2**32 - 1, 2**32 - 1)), ("a.tif", tiff(1_000_000, 1_000_000)),
                              ("a.tif", tiff(0, 0)), ("a.tif", ends_early), ("a.tif", bytes(loop)), ("a.jpg", bomb)):
            with self.subTest(name=name):
                self.assert_as_locally(name, content)
        self.assertLess(self.under_test.memory("VmHWM"), 600 << 20)


if __name__ == "__main__":
    master.main()
