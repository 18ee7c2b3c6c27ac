"""An order's steps, what may be done to it, and its events as rows with proof."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from api.pages import history, progress
from api.pages.ports import History, OrderPicture
from edge.domain.rows import Carton, Fulfilment, Item, OrderStatus
from edge.journal.chain import StoredEvent
from tests.browser.stock_room import body, events
from tests.unit.api.fakes import World
from tests.unit.api.samples import item_row, order_row

AT_US = 1_790_000_000_000_000


def picture(status: OrderStatus, resume: OrderStatus = "released") -> OrderPicture:
    """An order with a fulfilment and a box."""
    order = order_row("SO-1", status=status, resume_status=resume, placed_at=AT_US)
    fulfilment = Fulfilment(
        number="SO-1-1", order="SO-1", status="packing", station=None, packer=None, lines=1,
        cartons=1, carton=None, wanted=Decimal(2), packed=Decimal(2), short=Decimal(0),
        released_at=AT_US + 1, closed_at=AT_US + 3,
    )  # fmt: skip
    box = Carton(
        sscc="1", fulfilment="SO-1-1", number=1, status="closed", station="pack-1",
        units=Decimal(2), opened_at=AT_US + 2, closed_at=AT_US + 3,
    )  # fmt: skip
    return OrderPicture(
        site=None, order=order, lines=(), fulfilments=(fulfilment,), cartons={"SO-1-1": [box]},
        items={}, customer=None, history=None,
    )  # fmt: skip


def test_steps_before_the_present_one_are_done_and_have_times() -> None:
    shown = [(step.name, step.state, step.at_us) for step in progress.steps(picture("packing"))]
    assert shown == [
        ("placed", "done", AT_US),
        ("released", "done", AT_US + 1),
        ("packing", "now", AT_US + 2),
        ("packed", "waiting", None),
        ("shipped", "waiting", None),
        ("delivered", "waiting", None),
    ]


@pytest.mark.parametrize("status", ["held", "cancelled"])
def test_stopped_order_stays_where_it_was(status: OrderStatus) -> None:
    states = [step.state for step in progress.steps(picture(status, "packing"))]
    assert states == ["done", "done", "stopped", "waiting", "waiting", "waiting"]


@pytest.mark.parametrize("status", progress.STATUSES)
def test_every_status_has_a_step_and_its_actions(status: OrderStatus) -> None:
    assert sum(step.state in ("now", "stopped") for step in progress.steps(picture(status))) == 1
    expected = {"draft": 2, "held": 2, "released": 2, "picking": 2, "packing": 2}
    assert len(progress.actions(order_row("SO-1", status=status))) == expected.get(status, 0)


def test_order_without_boxes_has_no_packing_time() -> None:
    bare = replace(picture("packing"), cartons={}, fulfilments=())
    assert progress.steps(bare)[2].at_us is None


@pytest.fixture
def told() -> History:
    """A history as the site keeps it."""
    world = World()
    for seq, event in enumerate(events(), 1):
        world.record(body(seq, event, AT_US + seq))
    journal = world.queries.journal
    before = {row.seq: journal[row.seq - 2].hash for row in journal[1:]}
    return History(events=journal, before={1: bytes(32)} | before, more=False)


ITEMS: dict[str, Item] = {"SKU-10001": item_row("SKU-10001")}


def test_rows_come_newest_first_with_titles_and_what_they_are_about(told: History) -> None:
    rows = history.rows(told, ITEMS, "en")
    assert [row.seq for row in rows] == list(range(11, 0, -1))
    shown = {row.seq: (row.title, row.detail) for row in rows}
    assert shown[11] == ("Order closed", "pack-1")
    assert shown[9] == ("Short", "SKU-10003 × 1")
    assert shown[8] == ("Packed", f"{ITEMS['SKU-10001'].name_en} × 1")
    assert shown[6] == ("Box opened", "…0010457")
    assert shown[3] == ("Put on hold", "address")
    assert shown[1] == ("Order placed", "8812047731")


def test_rows_are_proved_against_the_row_before(told: History) -> None:
    assert all(row.proved for row in history.rows(told, ITEMS, "en"))
    cut = replace(told, before={seq: digest for seq, digest in told.before.items() if seq != 5})
    assert [row.seq for row in history.rows(cut, ITEMS, "en") if not row.proved] == [5]


def test_changed_byte_is_not_proved(told: History) -> None:
    changed = StoredEvent(5, told.events[4].hash, told.events[4].body.replace(b"e-0217", b"e-0218"))
    forged = replace(told, events=[*told.events[:4], changed, *told.events[5:]])
    assert [row.seq for row in history.rows(forged, ITEMS, "en") if not row.proved] == [5]


def test_scan_shows_its_verdict_and_its_raw_code() -> None:
    data = (
        b'{"data":"]C10109\\u001d","verdict":"mismatch_class","sku":"SKU-1","why":{"key":"w",'
        b'"params":{}},"station":null}'
    )
    raw = (
        b'{"actor":null,"causation":null,"data":' + data + b',"id":"x","recorded_at":1,"seq":1,'
        b'"site":"hz1","station":"pack-1","subject":"s","type":"ScanJudged","version":1}'
    )
    told = History(events=[StoredEvent(1, bytes(32), raw)], before={}, more=False)
    (row,) = history.rows(told, {}, "zh-CN")
    assert (row.title, row.detail, row.scanned) == ("扫描", "不是本单", "]C10109\x1d")
    assert not row.proved


def test_type_of_tomorrow_is_shown_by_its_name() -> None:
    raw = (
        b'{"actor":null,"causation":null,"data":{},"id":"x","recorded_at":1,"seq":1,'
        b'"site":"hz1","station":null,"subject":"s","type":"DroneLanded","version":1}'
    )
    told = History(events=[StoredEvent(1, bytes(32), raw)], before={}, more=False)
    assert history.rows(told, {}, "en")[0].title == "DroneLanded"
    assert history.rows(None, {}, "en") == []
