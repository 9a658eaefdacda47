"""A master that behaves like the course's published program (PROTOCOL.md section 3.2).

It reads only the second field of REGISTER, identifies workers by id (a new connection replaces the old one), ignores
blank lines and unknown commands, cuts a plane into one piece per worker (even an empty one), and has several jobs in
flight on one connection. Prints each job's SHA-256 and ends.
Exit codes: 0 success, 1 lost a worker, 2 invalid answer.
"""

import argparse
import asyncio
import hashlib
import json
import os

import peer


class Master:
    def __init__(self, options):
        self.options = options
        self.workers = {}  # id: writer of its newest connection
        self.enough = asyncio.Event()
        self.awaited = {}  # (worker's id, job): future of the next answer

    async def serve_worker(self, reader, writer):
        worker = None
        try:
            while line := await reader.readline():
                fields = line.decode("utf-8", "replace").split()
                if not fields:
                    continue
                if fields[0] == "REGISTER":
                    worker = fields[1]
                    self.workers[worker] = writer
                    peer.say("registered", worker)
                    writer.write(b"ACK_REGISTER\n")
                    if len(self.workers) >= self.options.workers:
                        self.enough.set()
                elif fields[0] == "LOG":
                    peer.say("log", *fields[1:])
                elif fields[0] == "HIST_RESULT":
                    self.answered(worker, fields[1], json.loads(await reader.readline()))
                elif fields[0] == "MAPPED_RESULT":
                    self.answered(worker, fields[1], await reader.readexactly(int(fields[2])))
                else:
                    peer.say("unknown", *fields)
        except (OSError, asyncio.IncompleteReadError) as error:
            peer.complain("connection lost:", error)
        except (IndexError, ValueError, KeyError) as error:
            peer.last_words(2, "cannot be:", repr(error))
        if self.workers.get(worker) is writer:
            del self.workers[worker]
            if any(owner == worker for owner, _ in self.awaited):
                peer.last_words(1, "gone while it was needed:", worker)
        writer.close()

    def answered(self, worker, job, answer):
        self.awaited.pop((worker, job)).set_result(answer)

    def ask(self, worker, job, *parts):
        """Sends without waiting for earlier answers. Returns the future of the answer."""
        answer = self.awaited[worker, job] = asyncio.get_running_loop().create_future()
        for part in parts:
            self.workers[worker].write(part)
        return answer

    async def run(self, job, samples):
        workers = list(self.workers)
        inputs = peer.pieces(samples, len(workers))
        histograms = await asyncio.gather(*(
            self.ask(worker, job, f"CALC_HIST {job} {len(piece)}\n".encode(), piece)
            for worker, piece in zip(workers, inputs)))
        if not all(len(counts) == 256 and sum(counts) == len(piece) for counts, piece in zip(histograms, inputs)):
            peer.last_words(2, "a histogram that is none")
        table = bytes(peer.table([sum(counts) for counts in zip(*histograms)]))
        mapped = await asyncio.gather(*(
            self.ask(worker, job, f"APPLY_CDF {job} {len(piece)}\n".encode(), table, piece)
            for worker, piece in zip(workers, inputs)))
        peer.say("result", job, hashlib.sha256(b"".join(mapped)).hexdigest())


async def serve(options):
    master = Master(options)
    server = await asyncio.start_server(master.serve_worker, "127.0.0.1", 0, limit=peer.LONGEST_LINE)
    peer.say("listening", "{}:{}".format(*server.sockets[0].getsockname()[:2]))
    await master.enough.wait()
    await asyncio.gather(*(
        master.run(f"job_{n}", peer.dull_samples(options.samples, options.seed + n - 1))
        for n in range(1, options.jobs + 1)))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=1, help="how many to wait for")
    parser.add_argument("--jobs", type=int, default=1, help="how many at the same time")
    parser.add_argument("--samples", type=int, default=100_000, help="how many in each job")
    parser.add_argument("--seed", type=int, default=1, help="of the first job; the others have the next ones")
    asyncio.run(serve(parser.parse_args()))
    os._exit(0)  # does not wait for workers to disconnect


if __name__ == "__main__":
    main()
