"""Persons' rows between the wire and the stores (SYNC.md section 12)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import UNSET, Raw

from edge.domain.sync_inputs import PersonRow
from sync.envelope import PERSONS_MAX, WirePerson

ROWS_BYTES_MAX = 512 * 1024


def to_wire(row: PersonRow) -> WirePerson:
    if row.erased_at is not None:
        return WirePerson(id=row.id, version=row.version, erased_at=row.erased_at)
    assert row.salt is not None
    assert row.data is not None
    return WirePerson(id=row.id, version=row.version, salt=row.salt, data=Raw(row.data))


def from_wire(rows: Iterable[WirePerson]) -> tuple[PersonRow, ...]:
    """Rows that hold data or a tombstone; one with neither says nothing and is left out."""
    return tuple(row for row in map(_from_wire, rows) if row is not None)


def pages(rows: Sequence[PersonRow]) -> Iterator[list[WirePerson]]:
    """``rows`` in messages of at most 100 rows and about 512 KiB of data."""
    page: list[WirePerson] = []
    size = 0
    for row in rows:
        row_bytes = len(row.data or b"")
        if page and (len(page) == PERSONS_MAX or size + row_bytes > ROWS_BYTES_MAX):
            yield page
            page, size = [], 0
        page.append(to_wire(row))
        size += row_bytes
    if page:
        yield page


def _from_wire(row: WirePerson) -> PersonRow | None:
    if row.erased_at is not UNSET:
        return PersonRow(
            id=row.id, version=row.version, salt=None, data=None, erased_at=row.erased_at
        )
    if row.salt is UNSET or row.data is UNSET:
        return None
    return PersonRow(
        id=row.id, version=row.version, salt=row.salt, data=bytes(row.data), erased_at=None
    )
