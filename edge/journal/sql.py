"""SQL for the hot path: SQLAlchemy Core statements on the declared tables, compiled once.

A statement is compiled once, with positional parameters, and then run by whatever executes plain
SQL (the edge's sqlite3 connection; a Core connection at central), so no compilation and no
session stands in the way of a scan.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Protocol, cast, get_args, get_origin, get_type_hints

from sqlalchemy import Table, and_, bindparam, delete, select
from sqlalchemy.dialects import sqlite

from edge.domain.rows import KEYS, Row
from edge.domain.state import Key
from edge.journal.tables_state import TABLE_OF

Value = str | int | bytes | None
Values = tuple[Value, ...]

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
    to_column: tuple[Callable[[object], Value] | None, ...]
    to_field: tuple[Callable[[Value], object] | None, ...]

    def dump(self, site: str, row: Row) -> Values:
        """Parameters of ``upsert``."""
        columns = (
            getattr(row, name) if convert is None else convert(getattr(row, name))
            for name, convert in zip(self.fields, self.to_column, strict=True)
        )
        return (site, *columns)

    def load(self, values: Sequence[Value]) -> Row:
        """The row of one result of ``select``, whose columns are ``fields``."""
        fields = {
            name: value if convert is None else convert(value)
            for name, value, convert in zip(self.fields, values, self.to_field, strict=True)
        }
        return cast("Callable[..., Row]", self.kind)(**fields)


def table_of(kind: type[Row]) -> Table:
    """The table of a row kind."""
    model = TABLE_OF[kind]
    return model.metadata.tables[str(model.__tablename__)]


@lru_cache
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
        to_column=tuple(_to_column(hints[name]) for name in fields),
        to_field=tuple(_to_field(hints[name]) for name in fields),
    )


def _to_column(hint: object) -> Callable[[object], Value] | None:
    if hint is Decimal:
        return str
    if hint is bool:
        return cast("Callable[[object], Value]", int)
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

    def write(self, changed: Iterable[tuple[tuple[type[Row], Key], Row | None]]) -> None:
        """Write the rows that changed, one statement a kind; None takes the row out."""
        puts: dict[type[Row], list[Values]] = {}
        gone: dict[type[Row], list[Values]] = {}
        for (kind, key), row in changed:
            if row is None:
                gone.setdefault(kind, []).append((self._site, *key))
            else:
                form = codec(kind)
                puts.setdefault(kind, []).append(form.dump(self._site, row))
        for kind, rows in gone.items():
            self._executor.run(codec(kind).delete, rows)
        for kind, rows in puts.items():
            self._executor.run(codec(kind).upsert, rows)
