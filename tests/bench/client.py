"""
One caller with one connection: sends requests that were written beforehand, one after the other.

A process of its own, without an HTTP library, so that it takes as little as possible of the CPU it shares.
"""

import json
import socket
import sys
import time
from collections import Counter
from pathlib import Path


def answer(connection: socket.socket) -> str:
    """Read one answer to its end and return its status."""
    seen = b""
    while b"\r\n\r\n" not in seen:
        seen += _more(connection)
    head, _, body = seen.partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    length = next((int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        body += _more(connection)
    return lines[0].split()[1].decode()


def _more(connection: socket.socket) -> bytes:
    got = connection.recv(65536)
    if not got:
        raise ConnectionError("the server hung up")
    return got


def main(port: str, requests_file: str) -> None:
    requests = [text.encode() for text in json.loads(Path(requests_file).read_text())]
    statuses: Counter[str] = Counter()
    with socket.create_connection(("127.0.0.1", int(port)), timeout=60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        begun, cpu = time.monotonic(), time.process_time()
        for request in requests:
            connection.sendall(request)
            statuses[answer(connection)] += 1
        cpu_ms = (time.process_time() - cpu) * 1000
    result = {"begun": begun, "ended": time.monotonic(), "cpu_ms": cpu_ms, "outcomes": statuses}
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
