#!/usr/bin/env python3
"""A master that equalizes nothing, for tests of the commands that speak to one. Written from the API's text, with
Python's own HTTP server. The "result" of a file is the file itself.

    fake_master.py PORT_FILE [--polls N] [--slow-job] [--fail WORDS]

Listens on a free port of the loopback and writes it to PORT_FILE. Requests are appended to the file `requests`. Jobs
say "running" --polls times, for ever with --slow-job; they fail with --fail. Ends on SIGTERM.
"""
import argparse
import email.parser
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

options = argparse.ArgumentParser()
options.add_argument("port_file")
options.add_argument("--polls", type=int, default=2)
options.add_argument("--slow-job", action="store_true")
options.add_argument("--fail")
options = options.parse_args()

lock = threading.Lock()
files, jobs = {}, []


def result_of(name):
    stem, extension = os.path.splitext(name)
    return stem + "_equalized" + extension


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, kind="application/json"):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle_any(self):
        path = unquote(urlsplit(self.path).path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with lock:
            with open("requests", "a") as log:
                log.write(f"{self.command} {path}\n")
            self.route(self.command, path.split("/")[1:], body)

    do_GET = do_POST = do_DELETE = handle_any

    def route(self, method, path, body):
        match method, path:
            case "GET", ["readyz"]:
                self.answer(200, b"ready", "text/plain")
            case "GET", ["api", "v1", "status"]:
                count = {state: sum(job["state"] == state for job in jobs)
                         for state in ("queued", "running", "done", "failed", "cancelled")}
                self.answer(200, {"version": "0.1.0", "started": "2026-11-25T15:00:00.000Z", "uptime_seconds": 3725.5,
                                  "workers": 3, "jobs": count, "bytes_sent": 123456789, "bytes_received": 98765432,
                                  "pixels_per_second": 12.5e6, "connections": 4})
            case "GET", ["api", "v1", "workers"]:
                workers = [("node-7", "ECE465/2", "active", 700, 240e6, 3, 3 << 20),
                           ("a-rather-long-name.of.a.machine.example-40123", "documented", "quarantined", 100, 1e6, 0, 0),
                           ("old", "course", "late", 200, 31e6, 1, 1 << 20)]
                self.answer(200, {"workers": [
                    {"id": i, "peer": "127.0.0.1:1", "dialect": d, "state": s, "threads": 2, "strips_in_flight": n,
                     "bytes_in_flight": b, "strips_merged": m, "bytes_merged": m << 20, "bytes_per_second": r,
                     "connected": "2026-11-25T15:00:00.000Z", "last_heard": "2026-11-25T16:02:04.900Z"}
                    for i, d, s, m, r, n, b in workers]})
            case "GET", ["api", "v1", "jobs"]:
                self.answer(200, {"jobs": jobs[::-1]})
            case "GET", ["api", "v1", "jobs", id]:
                job = self.job(id)
                if job:
                    self.advance(job)
                self.answer(200 if job else 404, job or {"detail": "Job not found"})
            case "DELETE", ["api", "v1", "jobs", id]:
                job = self.job(id)
                if job:
                    job["state"] = "cancelled"
                self.answer(200 if job else 404, job or {"detail": "Job not found"})
            case "POST", ["api", "v1", "jobs"]:
                self.start(json.loads(body))
            case "POST", ["upload"]:
                head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
                part = email.parser.BytesParser().parsebytes(head + body).get_payload()[0]
                files[part.get_filename()] = part.get_payload(decode=True)
                self.answer(200, {"filename": part.get_filename(), "status": "uploaded"})
            case "GET", ["download", name] if name in files:
                self.answer(200, files[name], "application/octet-stream")
            case "DELETE", ["files", name] if name in files:
                files.pop(name)
                files.pop(result_of(name), None)
                self.answer(200, {"status": "success", "filename": name})
            case _:
                self.answer(404, {"detail": "Not Found"})

    @staticmethod
    def job(id):
        return next((job for job in jobs if job["id"] == id), None)

    @staticmethod
    def advance(job):
        if job["state"] not in ("queued", "running"):
            return
        job["state"], job["phase"], job["polls"] = "running", "map", job["polls"] + 1
        job["progress"] = min(0.9, job["polls"] / 20)
        if options.slow_job or job["polls"] <= options.polls:
            return
        job["state"], job["phase"], job["progress"] = "done", "done", 1.0
        if options.fail:
            job["state"], job["reason"] = "failed", options.fail
        else:
            files[job["result"]] = files[job["file"]]

    def start(self, request):
        name = request["file"]
        if name not in files:
            return self.answer(404, {"detail": "File not found"})
        job = {"id": f"job_{len(jobs) + 1}", "file": name, "result": result_of(name), "channels": request["channels"],
               "quality": request.get("quality"), "state": "queued", "reason": None, "phase": "queued", "progress": 0.0,
               "page": 1, "pages": 1, "created": "2026-11-25T16:00:00.000Z", "started": None, "finished": None,
               "seconds": 0.5, "phases": {"read": 0.1, "map": 0.1, "reduce": 0.0, "apply": 0.1, "stitch": 0.0,
                                          "write": 0.1},
               "image": {"format": "PNG", "width": 96, "height": 64, "bits": 8, "color": False, "pages": 1},
               "bytes": {"pixels": 6144, "sent": 6144, "received": 6000, "spared": 0},
               "strips": {"total": 1, "map_done": 1, "apply_done": 1, "attempts": 1, "retries": 0, "duplicates": 0,
                          "stolen": 0, "lies": 0},
               "workers": [{"id": "node-7", "strips": 1, "bytes": 6144}], "notes": [], "polls": 0}
        jobs.append(job)
        return self.answer(201, job)


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(options.port_file + ".new", "w") as port:
    port.write(str(server.server_port))
os.rename(options.port_file + ".new", options.port_file)
server.serve_forever()
