"""Situations a station can be in, and scans of every kind: the rows and columns of the walk.

Orders of the walk, by their number:
    1 in hand (tea 2, milk 1, phone 1)   2 free (cup)      3 held      4 cancelled   5 draft
    6 open at pack-2                     7 packed          8 one tea   9 one milk
    10 open at pack-3, then put aside    11 one phone      12 one of each twin
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from edge.codes.check_digits import mod37_36
from edge.domain.commands import CancelOrder, ChangeOrder, HoldOrder, LineChange
from edge.domain.rows import StationState
from edge.service.inputs import Scan
from tests.unit.codes.making import closed
from tests.unit.floor import (
    CREAM,
    CUP,
    GS,
    MILK,
    PHONE,
    SETTINGS,
    TEA,
    TEA_CASE,
    TWIN,
    UNSOLD,
    Floor,
    badge,
    code,
)

WALK_SETTINGS = replace(SETTINGS, shelf_life_days_min=30)
STATION = "pack-1"
FIRST = 10_000

# The walk happens in September 2026.
GOOD_MILK = f"01{MILK}17280101" + "10L1"
OLD_MILK = f"01{MILK}17260101" + "10L2"
SHORT_MILK = f"01{MILK}17261001" + "10L3"
SSCC = "395212340000000014"


def number(index: int) -> str:
    """Number of the walk's ``index``-th order."""
    return f"SO-{FIRST + index}"


def order_code(index: int) -> str:
    """The code on the paper of that order."""
    return code("ORDER", number(index))


def build_orders(floor: Floor) -> None:
    """All orders, and what other stations have done with them."""
    floor.place(("TEA", 2), ("MILK", 1), ("PHONE", 1))
    for _ in range(3):
        floor.place(("CUP", 1))
    floor.place(("CUP", 1), draft=True)
    floor.place(("TEA", 5))
    floor.place(("TEA", 1), ("PHONE", 1))
    for sku in ("TEA", "MILK", "TEA", "PHONE"):
        floor.place((sku, 1))
    floor.place(("TWIN-8", 2), ("TWIN-E", 1))
    floor.ask(HoldOrder(number=number(3), reason="payment"))
    floor.ask(CancelOrder(number=number(4), reason="customer"))
    floor.opened("pack-2", number(7), user=2)
    floor.scan("pack-2", TEA)
    floor.scan("pack-2", f"01{PHONE}21USED", symbology="]C1")
    assert floor.scan("pack-2", code("NEXT")).verdict == "order_closed"
    assert floor.scan("pack-2", order_code(6)).verdict == "order_opened"
    floor.opened("pack-3", number(10), user=3)


@dataclass(frozen=True, slots=True)
class Situation:
    """How ``STATION`` gets into ``state``: scans there, then perhaps something else."""

    name: str
    state: StationState
    scans: tuple[str, ...]
    then: Callable[[Floor], object] | None = None

    def bring_about(self, floor: Floor) -> None:
        """Do it."""
        for data in self.scans:
            floor.scan(STATION, data)
        if self.then is not None:
            self.then(floor)
        assert floor.state(STATION) == self.state, self.name


_IN_HAND = (badge(1), order_code(1))


def _hold(floor: Floor) -> None:
    floor.ask(HoldOrder(number=number(1), reason="payment"))


def _shrink(floor: Floor) -> None:
    lines = tuple(LineChange(line=line, quantity=Decimal(0)) for line in (1, 2, 3))
    floor.ask(ChangeOrder(number=number(1), lines=lines))


def _cancel(floor: Floor) -> None:
    floor.ask(CancelOrder(number=number(1), reason="customer"))


