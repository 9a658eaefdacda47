"""A worker with one fault: wrong answers, silence, disconnecting, or too much output.

    misbehaving_worker.py HOST:PORT ID --dialect course --do half --when map

It answers correctly the first requests (`--after`), other kinds of requests (`--when`), and the empty ones that a
master may probe a worker with (unless `--probes` is given). From the first fault on, every matching request gets the
same.
Prints what it does: `registered`, `answered KIND SIZE`, `did FAULT KIND SIZE`, `closed`.

Dialects: `documented`, `course`, and `v2`: ECE465/2 (PROTOCOL.md section 5) without checksums, since it offers none.
"""

import argparse
import array
import collections
import itertools
import json
import random
import sys
import threading
import time

import peer


class Request:
    """A request: to `count` or `map` samples, or to map a piece of `text` with a function."""

    def __init__(self, kind, name, samples, table=None, bits=8, held=False, function=None):
        self.kind = kind
        self.name = name  # the id of a job or task, or None
        self.samples = samples
        self.table = table
        self.bits = bits
        self.held = held  # names cached samples of an earlier request
        self.function = function
        self.size = len(samples)

    def words(self):
        """The result of a piece of text."""
        if self.function == "bytes":
            lines = [line.split() for line in self.samples.split(b"\n") if line.strip()]
            sizes = [int(line[1]) if len(line) > 1 and line[1].isdigit() else None for line in lines]
            return b"%d %d %d\n" % (sum(size or 0 for size in sizes), len(sizes), sizes.count(None))
        words = collections.Counter(word for word in self.samples.replace(b"\n", b" ").split(b" ") if word)
        return b"".join(b"%d %s\n" % (count, word) for word, count in sorted(words.items()))

    def levels(self, data):
        """The samples as numbers."""
        if self.bits == 8:
            return data
        numbers = array.array("H", data)
        if sys.byteorder == "big":
            numbers.byteswap()
        return numbers

    def counts(self):
        counts = [0] * (1 << self.bits)
        for level, count in collections.Counter(self.levels(self.samples)).items():
            counts[level] = count
        return counts

    def mapped(self):
        if self.bits == 8:
            return self.samples.translate(self.table)
        table = self.levels(self.table)
        mapped = array.array("H", [table[level] for level in self.levels(self.samples)])
        if sys.byteorder == "big":
            mapped.byteswap()
        return mapped.tobytes()


class Documented:
    def __init__(self, options):
        self.options = options

    def register(self, connection):
        connection.send(f"REGISTER {self.options.id}\n")
        return connection.line() == "REGISTERED"

    def request(self, connection):
        """The next request. None at the end of the stream."""
        line = connection.line()
        if line is None:
            return None
        verb, size = line.split(" ")
        if verb == "CALC_HIST":
            return Request("count", None, connection.bytes(int(size)))
        if verb == "APPLY_CDF":
            table = connection.bytes(256)
            return Request("map", None, connection.bytes(int(size)), table)
        raise ValueError(line)

    def counted(self, request, counts):
        return f"HIST_RESULT {json.dumps(counts)}\n".encode()

    def mapped(self, request, mapped, size=None):
        return f"CDF_RESULT {len(mapped) if size is None else size}\n".encode() + mapped

    def unasked(self):
        return self.counted(None, [1] * 256)


class Course(Documented):
    def register(self, connection):
        connection.send(f"REGISTER {self.options.id}\n")
        if connection.line() == "ACK_REGISTER":
            connection.send(f"LOG {self.options.id} Connected\n")
        return True

    def request(self, connection):
        line = connection.line()
        if line is None:
            return None
        verb, job, size = line.split()
        if verb == "CALC_HIST":
            return Request("count", job, connection.bytes(int(size)))
        if verb == "APPLY_CDF":
            table = connection.bytes(256)
            return Request("map", job, connection.bytes(int(size)), table)
        raise ValueError(line)

    def counted(self, request, counts):
        return f"HIST_RESULT {request.name}\n{json.dumps(counts)}\n".encode()

    def mapped(self, request, mapped, size=None):
        return f"MAPPED_RESULT {request.name} {len(mapped) if size is None else size}\n".encode() + mapped

    def unasked(self):
        return self.counted(Request("count", "job_987654321", b""), [1] * 256)


