"""Tables are the row kinds plus their site; what is written is read back, whatever it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from types import NoneType
from typing import Literal, cast, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlmodel import SQLModel

from edge.domain.rows import KEYS, Badge, Row, Stock
from edge.domain.state import Change, key_of
from edge.journal import migrations, tables
from edge.journal.sql import RowStore, Values, codec, table_of
from edge.journal.sqlite import SqliteExecutor
from edge.journal.tables_state import TABLE_OF
from edge.quantity import normal
from tests.unit.journal.events import texts

_SCALARS: dict[object, st.SearchStrategy[object]] = {
    str: texts.map(lambda text: text.replace("\0", "")),
    int: st.integers(-(2**63), 2**63 - 1),
    bool: st.booleans(),
    Decimal: st.decimals("-999999999999", "999999999999", places=6).map(normal),
    NoneType: st.none(),
}


def _values(hint: object) -> st.SearchStrategy[object]:
    if hint in _SCALARS:
        return _SCALARS[hint]
    if get_origin(hint) is Literal:
        return st.sampled_from(get_args(hint))
    if get_origin(hint) is tuple:
        return st.lists(texts, max_size=3).map(tuple)
    return st.one_of(*map(_values, get_args(hint)))


def _rows(kind: type[Row]) -> st.SearchStrategy[Row]:
    hints = get_type_hints(kind)
    return st.builds(kind, **{name: _values(hint) for name, hint in hints.items()})


rows = cast("st.SearchStrategy[Row]", st.sampled_from(list(KEYS)).flatmap(_rows))


@pytest.fixture(scope="module")
def executor() -> Iterator[SqliteExecutor]:
    """A store in memory, with today's schema."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrations.migrate(connection, "hz1")
    yield SqliteExecutor(connection)
    connection.close()


def test_every_row_kind_has_its_table_with_the_same_columns_and_keys() -> None:
    assert set(TABLE_OF) == set(KEYS) == set(Row.__subclasses__())
    for kind, key in KEYS.items():
        table = table_of(kind)
        assert list(table.columns.keys()) == ["site", *get_type_hints(kind)], kind.__name__
        assert [column.name for column in table.primary_key] == ["site", *key], kind.__name__
        for column in table.columns:
            hint = get_type_hints(kind).get(column.name)
            assert column.nullable == (NoneType in get_args(hint)), f"{table.name}.{column.name}"


def test_every_declared_table_is_created(executor: SqliteExecutor) -> None:
    names = {row[0] for row in executor.all("SELECT name FROM sqlite_master WHERE type = 'table'")}
    ours = {
        str(model.__tablename__)
        for module in (tables,)
        for model in vars(module).values()
        if isinstance(model, type) and issubclass(model, SQLModel) and model is not SQLModel
    }
    assert ours | {table_of(kind).name for kind in KEYS} == names


@settings(max_examples=300)
@given(rows)
def test_any_row_is_read_back_as_it_was(executor: SqliteExecutor, row: Row) -> None:
    store = RowStore(executor, "hz1")
    kind, key = key_of(row)
    store.write([Change((kind, key), None, row)])
    assert store.load(kind, key) == row
    assert RowStore(executor, "sh2").load(kind, key) is None
    store.write([Change((kind, key), row, None)])
    assert store.load(kind, key) is None


def test_a_row_written_twice_is_the_later_one_and_many_go_at_once(
    executor: SqliteExecutor,
) -> None:
    store = RowStore(executor, "hz1")
    first, second, other = (
        Badge(badge=badge, user=user) for badge, user in (("1", "a"), ("1", "b"), ("2", "c"))
    )
    store.write([Change(key_of(row), None, row) for row in (first, other)])
    store.write([Change(key_of(second), first, second)])
    assert sorted(store.load_all(Badge), key=key_of) == [second, other]
    store.write([Change(key_of(row), row, None) for row in (second, other)])
    assert store.load_all(Badge) == []


class Listening:
    """An executor that only counts statements."""

    def __init__(self) -> None:
        self.statements: list[tuple[str, int]] = []

    def run(self, sql: str, rows: list[Values]) -> None:
        self.statements.append((sql.split(maxsplit=1)[0], len(rows)))


def _counted(*changes: Change) -> list[tuple[str, int]]:
    listening = Listening()
    RowStore(cast("SqliteExecutor", listening), "hz1").write(changes)
    return listening.statements


def _stock(number: int, quantity: int) -> Stock:
    return Stock(
        location=f"shelf/{number}", sku="TEA", lot="", serial="", quantity=Decimal(quantity)
    )


def test_one_statement_serves_all_rows_of_a_kind() -> None:
    """However many rows of a kind change, they go in one call."""
    stock = [_stock(number, number) for number in range(5)]
    assert _counted(
        *(Change(key_of(row), None, row) for row in stock),
        Change((Badge, ("9",)), None, None),
        Change((Stock, ("x", "TEA", "", "")), None, None),
    ) == [("INSERT", 5), ("DELETE", 1), ("DELETE", 1)]


def test_of_a_row_that_is_there_only_what_changed_is_written() -> None:
    """Rows that change alike go in one call; a row that came back to what it was, in none."""
    moved = [Change(key_of(_stock(n, 1)), _stock(n, 1), _stock(n, 2)) for n in range(3)]
    same = Change(key_of(_stock(9, 1)), _stock(9, 1), _stock(9, 1))
    assert _counted(*moved, same) == [("UPDATE", 3)]


@settings(max_examples=300)
@given(st.data())
def test_any_change_of_a_row_is_read_back(executor: SqliteExecutor, data: st.DataObject) -> None:
    """Whatever columns changed: what is read back is the row as it is now."""
    store = RowStore(executor, "hz1")
    before = data.draw(rows)
    key = key_of(before)
    values = dict(zip(KEYS[type(before)], key[1], strict=True))
    after = replace(data.draw(_rows(type(before))), **values)
    store.write([Change(key, None, before)])
    store.write([Change(key, before, after)])
    assert store.load(*key) == after
    store.write([Change(key, after, None)])


def test_statements_are_made_once() -> None:
    assert codec(Stock) is codec(Stock)