SITUATIONS = (
    Situation("signed out", "signed_out", ("hello",)),
    Situation("idle", "idle", (badge(1),)),
    Situation("idle, an order found in use", "idle", (badge(1), order_code(6))),
    Situation(
        "idle, an order found in use and let go since", "idle", (badge(1), order_code(10)),
        lambda floor: floor.scan("pack-3", code("CANCEL")),
    ),
    Situation("packing, nothing packed", "packing", _IN_HAND),
    Situation("packing, one packed", "packing", (*_IN_HAND, TEA)),
    Situation("packing, one line full", "packing", (*_IN_HAND, TEA, TEA)),
    Situation("packing, one unit wanted", "packing", (badge(1), order_code(8))),
    Situation("packing, milk wanted", "packing", (badge(1), order_code(9))),
    Situation("complete", "complete", (badge(1), order_code(8), TEA)),
    Situation("complete, carton closed", "complete", (badge(1), order_code(8), TEA, code("CLOSE"))),
    Situation("needs a lot", "needs", (*_IN_HAND, MILK)),
    Situation("needs a lot, the last unit", "needs", (badge(1), order_code(9), MILK)),
    Situation("needs an expiry", "needs", (*_IN_HAND, f"01{MILK}10L9" + GS)),
    Situation("needs a serial", "needs", (*_IN_HAND, PHONE)),
    Situation("choosing without an order", "choosing", (badge(1), TWIN)),
    Situation("choosing", "choosing", (*_IN_HAND, TWIN)),
    Situation("choosing with one unit wanted", "choosing", (badge(1), order_code(8), TWIN)),
    Situation("choosing with milk wanted", "choosing", (badge(1), order_code(9), TWIN)),
    Situation("choosing with both wanted", "choosing", (badge(1), order_code(12), TWIN)),
    Situation("reason", "reason", (*_IN_HAND, code("SHORT"))),
    Situation("reason, nothing left", "reason", (*_IN_HAND, code("SHORT")), _shrink),
    Situation("held", "intercepted", _IN_HAND, _hold),
    Situation("cancelled", "intercepted", _IN_HAND, _cancel),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """One scan of a kind."""

    kind: str
    data: str
    symbology: str | None = None
    fault: str | None = None
    retransmit: bool = False

    def at(self, floor: Floor) -> Scan:
        """The scan as an input; a repeat repeats what the scanner sent last."""
        data = self.data
        return floor.scanning(
            STATION, data, symbology=self.symbology, fault=self.fault, retransmit=self.retransmit
        )


def _items() -> tuple[Sample, ...]:
    plain = (Sample("item", data) for data in (TEA, TEA_CASE, CUP, MILK, CREAM, PHONE))
    vouched = (
        Sample("item", data, "]C1")
        for data in (
            GOOD_MILK,
            OLD_MILK,
            SHORT_MILK,
            f"01{MILK}10L9",
            f"01{UNSOLD}",
            f"01{PHONE}21NEW",
            f"01{PHONE}21USED",
        )
    )
    return (*plain, *vouched)


SAMPLES = (
    *(Sample("badge", badge(user)) for user in (1, 2, 9)),
    *(Sample("order", order_code(index)) for index in (1, 2, 3, 4, 5, 6, 7, 999)),
    *_items(),
    *(
        Sample("attributes", data, "]C1")
        for data in ("10L1", "17280101" + "10L1", "17260101" + "10L2", "17261001" + "10L3",
                     "17280101", "17260101", "17261001", "21NEW", "21USED")
    ),
    Sample("logistic_unit", SSCC),
    *(Sample("reason", code("REASON", reason)) for reason in ("MISSING", "BORED")),
    *(Sample("choose", code("CHOOSE", choice)) for choice in ("1", "2", "9", "ONE")),
    *(Sample("unavailable", code(verb)) for verb in ("REPRINT", "CONFIRM")),
    *(
        Sample(kind, code(verb))
        for kind, verb in (
            ("undo", "UNDO"), ("short", "SHORT"), ("close", "CLOSE"), ("next", "NEXT"),
            ("cancel", "CANCEL"), ("take_over", "TAKEOVER"), ("sign_off", "SIGNOFF"),
            ("help", "HELP"),
        )
    ),
    Sample("ambiguous", TWIN),
    *(
        Sample("unknown", data, symbology)
        for data, symbology in (
            ("hello", None), ("6901234567892", None), ("01" + UNSOLD + "8912", "]C1"),
            ("https://id.gs1.org/01/" + UNSOLD, None), (closed("201234567890"), "]E0"),
            ("TD-DANCE-" + mod37_36("TDDANCE"), None),
        )
    ),
    Sample("unreadable", "", fault="encoding"),
    *(
        Sample("unreadable", data, symbology)
        for data, symbology in (
            (TEA[:-1] + str((int(TEA[-1]) + 1) % 10), "]E0"), ("TD-UNDO-0", None),
            ("TD-undo-D", None), (f"01{MILK}17261301", "]C1"), ("0109521234", "]C1"), ("", None),
        )
    ),
)  # fmt: skip
