"""Reads for people and programs: filters, paging by key, one moment of the store."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from edge.domain.commands import CancelOrder, HoldOrder
from edge.domain.person import PersonDetails
from edge.journal import access, persons
from edge.journal.chain import open_envelope
from edge.journal.queries import Queries, Snapshots, snapshot
from edge.service.inputs import SavePerson, WriteAccess
from tests.unit.floor import CUP, SITE, TEA, TEA_CASE, Floor, order


@pytest.fixture
def busy(floor: Floor) -> Floor:
    """Five orders: 1 packing at pack-1, 2 held, 3 cancelled, 4 and 5 released."""
    numbers = [floor.place(("TEA", 2), ("CUP", 1)) for _ in range(5)]
    floor.opened("pack-1", numbers[0])
    floor.scan("pack-1", TEA)
    floor.ask(HoldOrder(number=numbers[1], reason="payment"))
    floor.ask(CancelOrder(number=numbers[2], reason="customer"))
    return floor


@pytest.fixture
def reads(busy: Floor) -> Iterator[Queries]:
    """One moment of the busy floor."""
    with snapshot(busy.path, SITE) as queries:
        yield queries


def test_orders_come_newest_first_and_are_paged_by_key(reads: Queries) -> None:
    numbers, after = [], None
    while page := reads.orders(after=after, limit=2):
        assert len(page) <= 2
        numbers += [row.number for row in page]
        after = (page[-1].placed_at, page[-1].number)
    assert numbers == [f"SO-1000{n}" for n in (5, 4, 3, 2, 1)]


def test_orders_are_found_by_status_and_by_part_of_a_number(reads: Queries) -> None:
    assert [row.number for row in reads.orders(status="held")] == ["SO-10002"]
    assert [row.number for row in reads.orders(text="so-10003")] == ["SO-10003"]
    assert [row.number for row in reads.orders(text="E-4")] == ["SO-10004"]
    assert reads.orders(text="%") == []
    assert reads.orders(status="packed", text="SO") == []


def test_one_order_with_lines_fulfilments_cartons(reads: Queries) -> None:
    found = reads.order("SO-10001")
    assert found is not None
    assert found.status == "packing"
    assert [(row.line, row.sku, str(row.packed)) for row in reads.order_lines("SO-10001")] == [
        (1, "TEA", "1"),
        (2, "CUP", "0"),
    ]
    assert [row.number for row in reads.fulfilments("SO-10001")] == ["SO-10001-1"]
    assert [row.line for row in reads.fulfilment_lines("SO-10001-1")] == [1, 2]
    assert [row.status for row in reads.cartons("SO-10001-1")] == ["open"]
    assert reads.order("SO-1000") is None
    assert reads.fulfilments("SO-1000") == [], "a prefix is no order"


def test_counts_by_status(reads: Queries) -> None:
    assert reads.order_counts() == {"packing": 1, "held": 1, "cancelled": 1, "released": 2}


def test_work_is_what_is_open_here_then_what_is_free(reads: Queries) -> None:
    assert [row.number for row in reads.work("pack-1", 10)] == [
        "SO-10001-1",
        "SO-10004-1",
        "SO-10005-1",
    ]
    assert [row.number for row in reads.work("pack-2", 1)] == ["SO-10004-1"]


def test_the_history_of_an_order_is_its_own_and_its_fulfilments(reads: Queries) -> None:
    history = reads.history("SO-10001", after=0, limit=100)
    subjects = {open_envelope(row.body).subject for row in history}
    assert subjects == {"order/SO-10001", "fulfilment/SO-10001-1"}
    assert [row.seq for row in history] == sorted(row.seq for row in history)
    assert reads.history("SO-10001", after=history[2].seq, limit=2) == history[3:5]


def test_stock_is_filtered_and_paged_by_key(reads: Queries) -> None:
    everything = reads.stock()
    keys = [(row.location, row.sku, row.lot, row.serial) for row in everything]
    assert keys == sorted(keys)
    assert reads.stock(after=keys[2], limit=2) == everything[3:5]
    assert {row.sku for row in reads.stock(sku="TEA")} == {"TEA"}
    assert [str(row.quantity) for row in reads.stock(sku="TEA", location="shelf/A-01-1")] == ["99"]


def test_items_and_packagings(reads: Queries) -> None:
    assert list(reads.items(["CUP", "NONE", "CUP", "TEA"])) == ["CUP", "TEA"]
    assert reads.packagings("TEA") == [(TEA, "1"), (TEA_CASE, "6")]
    assert reads.packagings("CUP") == [(CUP, "1")]


def test_persons_are_named_until_they_are_erased(busy: Floor) -> None:
    busy.one(SavePerson(at_us=1, person="c-1", data=PersonDetails(name="李雷")))
    with snapshot(busy.path, SITE) as reads:
        assert reads.person_name("c-1") == "李雷"
        reference = reads.person("c-1")
        assert reference is not None
        assert (reference.person, reference.version) == ("c-1", 1)
        assert (reads.person("c-9"), reads.person_name("c-9")) == (None, None)
    persons.erase(busy.store.executor, "c-1", 9)
    with snapshot(busy.path, SITE) as reads:
        assert (reads.person("c-1"), reads.person_name("c-1")) == (None, None)


def test_a_snapshot_is_one_moment(busy: Floor) -> None:
    with snapshot(busy.path, SITE) as reads:
        head = reads.head()
        busy.ask(order("later", ("TEA", 1)))
        assert reads.head() == head
        assert len(reads.orders()) == 5
        assert reads.events(after=head.seq, limit=9, bytes_max=1 << 20) == []
        assert reads.event(head.seq + 1) is None
    with snapshot(busy.path, SITE) as reads:
        assert len(reads.orders()) == 6


def test_users_are_listed(reads: Queries) -> None:
    assert [(row.id, row.role) for row in reads.users()] == [
        ("w-1", "packer"),
        ("w-2", "packer"),
        ("w-3", "supervisor"),
    ]


def test_logins_tokens_and_browser_sessions(busy: Floor) -> None:
    busy.one(
        WriteAccess(
            at_us=1,
            changes=(
                ("store_credential", ("li", "w-1", "h1", "packer", 0)),
                ("store_credential", ("wu", "w-2", "h2", "packer", 1)),
                ("store_token", (b"t1", "till", "w-3", "orders", 99)),
                ("store_session", (b"s1", "li", 1, 50)),
                ("store_session", (b"s2", "wu", 1, 70)),
            ),
        )
    )
    with snapshot(busy.path, SITE) as reads:
        assert [row[0] for row in reads.credentials()] == ["li", "wu"]
        assert reads.credentials("user", "w-2") == [("wu", "w-2", "h2", "packer", True)]
        assert reads.tokens(b"t1") == [(b"t1", "till", "w-3", "orders", 99)]
        assert reads.tokens(b"t2") == []
        assert reads.browser_session(b"s1") == (b"s1", "li", 1, 50)
    changes = (("drop_expired_sessions", (60,)), ("drop_token", (b"t1",)))
    busy.one(WriteAccess(at_us=2, changes=changes))
    with snapshot(busy.path, SITE) as reads:
        assert reads.browser_session(b"s1") is None
        assert reads.browser_session(b"s2") is not None
        assert reads.tokens() == []
    assert set(access.STATEMENTS) >= {name for name, _ in changes}


def test_dead_letters_come_newest_first(busy: Floor) -> None:
    insert = (
        "INSERT INTO dead_letter (at, direction, topic, reason, payload)"
        " VALUES (?, 'down', 't', 'r', x'00')"
    )
    busy.store.connection.executemany(insert, [(1,), (2,), (3,)])
    with snapshot(busy.path, SITE) as reads:
        assert [row[1] for row in reads.dead_letters(2)] == [3, 2]


# --- connections that are kept ------------------------------------------------------------


def test_kept_connections_see_each_time_what_is_there_by_then(busy: Floor) -> None:
    snapshots = Snapshots(busy.path, SITE)
    for placed in range(5, 8):
        with snapshots() as reads:
            assert len(reads.orders(limit=10)) == placed
            busy.place(("TEA", 1))
            assert len(reads.orders(limit=10)) == placed
    snapshots.close()


def test_blocks_at_once_have_connections_of_their_own_and_all_are_closed(busy: Floor) -> None:
    snapshots = Snapshots(busy.path, SITE)
    with snapshots() as one:
        assert len(one.orders(limit=10)) == 5
        busy.place(("TEA", 1))
        with snapshots() as two:
            assert (len(one.orders(limit=10)), len(two.orders(limit=10))) == (5, 6)
            snapshots.close()
    assert snapshots._idle == []


def test_a_block_that_fails_takes_its_connection_along(busy: Floor) -> None:
    snapshots = Snapshots(busy.path, SITE)
    with pytest.raises(ZeroDivisionError), snapshots():
        raise ZeroDivisionError
    with snapshots() as reads:
        assert len(reads.orders(limit=10)) == 5
    snapshots.close()
