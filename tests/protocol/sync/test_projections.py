"""The heart's fold at central: whole, up to what is unknown, up to what fails, and made anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from edge.domain import rows
from edge.domain.events import ItemAdded
from edge.errors import StoreUnavailable
from edge.journal import registry
from edge.journal.chain import ZERO_HASH, StoredEvent, link
from edge.journal.sql import RowStore
from sync.central.fold_projector import ConnectionExecutor, FoldProjector
from sync.central.projecting import project_safely
from sync.central.sql_store import SqlStore, sqlite_engine
from tests.protocol.sync.exchange import Exchange
from tests.simulation.sync.stores import ListProjector

SITE = "hz1"


def items(count: int, unknown_at: int = 0, broken_at: int = 0) -> list[StoredEvent]:
    """A journal that adds ``count`` items; one entry may be of tomorrow, or damaged."""
    journal: list[StoredEvent] = []
    previous = ZERO_HASH
    for seq in range(1, count + 1):
        item = ItemAdded(
            sku=f"SKU-{seq}", gtin=None, name_zh="物", name_en="Thing", unit_zh="件",
            unit_en="pc", tracking="none", location="A-1",
        )  # fmt: skip
        _, body = registry.encode(
            item, site=SITE, seq=seq, at_us=seq, id_=f"e{seq}", actor=None, station=None,
            causation=None,
        )  # fmt: skip
        if seq == unknown_at:
            body = body.replace(b'"type":"ItemAdded"', b'"type":"Tomorrow"')
        if seq == broken_at:
            body = body.replace(b'"tracking":"none"', b'"tracking":"nine"')
        previous = link(previous, body)
        journal.append(StoredEvent(seq, previous, body))
    return journal


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = sqlite_engine(None)
    with engine.connect() as opened:
        with opened.begin():
            FoldProjector.create_tables(opened)
        yield opened
    engine.dispose()


def skus(connection: Connection) -> list[str]:
    found = RowStore(ConnectionExecutor(connection), SITE).load_all(rows.Item)
    return sorted(row.sku for row in found if isinstance(row, rows.Item))


def test_events_become_rows(connection: Connection) -> None:
    with connection.begin():
        assert FoldProjector().apply(connection, SITE, items(5)) == 5
    with connection.begin():
        assert skus(connection) == [f"SKU-{n}" for n in range(1, 6)]


def test_the_fold_stops_before_what_it_does_not_know(connection: Connection) -> None:
    projector = FoldProjector()
    with connection.begin():
        journal = items(5, unknown_at=4)
        assert project_safely(connection, projector, SITE, journal) == 3
        assert project_safely(connection, projector, SITE, journal[3:]) == 3
        assert skus(connection) == ["SKU-1", "SKU-2", "SKU-3"]


@pytest.mark.parametrize("broken_at", [1, 2, 7, 9])
def test_the_fold_stops_before_what_it_fails_on(connection: Connection, broken_at: int) -> None:
    with connection.begin():
        journal = items(9, broken_at=broken_at)
        assert project_safely(connection, FoldProjector(), SITE, journal) == broken_at - 1
        assert len(skus(connection)) == broken_at - 1


def test_rows_are_made_anew_for_one_site(connection: Connection) -> None:
    projector = FoldProjector()
    with connection.begin():
        projector.apply(connection, SITE, items(5))
        connection.execute(text("UPDATE item SET name_en = 'touched'"))
        other = text("INSERT INTO item SELECT 'hz2', sku, gtin, name_zh, name_en, unit_zh,"
                     " unit_en, tracking, location FROM item WHERE sku = 'SKU-1'")  # fmt: skip
        connection.execute(other)
        assert projector.rebuild(connection, SITE, 3) == 0
        assert skus(connection) == []
        projector.apply(connection, SITE, items(3))
        assert len(skus(connection)) == 3
        count = connection.execute(text("SELECT count(*) FROM item WHERE site = 'hz2'"))
        assert count.scalar() == 1


class FullDisk(ListProjector):
    """The store refuses while a projection writes."""

    def apply(self, connection: Connection, site: str, events: Sequence[StoredEvent]) -> int:
        raise OperationalError("INSERT", None, OSError("disk full"))


def test_a_full_disk_is_not_the_projections_fault() -> None:
    engine = sqlite_engine(None)
    store = SqlStore(engine, FullDisk())
    exchange = Exchange(store)
    exchange.site.record(3)
    exchange.site.connect()
    with pytest.raises(StoreUnavailable):
        exchange.settle()
    assert exchange.cursor().through == 0
    store.close()
    engine.dispose()
