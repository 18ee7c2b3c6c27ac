"""The person store: the erasable part that stands beside the journal (SYNC section 12).

An event refers to a person by {id, version, digest}; digest = SHA-256 over the salt and the
canonical data. The highest version wins; a tombstone wins over all, whatever comes later.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from edge.domain.events import PersonRef
from edge.domain.person import PersonDetails
from edge.domain.sync_inputs import PersonRow, supersedes
from edge.errors import InvalidInput
from edge.ids import Chance, hex_bits
from edge.journal.chain import canonical
from edge.journal.sql import Values
from edge.journal.sqlite import SqliteExecutor

SALT_BITS = 256

_UPSERT = (
    "INSERT INTO person (id, version, salt, data, erased_at) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET version = excluded.version, salt = excluded.salt,"
    " data = excluded.data, erased_at = excluded.erased_at"
)
_MISSING = (
    "SELECT ref FROM (SELECT DISTINCT person AS ref FROM orders WHERE person IS NOT NULL"
    ' UNION SELECT person FROM "user") WHERE ref NOT IN (SELECT id FROM person) LIMIT ?'
)


def make(id_: str, version: int, data: PersonDetails, chance: Chance) -> PersonRow:
    """A new version of a person, with a salt of its own."""
    salt = hex_bits(SALT_BITS, chance)
    return PersonRow(id=id_, version=version, salt=salt, data=canonical(data), erased_at=None)


def next_version(
    executor: SqliteExecutor, id_: str, data: PersonDetails, chance: Chance
) -> PersonRow:
    """The row to store for ``data``; InvalidInput for an erased person.

    Unchanged data give the row that is there.
    """
    known = get(executor, id_)
    if known is None:
        return make(id_, 1, data, chance)
    if known.erased_at is not None:
        raise InvalidInput("person", id_, "this person was erased; use another id")
    return known if read(known) == data else make(id_, known.version + 1, data, chance)


def read(row: PersonRow) -> PersonDetails | None:
    """The data of a row; None once erased."""
    return None if row.data is None else msgspec.json.decode(row.data, type=PersonDetails)


def ref(row: PersonRow) -> PersonRef | None:
    """How an event names this version; None once erased."""
    digest = row.digest()
    if digest is None:
        return None
    return PersonRef(person=row.id, version=row.version, digest=digest)


def get(executor: SqliteExecutor, id_: str) -> PersonRow | None:
    """The person's row."""
    row = executor.one("SELECT id, version, salt, data, erased_at FROM person WHERE id = ?", (id_,))
    return row_of(row) if row is not None else None


def row_of(columns: Values) -> PersonRow:
    """The row of (id, version, salt, data, erased_at)."""
    name, version, salt, data, erased_at = columns
    return PersonRow(
        id=str(name),
        version=int(version or 0),
        salt=salt if isinstance(salt, str) else None,
        data=data if isinstance(data, bytes) else None,
        erased_at=erased_at if isinstance(erased_at, int) else None,
    )


def rows(executor: SqliteExecutor, ids: Sequence[str]) -> list[PersonRow]:
    """The rows that exist among ``ids``."""
    found = (get(executor, id_) for id_ in ids)
    return [person for person in found if person is not None]


def missing(executor: SqliteExecutor, limit: int) -> list[str]:
    """Ids that orders or users refer to and whose row or tombstone is not here."""
    return [str(row[0]) for row in executor.all(_MISSING, (limit,))]


def store(executor: SqliteExecutor, person: PersonRow) -> bool:
    """Keep a row if it wins over the one that is there; whether it did."""
    if not supersedes(person, get(executor, person.id)):
        return False
    executor.run(_UPSERT, [(person.id, person.version, person.salt, person.data, person.erased_at)])
    return True


def erase(executor: SqliteExecutor, id_: str, at_us: int) -> bool:
    """Destroy data and salt and leave a tombstone, also of a person never heard of."""
    known = get(executor, id_)
    version = known.version if known is not None else 0
    return store(
        executor, PersonRow(id=id_, version=version, salt=None, data=None, erased_at=at_us)
    )
