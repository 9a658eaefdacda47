"""A master that knows only the documented dialect (PROTOCOL.md section 3.1).

Waits for its workers, equalizes one plane of 8-bit samples with them, prints the result's SHA-256, and ends. Any
undocumented line is an error. Exit codes: 0 success, 1 lost a worker, 2 undocumented message.
"""

import argparse
import hashlib
import json
import threading

import peer


def counts_in(line, size):
    prefix = "HIST_RESULT "
    if line is None or not line.startswith(prefix):
        raise peer.Misunderstanding(f"not HIST_RESULT and an array: {str(line)[:80]!r}")
    counts = json.loads(line[len(prefix):])
    if len(counts) != 256 or not all(type(count) is int and count >= 0 for count in counts) or sum(counts) != size:
        raise peer.Misunderstanding(f"no histogram of {size} samples: {line[:80]!r}")
    return counts


class Master:
    def __init__(self, options):
        self.options = options
        self.connections = []
        self.ignored = []  # kept open, never answered

    def gather(self):
        """Accepts until all workers have registered."""
        with peer.listen() as listener:
            while len(self.connections) < self.options.workers:
                self.accept(peer.Connection(listener.accept()[0]))

    def accept(self, connection):
        line = connection.line()
        fields = [] if line is None else line.split(" ")
        if len(fields) < 2 or fields[0] != "REGISTER":
            raise peer.Misunderstanding(f"not REGISTER: {line!r}")
        if len(fields) != 2 and self.options.two_fields == "hang-up":
            peer.say("refused", line)
            connection.close()
        elif len(fields) != 2 and self.options.two_fields == "silent":
            peer.say("ignored", line)
            self.ignored.append(connection)
        else:
            # In this dialect the rest of the line is the id.
            peer.say("registered", line.split(" ", 1)[1])
            connection.send("REGISTERED\n")
            self.connections.append(connection)

    def phase(self, work, inputs):
        """Distributes pieces round robin, one request per worker at a time. Returns the results in order."""
        results = [None] * len(inputs)

        def run(first):
            try:
                for index in range(first, len(inputs), len(self.connections)):
                    results[index] = work(self.connections[first], inputs[index])
            except peer.Misunderstanding as misunderstanding:
                peer.last_words(2, "misunderstanding:", misunderstanding)
            except (peer.Gone, OSError) as gone:
                peer.last_words(1, "worker lost:", gone)

        threads = [threading.Thread(target=run, args=(i,)) for i in range(len(self.connections))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    def equalize(self, samples):
        def count(connection, piece):
            connection.send(f"CALC_HIST {len(piece)}\n", piece)
            return counts_in(connection.line(), len(piece))

        def apply(connection, piece):
            connection.send(f"APPLY_CDF {len(piece)}\n", table, piece)
            line = connection.line()
            if line != f"CDF_RESULT {len(piece)}":
                raise peer.Misunderstanding(f"not CDF_RESULT and {len(piece)}: {line!r}")
            return connection.bytes(len(piece))

        inputs = peer.pieces(samples, self.options.pieces or len(self.connections))
        histograms = self.phase(count, inputs)
        table = bytes(peer.table([sum(counts) for counts in zip(*histograms)]))
        return b"".join(self.phase(apply, inputs))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, default=1, help="how many to wait for")
    parser.add_argument("--samples", type=int, default=100_000, help="how many to equalize")
    parser.add_argument("--seed", type=int, default=1, help="which ones")
    parser.add_argument("--pieces", type=int, help="as many as workers unless told")
    parser.add_argument("--two-fields", choices=["hang-up", "silent"],
                        help="what a REGISTER with anything behind the id gets")
    options = parser.parse_args()
    master = Master(options)
    try:
        master.gather()
    except peer.Misunderstanding as misunderstanding:
        peer.last_words(2, "misunderstanding:", misunderstanding)
    result = master.equalize(peer.dull_samples(options.samples, options.seed))
    peer.say("result", hashlib.sha256(result).hexdigest())


if __name__ == "__main__":
    main()
