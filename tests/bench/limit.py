"""
The raw limit of order intake: the same transaction as eight statements on bare tables, with psycopg only.

BEGIN; the key; the order; its three lines; three conditional decrements, in the order of ids with the hot row last;
COMMIT. Each caller is a process with one connection, one cursor and prepared statements.
"""

import json
import sys
import time
from collections import Counter
from pathlib import Path

import psycopg

TABLES = """
CREATE SCHEMA raw;
CREATE TABLE raw.key (actor_id bigint, key text, PRIMARY KEY (actor_id, key));
CREATE TABLE raw.orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, shopper_id bigint NOT NULL,
    group_id bigint NOT NULL, total_fen bigint NOT NULL, placed_at timestamptz NOT NULL);
CREATE INDEX ON raw.orders (shopper_id);
CREATE TABLE raw.line (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id bigint NOT NULL,
    offer_id bigint NOT NULL, quantity int NOT NULL, price_fen bigint NOT NULL);
CREATE INDEX ON raw.line (order_id);
CREATE TABLE raw.offer (id bigint PRIMARY KEY, stock int NOT NULL, sold int NOT NULL DEFAULT 0 CHECK (sold <= stock));
"""
KEY = "INSERT INTO raw.key VALUES (%s, %s)"
ORDER = (
    "INSERT INTO raw.orders (shopper_id, group_id, total_fen, placed_at)"
    " VALUES (%s, 1, 1197, clock_timestamp()) RETURNING id"
)
LINES = (
    "INSERT INTO raw.line (order_id, offer_id, quantity, price_fen)"
    " SELECT %s, offer_id, 1, 399 FROM unnest(%s::bigint[]) AS offer_id"
)
TAKE = "UPDATE raw.offer SET sold = sold + 1 WHERE id = %s AND sold + 1 <= stock"


def place(cursor: psycopg.Cursor[tuple[int]], shopper: int, key: str, offers: list[int]) -> str:
    """Place one order of one piece of each offer; return the status that the web would give."""
    cursor.execute(KEY, (shopper, key))
    row = cursor.execute(ORDER, (shopper,)).fetchone()
    assert row is not None
    cursor.execute(LINES, (row[0], offers))
    for offer in offers:
        if cursor.execute(TAKE, (offer,)).rowcount != 1:
            cursor.connection.rollback()
            return "409"
    cursor.connection.commit()
    return "201"


def main(url: str, orders_file: str) -> None:
    orders = json.loads(Path(orders_file).read_text())
    outcomes: Counter[str] = Counter()
    connection = psycopg.connect(url, prepare_threshold=0)
    cursor = connection.cursor()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    begun, cpu = time.monotonic(), time.process_time()
    for shopper, key, offers in orders:
        outcomes[place(cursor, shopper, key, offers)] += 1
    cpu_ms = (time.process_time() - cpu) * 1000
    result = {"begun": begun, "ended": time.monotonic(), "cpu_ms": cpu_ms, "outcomes": outcomes}
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
