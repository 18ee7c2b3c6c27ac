"""Persons at the end of a day: known where they are needed, gone where they were erased (H11)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from tallydock.fuzz.dice import require
from tallydock.fuzz.goods import NAME_MARK

_AT_SITE = {
    "journal": "SELECT count(*) FROM journal WHERE instr(body, ?)",
    "dead letters": "SELECT count(*) FROM dead_letter WHERE instr(payload, ?)",
    "answers": "SELECT count(*) FROM idempotency WHERE instr(answer, ?)",
}
_AT_CENTRAL = {
    "log": "SELECT count(*) FROM central_log WHERE instr(body, ?)",
    "orphans": "SELECT count(*) FROM central_orphan WHERE instr(body, ?)",
    "commands": "SELECT count(*) FROM central_command WHERE instr(data, ?)",
    "dead letters": "SELECT count(*) FROM central_dead_letter WHERE instr(payload, ?)",
}
_HELD_AT_SITE = "SELECT count(*) FROM person WHERE id = ? AND data IS NOT NULL"
_HELD_AT_CENTRAL = "SELECT count(*) FROM central_person WHERE id = ? AND data IS NOT NULL"


def check_traces(site: sqlite3.Connection, central: sqlite3.Connection) -> None:
    """No name stands anywhere but in the person stores."""
    mark = NAME_MARK.encode()
    for where, connection, queries in (("site", site, _AT_SITE), ("central", central, _AT_CENTRAL)):
        for table, query in queries.items():
            found = _count(connection, query, mark)
            require(not found, f"{found} rows with a name in {where}'s {table}")


def check_erased_at_site(connection: sqlite3.Connection, persons: Iterable[str]) -> None:
    """Nothing is left of these persons but tombstones."""
    for person in persons:
        require(not _count(connection, _HELD_AT_SITE, person), f"{person} lives on at the site")


def check_erased_at_central(connection: sqlite3.Connection, persons: Iterable[str]) -> None:
    """Nothing is left of these persons but tombstones."""
    for person in persons:
        require(not _count(connection, _HELD_AT_CENTRAL, person), f"{person} lives on at central")


def _count(connection: sqlite3.Connection, query: str, what: str | bytes) -> int:
    (count,) = connection.execute(query, (what,)).fetchone()
    return int(count)
