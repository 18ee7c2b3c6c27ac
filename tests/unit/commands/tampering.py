"""Ways to change a store behind its owner's back."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

Journal = list[tuple[int, bytes, str, bytes]]


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection whose changes are kept."""
    with closing(sqlite3.connect(path)) as connection, connection:
        yield connection


def run(path: Path, sql: str, *parameters: object) -> int:
    """Run one statement; how many rows it changed."""
    with opened(path) as connection:
        return connection.execute(sql, parameters).rowcount


def flip(value: bytes, place: int) -> bytes:
    """``value`` with one bit of one byte changed."""
    place %= len(value)
    return value[:place] + bytes([value[place] ^ 1]) + value[place + 1 :]


def journal(path: Path) -> Journal:
    """All rows."""
    with opened(path) as connection:
        return connection.execute("SELECT seq, hash, subject, body FROM journal").fetchall()


def rehash_from(path: Path, seq: int, old: bytes, new: bytes) -> None:
    """Replace ``old`` by ``new`` in the event at ``seq`` and make the chain fit again."""
    rows = journal(path)
    before = bytes(32) if seq == 1 else rows[seq - 2][1]
    with opened(path) as connection:
        for number, _, _, body in rows[seq - 1 :]:
            assert number > seq or old in body
            changed = body.replace(old, new) if number == seq else body
            before = hashlib.sha256(before + changed).digest()
            sql = "UPDATE journal SET hash = ?, body = ? WHERE seq = ?"
            connection.execute(sql, (before, changed, number))
