"""Persons, links and dead letters in SQL."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, bindparam, delete, func, insert, select, update
from sqlalchemy.engine import Connection

from edge.domain.sync_inputs import PersonRow, RecordDeadLetter
from sync.central.sql_commands import ANSWER
from sync.central.tables import CentralModel

LETTERS_MAX = 1000

_tables = CentralModel.metadata.tables
PERSON, LINK = _tables["central_person"], _tables["central_person_link"]
LETTER = _tables["central_dead_letter"]

_MISSING = (
    select(LINK.c.person)
    .outerjoin(PERSON, PERSON.c.id == LINK.c.person)
    .where(LINK.c.site == bindparam("s"), PERSON.c.id.is_(None))
    .order_by(LINK.c.person)
    .limit(bindparam("most"))
)
_UNCONFIRMED = (
    select(LINK.c.person, LINK.c.site)
    .outerjoin(
        ANSWER,
        (ANSWER.c.site == LINK.c.site)
        & (ANSWER.c.command == LINK.c.erasure)
        & (ANSWER.c.outcome == "accepted"),
    )
    .where(LINK.c.erasure.is_not(None), ANSWER.c.seq.is_(None))
    .order_by(LINK.c.person, LINK.c.site)
)


class SqlPersons:
    """``PersonTables`` over one connection, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, ids: Sequence[str]) -> Sequence[PersonRow]:
        return self._rows(PERSON.c.id.in_(list(ids)))

    def _rows(self, which: ColumnElement[bool]) -> list[PersonRow]:
        return [
            PersonRow(
                id=row.id,
                version=row.version,
                salt=row.salt,
                data=row.data,
                erased_at=row.erased_at,
            )
            for row in self._connection.execute(select(PERSON).where(which))
        ]

    def save(self, row: PersonRow) -> None:
        values = {
            "version": row.version,
            "salt": row.salt,
            "data": row.data,
            "erased_at": row.erased_at,
        }
        change = update(PERSON).where(PERSON.c.id == row.id).values(**values)
        if self._connection.execute(change).rowcount == 0:
            self._connection.execute(insert(PERSON), {"id": row.id, **values})

    def link(self, site: str, ids: Sequence[str]) -> Sequence[str]:
        known = set(self.linked(site, ids))
        fresh = [id_ for id_ in dict.fromkeys(ids) if id_ not in known]
        if fresh:
            rows = [{"site": site, "person": id_, "erasure": None} for id_ in fresh]
            self._connection.execute(insert(LINK), rows)
        return fresh

    def linked(self, site: str, ids: Sequence[str]) -> Sequence[str]:
        query = select(LINK.c.person).where(LINK.c.site == site, LINK.c.person.in_(list(ids)))
        return list(self._connection.execute(query).scalars())

    def sites_of(self, person: str) -> Sequence[str]:
        query = select(LINK.c.site).where(LINK.c.person == person).order_by(LINK.c.site)
        return list(self._connection.execute(query).scalars())

    def erased(self) -> Sequence[PersonRow]:
        return self._rows(PERSON.c.erased_at.is_not(None))

    def missing(self, site: str, limit: int) -> Sequence[str]:
        return list(self._connection.execute(_MISSING, {"s": site, "most": limit}).scalars())

    def note_erasure(self, site: str, person: str, command: str) -> None:
        which = (LINK.c.site == site) & (LINK.c.person == person)
        self._connection.execute(update(LINK).where(which).values(erasure=command))

    def unconfirmed(self) -> Sequence[tuple[str, str]]:
        return [(row.person, row.site) for row in self._connection.execute(_UNCONFIRMED)]


class SqlLetters:
    """``DeadLetterTables`` over one connection, inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def keep(self, site: str, letter: RecordDeadLetter) -> None:
        values = {
            "site": site,
            "direction": letter.direction,
            "topic": letter.topic,
            "reason": letter.reason,
            "payload": letter.payload,
            "at": letter.at_us,
        }
        self._connection.execute(insert(LETTER), values)
        newest = self._connection.execute(select(func.max(LETTER.c.id))).scalar_one()
        self._connection.execute(delete(LETTER).where(LETTER.c.id <= newest - LETTERS_MAX))

    def latest(self, limit: int) -> Sequence[tuple[str, RecordDeadLetter]]:
        query = select(LETTER).order_by(LETTER.c.id.desc()).limit(limit)
        return [
            (
                row.site,
                RecordDeadLetter(
                    direction=row.direction,
                    topic=row.topic,
                    reason=row.reason,
                    payload=row.payload,
                    at_us=row.at,
                ),
            )
            for row in self._connection.execute(query)
        ]