class Version2:
    def __init__(self, options):
        self.options = options
        self.kept = {}
        self.tables = {}

    def register(self, connection):
        maps = f" maps={self.options.maps}" if self.options.maps else ""
        connection.send(f"REGISTER {self.options.id} ECE465/2 threads=1 credit={self.options.credit} "
                        f"memory={self.options.memory} payload=67108864{maps}\n")
        fields = (connection.line() or "").split()
        if fields[:2] != ["REGISTERED", "ECE465/2"]:
            return False
        heartbeat = int(self.attributes(fields[2:])["heartbeat"]) / 1000
        if not self.options.lifeless:
            threading.Thread(target=self.beat, args=(connection, heartbeat / 2), daemon=True).start()
        return True

    @staticmethod
    def attributes(fields):
        return dict(field.split("=", 1) for field in fields if "=" in field)

    def beat(self, connection, interval):
        try:
            for n in itertools.count():
                time.sleep(interval)
                connection.send(f"PING n={n}\n")
        except OSError:
            pass

    def request(self, connection):
        while (line := connection.line()) is not None:
            fields = line.split()
            size = int(fields[1]) if fields[1:] and fields[1].isdigit() else 0
            found = self.attributes(fields)
            bits = int(found.get("bits", 8))
            if fields[0] == "CALC_HIST":
                samples = connection.bytes(size)
                if found.get("keep") == "1":
                    self.kept[found["task"]] = samples
                return Request("count", found["task"], samples, bits=bits)
            if fields[0] == "APPLY_CDF":
                table = (self.tables[found["table"]] if "table" in found
                         else connection.bytes(256 if bits == 8 else 131072))
                samples = self.kept.pop(found["from"]) if "from" in found else connection.bytes(size)
                return Request("map", found["task"], samples, table, bits, held="from" in found)
            if fields[0] == "MAP":
                return Request("text", found["task"], connection.bytes(size), function=found["kind"])
            if fields[0] == "TABLE":
                self.tables[found["table"]] = connection.bytes(size)
            elif fields[0] == "PING" and not self.options.lifeless:
                connection.send(f"PONG n={found['n']}\n")
            elif fields[0] == "BYE":
                return None
            elif fields[0] not in ("PING", "PONG", "DROP", "LOG", "ERROR"):
                connection.bytes(size)
        return None

    def counted(self, request, counts):
        packed, level = bytearray(), 0
        while level < len(counts):
            packed += self.leb128(counts[level])
            level += 1
            if counts[level - 1] == 0:
                run = 0
                while level < len(counts) and counts[level] == 0:
                    run, level = run + 1, level + 1
                packed += self.leb128(run)
        return self.packed(request, bytes(packed))

    def packed(self, request, packed):
        bits = "" if request.bits == 8 else f" bits={request.bits}"
        return f"HIST_RESULT {len(packed)} task={request.name}{bits}\n".encode() + packed

    @staticmethod
    def leb128(number):
        if number < 0:
            return b"\xff" * 11  # longer than any valid encoding
        encoded = bytearray()
        while number >= 128:
            encoded.append(number & 127 | 128)
            number >>= 7
        encoded.append(number)
        return bytes(encoded)

    def mapped(self, request, mapped, size=None):
        size = len(mapped) if size is None else size
        return f"CDF_RESULT {size} task={request.name}\n".encode() + mapped

    def result(self, request, words):
        return f"MAP_RESULT {len(words)} task={request.name}\n".encode() + words

    def unasked(self):
        return self.counted(Request("count", 987654321987654321, b""), [1] * 256)


DIALECTS = {"documented": Documented, "course": Course, "v2": Version2}


