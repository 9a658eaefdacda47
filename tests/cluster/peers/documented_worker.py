"""A worker that knows only the documented dialect (PROTOCOL.md section 3.1).

It requires REGISTERED, processes one request at a time, and disconnects after any undocumented message.
Exit codes: 0 the master disconnected between two requests, 1 in the middle of one, 2 undocumented message.
"""

import argparse
import json
import sys
import time

import peer


def number(field):
    if not field.isascii() or not field.isdigit():
        raise peer.Misunderstanding(f"not a size: {field!r}")
    return int(field)


def answer(connection, line, options):
    """Processes one request."""
    fields = line.split(" ")
    if len(fields) != 2 or fields[0] not in ("CALC_HIST", "APPLY_CDF"):
        raise peer.Misunderstanding(f"not documented: {line!r}")
    verb, size = fields[0], number(fields[1])
    if options.empty_is_end and size == 0:
        raise peer.Gone("a read of 0 bytes")
    if verb == "CALC_HIST":
        counts = peer.histogram(connection.bytes(size))
        connection.send(f"HIST_RESULT {json.dumps(counts)}\n")
    else:
        table = connection.bytes(256)
        connection.send(f"CDF_RESULT {size}\n", connection.bytes(size).translate(table))
    peer.say("answered", verb, size)


def registered(connection, options):
    connection.send(f"REGISTER {options.id}\n")
    if options.one_read:
        # As small programs do it: whatever has arrived by now is taken for the answer.
        reply = connection.socket.recv(1024).decode("utf-8", "replace").strip()
    else:
        reply = connection.line()
        if reply is None:
            raise peer.Gone("instead of an answer to REGISTER")
    if reply != "REGISTERED":
        raise peer.Misunderstanding(f"not REGISTERED: {reply!r}")
    peer.say("registered")


def serve(options):
    """One connection, until its end."""
    connection = peer.connect(options.master)
    try:
        registered(connection, options)
        while (line := connection.line()) is not None:
            answer(connection, line, options)
    finally:
        connection.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("master", help="HOST:PORT")
    parser.add_argument("id")
    parser.add_argument("--reconnect", type=float, metavar="SECONDS", help="come back so long after any end")
    parser.add_argument("--one-read", action="store_true", help="read the answer to REGISTER by one recv")
    parser.add_argument("--empty-is-end", action="store_true",
                        help="hang up on a request of 0 bytes: a read of 0 bytes is taken for the end")
    options = parser.parse_args()
    while True:
        code = 0
        try:
            serve(options)
        except peer.Misunderstanding as misunderstanding:
            code = 2
            peer.complain("misunderstanding:", misunderstanding)
        except (peer.Gone, OSError) as gone:
            code = 1
            peer.complain("gone:", gone)
        peer.say("hung-up", code)
        if options.reconnect is None:
            sys.exit(code)
        time.sleep(options.reconnect)


if __name__ == "__main__":
    main()
