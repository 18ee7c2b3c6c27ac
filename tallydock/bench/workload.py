"""A day's work for the loop: 500 prepared orders of 8 lines, packed at 64 stations.

Every scan is another one: lots, serials and dates differ, every third code is a plain EAN-13,
the others are element strings, some with separators; every fortieth scan is wrong. A workload
that repeated one scan would measure the guard against repeats.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from edge.codes import commands as codes
from edge.codes.check_digits import mod10
from edge.domain.commands import (
    AddUser,
    Command,
    DefineItem,
    LineWanted,
    PlaceOrder,
    ScanAtStation,
)
from edge.domain.events import PersonRef
from edge.domain.rows import Tracking
from edge.domain.settings import SiteSettings
from edge.ids import seeded
from edge.journal.store import EdgeStore
from edge.service.inputs import Ask, Input, Origin, Scan
from edge.service.loop import EdgeLoop

SITE = "bench"
START_US = 1_790_000_000_000_000
STATIONS = tuple(f"bench-{number:02d}" for number in range(64))
ORDERS, LINES, UNITS = 500, 8, 38
SKUS = 200
WRONG_EVERY = 40
SETTINGS = SiteSettings(site=SITE, stations=STATIONS)
GS = "\x1d"

_TRACKING: tuple[Tracking, ...] = ("none", "none", "expiry", "none", "serial", "none", "lot")
# Lots that contain no AI, so that a lost separator is not suspected in them.
_PLAIN = str.maketrans("0123456789", "3456789ABC")
_NAMES = ("Ölkännchen", "铁观音 250 克", "Café moulu", "保温杯", "Tea towel", "充电器 65W")
_ORIGIN = Origin(actor="bench")


@dataclass(frozen=True, slots=True)
class Ware:
    """An item of the bench."""

    sku: str
    gtin: str
    tracking: Tracking


class Code(NamedTuple):
    """What is scanned where."""

    station: str
    data: str
    symbology: str | None = None


def wares() -> tuple[Ware, ...]:
    """The catalogue."""
    bodies = (f"0952{number:09d}" for number in range(1, SKUS + 1))
    return tuple(
        Ware(f"W-{number:03d}", body + mod10(body), _TRACKING[number % len(_TRACKING)])
        for number, body in enumerate(bodies)
    )


WARES = wares()


def wanted(order: int) -> list[tuple[Ware, int]]:
    """The lines of the ``order``-th order: eight wares, 38 units together."""
    share, left = divmod(UNITS, LINES)
    return [(WARES[(order * 7 + line * 11) % SKUS], share + (line < left)) for line in range(LINES)]


# --- preparation --------------------------------------------------------------------------


def prepared(folder: Path, orders: int = ORDERS) -> Path:
    """A store with catalogue, a packer at each station, and the orders."""
    path = folder / f"{SITE}.db"
    store = EdgeStore(path, SITE)
    loop = EdgeLoop(store, SETTINGS, seeded("prepared"))
    inputs = list(_preparing(orders))
    for start in range(0, len(inputs), 500):
        for outcome in loop.step(inputs[start : start + 500], START_US):
            if outcome.error is not None:
                raise outcome.error
    store.checkpoint(force=True)
    store.close()
    return path


def _preparing(orders: int) -> Iterator[Input]:
    for number, ware in enumerate(WARES):
        yield _ask(_item(ware, number))
    for number, station in enumerate(STATIONS):
        user = f"packer-{number}"
        person = PersonRef(person=user, version=1, digest="0" * 64)
        badge = str(number + 1)
        yield _ask(AddUser(user=user, badge=badge, role="packer", language="en", person=person))
        yield _scan(station, 0, codes.build("BADGE", badge), START_US)
    for number in range(orders):
        lines = tuple(
            LineWanted(sku=ware.sku, quantity=Decimal(units)) for ware, units in wanted(number)
        )
        yield _ask(
            PlaceOrder(channel="bench", external_id=f"b-{number}", customer=None, lines=lines)
        )


def _item(ware: Ware, number: int) -> DefineItem:
    name = f"{_NAMES[number % len(_NAMES)]} {number}"
    return DefineItem(
        sku=ware.sku, gtin=ware.gtin, name_zh=name, name_en=name, unit_zh="件", unit_en="pc",
        tracking=ware.tracking, location=f"A-{number // 10:02d}-{number % 10}",
    )  # fmt: skip


def _ask(command: Command) -> Ask:
    return Ask(at_us=START_US, command=command, origin=_ORIGIN)


# --- scans --------------------------------------------------------------------------------


def packing(station: int, orders: int = ORDERS, stations: int = len(STATIONS)) -> Iterator[Code]:
    """Every code that is scanned at a station when the first ``stations`` share all orders.

    Each order is opened, packed and closed; now and then a wrong item is tried first.
    """
    for order in range(station, orders, stations):
        yield Code(STATIONS[station], codes.build("ORDER", f"SO-{10_001 + order}"))
        unit = 0
        for ware, units in wanted(order):
            for _ in range(units):
                unit += 1
                if unit % WRONG_EVERY == order % WRONG_EVERY:
                    other = WARES[(order * 13 + unit) % SKUS]
                    yield Code(STATIONS[station], *_code(other, order, unit + 1000))
                yield Code(STATIONS[station], *_code(ware, order, unit))
        yield Code(STATIONS[station], codes.build("NEXT"))


def scans(orders: int = ORDERS) -> list[Code]:
    """Every code that is scanned, the stations taking turns."""
    queues = [packing(station, orders) for station in range(len(STATIONS))]
    found: list[Code] = []
    while queues:
        alive = []
        for queue in queues:
            scan = next(queue, None)
            if scan is not None:
                found.append(scan)
                alive.append(queue)
        queues = alive
    return found


def _code(ware: Ware, order: int, unit: int) -> tuple[str, str | None]:
    serial = f"S{order:04d}{unit:04d}"
    lot = f"L{(order * 31 + unit) % 900:03d}".translate(_PLAIN)
    if ware.tracking == "serial":
        return f"01{ware.gtin}21{serial}", "]C1"
    if ware.tracking in ("lot", "expiry"):
        day = 1 + unit % 28
        return f"01{ware.gtin}1728{1 + order % 12:02d}{day:02d}10{lot}", "]d2"
    if unit % 3 == 0:
        return ware.gtin[1:], "]E0"
    return f"01{ware.gtin}10{lot}{GS}21{serial}", "]C1"


def inputs(limit: int, orders: int = ORDERS) -> list[Scan]:
    """The first ``limit`` scans as inputs of the loop, half a millisecond apart."""
    return [
        _scan(code.station, place, code.data, START_US + 500 * place, code.symbology)
        for place, code in enumerate(scans(orders)[:limit], 1)
    ]


def _scan(station: str, sequence: int, data: str, at_us: int, symbology: str | None = None) -> Scan:
    command = ScanAtStation(
        station=station,
        device=f"scanner-{station}",
        connection="0f",
        sequence=sequence,
        data=data,
        symbology=symbology,
    )
    return Scan(at_us=at_us, monotonic_ns=0, command=command, origin=_ORIGIN)