class Faults:
    """The faults. Each returns the bytes to send, or None for nothing."""

    def __init__(self, connection, dialect, options):
        self.connection = connection
        self.dialect = dialect
        self.options = options

    def correct(self, request):
        if request.kind == "text":
            return self.dialect.result(request, request.words())
        if request.kind == "count":
            return self.dialect.counted(request, request.counts())
        return self.dialect.mapped(request, request.mapped())

    def silence(self, _):
        return None

    def deafness(self, _):
        """Stops reading, too."""
        while True:
            time.sleep(3600)

    def hang_up(self, _):
        raise peer.Gone("on purpose")

    def half(self, request):
        answer =  self.correct(request)
        self.connection.send(answer[:len(answer) // 2])
        raise peer.Gone("in the middle, on purpose")

    def half_silence(self, request):
        answer =  self.correct(request)
        with self.connection.sending:
            self.connection.send(answer[:len(answer) // 2])
            self.deafness(request)

    def short(self, request):
        if request.kind == "count":
            return self.dialect.counted(request, request.counts()[:-1])
        return self.dialect.mapped(request, request.mapped()[:-1])

    def long(self, request):
        if request.kind == "count":
            return self.dialect.counted(request, [*request.counts(), 0, 1])
        return self.dialect.mapped(request, request.mapped() + b"!")

    def lying_size(self, request):
        """Announces the right size and sends less. What follows is taken for the rest."""
        if request.kind == "count":
            return self.correct(request)[:-10]
        return self.dialect.mapped(request, request.mapped()[:-10], request.size)

    def huge_size(self, request):
        if request.kind == "count":
            return self.dialect.counted(request, [10**30] * len(request.counts()))
        return self.dialect.mapped(request, b"", 10**30)

    def wrong_sum(self, request):
        return self.change_counts(request, lambda counts: [counts[0] + 1, *counts[1:]])

    def shifted(self, request):
        """Shifted by one level: the sum is right, and it looks like the histogram of a neighbouring strip."""
        return self.change_counts(request, lambda counts: [*counts[1:], counts[0]])

    def negative(self, request):
        return self.change_counts(request, lambda counts: [counts[0] - sum(counts) - 1, counts[1] + sum(counts) + 1,
                                                            *counts[2:]])

    def change_counts(self, request, change):
        if request.kind == "count":
            return self.dialect.counted(request, change(request.counts()))
        return self.correct(request)

    def wrong_words(self, request):
        """Replaces letters, so that only a full check finds it."""
        if request.kind == "text":
            return self.dialect.result(request, request.words().translate(bytes.maketrans(b"ab", b"ba")))
        return self.correct(request)

    def wrong_samples(self, request):
        """Wrong samples of the right size."""
        if request.kind == "map":
            return self.dialect.mapped(request, request.mapped().translate(bytes(reversed(range(256)))))
        return self.correct(request)

    def garbage(self, _):
        return random.Random(1).randbytes(1 << 16)

    def nonsense(self, _):
        return b"%%% 17 what? %%%\n"

    def endless_line(self, _):
        block = b"x" * (1 << 20)
        with self.connection.sending:
            for _ in range(self.options.line_bytes >> 20):
                self.connection.send(block)
            self.deafness(None)

    def twice(self, request):
        return self.correct(request) * 2

    def unasked(self, request):
        return self.dialect.unasked() + self.correct(request)

    def trickle(self, request):
        with self.connection.sending:
            for byte in self.correct(request):
                self.connection.send(bytes([byte]))
                time.sleep(self.options.pause)

    def slowness(self, request):
        """A correct but late answer."""
        time.sleep(self.options.pause)
        return self.correct(request)

    def forget(self, request):
        """ECE465/2: the cached samples are gone."""
        if not request.held:
            return self.correct(request)
        return f"ERROR code=no_chunk task={request.name} text=forgotten\n".encode()

    def refuse(self, request):
        """ECE465/2: refuses the request."""
        return f"ERROR code=failed task={request.name} text=on purpose\n".encode()

    def farewell(self, request):
        """ECE465/2: leaves in good order without answering."""
        return b"BYE\n"


FAULTS = sorted(name.replace("_", "-") for name in vars(Faults)
               if not name.startswith("_") and name not in ("change_counts",))


def serve(options):
    """One connection, until its end."""
    connection = peer.connect(options.master)
    dialect = DIALECTS[options.dialect](options)
    faults = Faults(connection, dialect, options)
    fault = getattr(faults, options.do.replace("-", "_"))
    honest, doing = options.after, False
    try:
        if not dialect.register(connection):
            return
        peer.say("registered")
        while (request := dialect.request(connection)) is not None:
            bad = options.when in (request.kind, "any") and (request.size > 0 or options.probes)
            if bad and not doing:
                doing, honest = honest == 0, max(0, honest - 1)
            if not (bad and doing):
                words = ("answered", request.kind, request.size)
                answer = faults.correct(request)
            else:
                words = ("did", options.do, request.kind, request.size)
                peer.say("does", *words[1:])
                answer = fault(request)
            if answer is not None:
                connection.send(answer)
            peer.say(*words)
    finally:
        connection.close()
        peer.say("closed")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("master", help="HOST:PORT")
    parser.add_argument("id")
    parser.add_argument("--dialect", choices=DIALECTS, default="documented")
    parser.add_argument("--do", choices=FAULTS, default="correct")
    parser.add_argument("--when", choices=["count", "map", "text", "any"], default="any")
    parser.add_argument("--after", type=int, default=0, metavar="N", help="answer the first N correctly")
    parser.add_argument("--probes", action="store_true", help="misbehave for empty requests, too")
    parser.add_argument("--returns", type=int, default=2, metavar="N", help="number of reconnects")
    parser.add_argument("--pause", type=float, default=0.2, metavar="SECONDS", help="of trickle and slowness")
    parser.add_argument("--line-bytes", type=int, default=1 << 30, metavar="BYTES", help="of endless-line")
    parser.add_argument("--credit", type=int, default=4 << 20, metavar="BYTES", help="v2: bytes accepted in flight")
    parser.add_argument("--memory", type=int, default=16 << 20, metavar="BYTES", help="v2: bytes cached")
    parser.add_argument("--maps", default="", metavar="KINDS", help="v2: comma-separated kinds of MAP to offer")
    parser.add_argument("--lifeless", action="store_true", help="v2: send neither PING nor PONG")
    options = parser.parse_args()
    for _ in range(options.returns + 1):
        try:
            serve(options)
        except (peer.Gone, peer.Misunderstanding, ValueError, OSError) as error:
            peer.complain(error)


if __name__ == "__main__":
    main()
