"""
A process that typesets batches, started by ``typesetters``.

It reads batches from its standard input until that ends, so it ends with the process that started it, however that one
ended. It needs neither settings nor a database.
"""

import pickle  # between this process and the one that started it
import struct
import sys
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from fulfillment.domain.papers import Paper
from fulfillment.exports.batches import Batch

LENGTH: Final = struct.Struct(">Q")
DONE: Final = b"done\n"


class Order(NamedTuple):
    """
    :param paper: its head, kind and changes; without sections.
    :param target: appears when it is complete.
    """

    paper: Paper
    batch: Batch
    lang: str
    target: Path


def send(order: Order, out: BinaryIO) -> None:
    message = pickle.dumps(order, pickle.HIGHEST_PROTOCOL)
    out.write(LENGTH.pack(len(message)))
    out.write(message)
    out.flush()


def received(source: BinaryIO) -> Order | None:
    """Return the next order, or None when there will be no more."""
    size = source.read(LENGTH.size)
    if len(size) < LENGTH.size:
        return None
    message = source.read(*LENGTH.unpack(size))
    order = pickle.loads(message)  # noqa: S301 - written by ``send`` at the other end of the pipe
    assert isinstance(order, Order)
    return order


def main() -> None:
    """Do orders until there are no more."""
    from fulfillment.exports.pdf import forget, typeset

    while order := received(sys.stdin.buffer):
        half = order.target.with_suffix(".half")
        half.write_bytes(typeset(order.paper, order.batch, order.lang))
        half.replace(order.target)
        forget()
        sys.stdout.buffer.write(DONE)
        sys.stdout.buffer.flush()
