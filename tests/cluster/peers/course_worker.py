"""A worker that behaves like the course's published program (PROTOCOL.md section 3.2).

It accepts any line as the answer to REGISTER, but sends its first LOG only after exactly ACK_REGISTER. After a header
that it cannot parse it reconnects with the same id after 5 s; after a plain end of stream, at once. One command at a
time. Runs until it is killed.
"""

import argparse
import json
import time

import peer

WHILE_NOBODY_LISTENS = 0.05


def answer(connection, line, options):
    """Executes one command. Raises if it cannot be parsed."""
    verb, job, size = line.split()  # ValueError: not three fields
    size = int(size)
    if verb == "CALC_HIST":
        counts = peer.histogram(connection.bytes(size))
        log(connection, options, f"Histogram of {size} bytes calculated")
        connection.send(f"HIST_RESULT {job}\n", json.dumps(counts) + "\n")
    elif verb == "APPLY_CDF":
        table = connection.bytes(256)
        mapped = connection.bytes(size).translate(table)
        connection.send(f"MAPPED_RESULT {job} {size}\n", mapped)
        log(connection, options, f"Chunk of {size} bytes mapped")
    else:
        raise ValueError(f"unknown command: {line!r}")
    peer.say("answered", verb, job, size)


def log(connection, options, text):
    if not options.quiet:
        connection.send(f"LOG {options.id} {text}\n")


def serve(options):
    """One connection, until a plain end of the stream."""
    connection = peer.connect(options.master)
    try:
        connection.send(f"REGISTER {options.id}\n")
        reply = connection.line()
        if reply is None:
            return
        peer.say("registered", reply)
        if reply == "ACK_REGISTER":
            log(connection, options, f"Connected to master at {options.master}")
        while (line := connection.line()) is not None:
            answer(connection, line, options)
    finally:
        connection.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("master", help="HOST:PORT")
    parser.add_argument("id")
    parser.add_argument("--return-after", type=float, default=5, metavar="SECONDS",
                        help="how long it stays away after a header that it cannot parse")
    parser.add_argument("--quiet", action="store_true", help="says no LOG at all")
    options = parser.parse_args()
    while True:
        try:
            serve(options)
            peer.say("end-of-stream")
        except (ValueError, peer.Misunderstanding) as error:
            peer.say("dropped", error)
            time.sleep(options.return_after)
        except ConnectionRefusedError:
            time.sleep(WHILE_NOBODY_LISTENS)
        except (peer.Gone, OSError) as error:
            peer.say("lost", error)


if __name__ == "__main__":
    main()
