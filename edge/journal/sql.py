"""SQL for the hot path: SQLAlchemy Core statements on the declared tables, compiled once.

A statement is compiled once, with positional parameters, and then run by whatever executes plain
SQL (the edge's sqlite3 connection; a Core connection at central), so no compilation and no
session stands in the way of a scan.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Protocol, TypeVar, cast, get_args, get_origin, get_type_hints

from msgspec.structs import astuple
from sqlalchemy import Table, and_, bindparam, delete, select, update
from sqlalchemy.dialects import sqlite

from edge.domain.rows import KEYS, Row
from edge.domain.state import Change, Key
from edge.journal.tables_state import TABLE_OF

Value = str | int | bytes | None
Values = tuple[Value, ...]

P = TypeVar("P")
F = TypeVar("F")
ToColumn = Callable[[object], Value]

SQLITE = sqlite.dialect(paramstyle="qmark")


class Executor(Protocol):
    """Whatever runs plain SQL with positional parameters inside the caller's transaction."""

    def run(self, sql: str, rows: Sequence[Values]) -> None:
        """Run the statement once for each row of parameters."""
        ...

    def all(self, sql: str, parameters: Values = ()) -> list[Values]:
        """All rows of a query."""
        ...


@dataclass(frozen=True, slots=True)
class RowCodec:
    """How rows of one kind stand in their table, and the three statements on it."""

    kind: type[Row]
    fields: tuple[str, ...]
    upsert: str
    delete: str
    select: str
    select_all: str
    to_column: tuple[tuple[int, ToColumn], ...]
    to_field: tuple[tuple[str, Callable[[Value], object]], ...]

    def dump(self, site: str, row: Row) -> Values:
        """Parameters of ``upsert``."""
        columns = cast("list[Value]", [site, *astuple(row)])
        for place, convert in self.to_column:
            columns[place] = convert(columns[place])
        return tuple(columns)

    def statement(
        self, site: str, key: Key, before: Row | None, after: Row | None
    ) -> tuple[str, Values] | None:
        """What makes the store's ``before`` into ``after``; None if they are the same."""
        if after is None:
            return self.delete, (site, *key)
        if before is None:
            return self.upsert, self.dump(site, after)
        values, stored = astuple(after), astuple(before)
        changed = [
            place
            for place, old in enumerate(stored)
            if old is not values[place] and old != values[place]
        ]
        if not changed:
            return None
        sql, converts = _update(self.kind, tuple(changed))
        columns = [values[place] for place in changed]
        for index, convert in converts:
            columns[index] = convert(columns[index])
        return sql, (*columns, site, *key)

    def load(self, values: Sequence[Value]) -> Row:
        """The row of one result of ``select``, whose columns are ``fields``."""
        fields: dict[str, object] = dict(zip(self.fields, values, strict=True))
        for name, convert in self.to_field:
            fields[name] = convert(cast("Value", fields[name]))
        return cast("Callable[..., Row]", self.kind)(**fields)


def table_of(kind: type[Row]) -> Table:
    """The table of a row kind."""
    model = TABLE_OF[kind]
    return model.metadata.tables[str(model.__tablename__)]


@cache
def codec(kind: type[Row]) -> RowCodec:
    """The codec of a row kind."""
    table, keys = table_of(kind), ("site", *KEYS[kind])
    hints = get_type_hints(kind)
    fields = tuple(hints)
    inserting = sqlite.insert(table).values({name: bindparam(name) for name in ("site", *fields)})
    changed = {name: inserting.excluded[name] for name in fields if name not in keys}
    upsert = (
        inserting.on_conflict_do_update(index_elements=list(keys), set_=changed)
        if changed
        else inserting.on_conflict_do_nothing()
    )
    here = and_(*(table.c[name] == bindparam(f"key_{name}") for name in keys))
    columns = [table.c[name] for name in fields]
    whole = select(*columns).where(table.c.site == bindparam("key_site"))
    return RowCodec(
        kind=kind,
        fields=fields,
        upsert=str(upsert.compile(dialect=SQLITE)),
        delete=str(delete(table).where(here).compile(dialect=SQLITE)),
        select=str(select(*columns).where(here).compile(dialect=SQLITE)),
        select_all=str(whole.compile(dialect=SQLITE)),
        to_column=tuple(
            _needed((place, _to_column(hints[name])) for place, name in enumerate(fields, 1))
        ),
        to_field=tuple(_needed((name, _to_field(hints[name])) for name in fields)),
    )


def _needed(conversions: Iterable[tuple[P, F | None]]) -> Iterator[tuple[P, F]]:
    for place, convert in conversions:
        if convert is not None:
            yield place, convert


@cache
def _update(
    kind: type[Row], places: tuple[int, ...]
) -> tuple[str, tuple[tuple[int, ToColumn], ...]]:
    """UPDATE of the columns at ``places``, and which of its values are converted, and how.

    An index whose columns are not among them is not touched by it.
    """
    table, keys = table_of(kind), ("site", *KEYS[kind])
    hints = get_type_hints(kind)
    names = [tuple(hints)[place] for place in places]
    changed = update(table).values({name: bindparam(f"new_{name}") for name in names})
    here = and_(*(table.c[name] == bindparam(f"key_{name}") for name in keys))
    sql = str(changed.where(here).compile(dialect=SQLITE))
    return sql, tuple(_needed((index, _to_column(hints[name])) for index, name in enumerate(names)))


def _to_column(hint: object) -> ToColumn | None:
    if hint is Decimal:
        return str
    if hint is bool:
        return cast("ToColumn", int)
    if get_origin(hint) is tuple:
        return lambda value: json.dumps(value, ensure_ascii=False)
    return None


def _to_field(hint: object) -> Callable[[Value], object] | None:
    if hint is Decimal:
        return cast("Callable[[Value], object]", Decimal)
    if hint is bool:
        return bool
    if get_origin(hint) is tuple and get_args(hint):
        return lambda value: tuple(json.loads(str(value)))
    return None


class RowStore:
    """Reads and writes rows of one site through an executor."""

    def __init__(self, executor: Executor, site: str) -> None:
        self._executor, self._site = executor, site

    def load(self, kind: type[Row], key: Key) -> Row | None:
        """The row as the store holds it."""
        form = codec(kind)
        found = self._executor.all(form.select, (self._site, *key))
        return form.load(found[0]) if found else None

    def load_all(self, kind: type[Row]) -> list[Row]:
        """All rows of a kind of this site."""
        form = codec(kind)
        return [form.load(values) for values in self._executor.all(form.select_all, (self._site,))]

    def write(self, changes: Iterable[Change]) -> None:
        """Write what changed, one call a statement: of a row that is there, its changed columns."""
        work: dict[str, list[Values]] = {}
        for (kind, key), before, after in changes:
            statement = codec(kind).statement(self._site, key, before, after)
            if statement is not None:
                work.setdefault(statement[0], []).append(statement[1])
        for sql, rows in work.items():
            self._executor.run(sql, rows)
