"""What the simulated site sells, who works there, and the texts that its scanners send.

Goods, names and numbers are invented; GTINs lie under GS1's prefix for examples (952). Names of
people bear ``NAME_MARK``, so that a search finds them wherever they must not be.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from edge.codes import commands
from edge.codes.check_digits import mod10
from edge.domain.commands import DefineItem, ReceiveStock
from edge.domain.events import PackagingDefined
from edge.domain.rows import Tracking
from tallydock.fuzz.dice import Dice

GS = "\x1d"
NAME_MARK = "Nemo-"
LOTS = ("L1", "L2", "L3")
GOOD_UNTIL, SOON_GONE, GONE_SINCE = "271231", "261005", "260131"
REASONS_KNOWN = ("MISSING", "DAMAGED", "EXPIRED", "OTHER")
REASONS = (*REASONS_KNOWN, "WHATEVER")

# One symbol, two meanings: as EAN-8 the one item, as UPC-E the other.
TWIN = "01234565"


@dataclass(frozen=True, slots=True)
class Good:
    """A trade item; ``case`` stands for ``case_units`` of it."""

    sku: str
    gtin: str
    tracking: Tracking
    location: str
    case: str | None = None
    case_units: int = 0


def closed(body: str) -> str:
    """``body`` with its GS1 check digit."""
    return body + mod10(body)


def _good(number: int, sku: str, tracking: Tracking, case_units: int = 0) -> Good:
    body = f"95212340{number:04d}"
    case = closed(f"1{body}") if case_units else None
    return Good(sku, closed(f"0{body}"), tracking, f"A-{number:02d}", case, case_units)


GOODS: tuple[Good, ...] = (
    _good(1, "TEA", "none", 6),
    _good(2, "CUP", "none"),
    _good(3, "PEN", "none", 2),
    _good(4, "MUG", "none"),
    _good(5, "CAP", "none"),
    _good(6, "MILK", "expiry"),
    _good(7, "OIL", "expiry"),
    _good(8, "CREAM", "lot"),
    _good(9, "PHONE", "serial", 2),
    _good(10, "KEYS", "serial"),
    Good("TWIN-8", TWIN.zfill(14), "none", "B-01"),
    Good("TWIN-E", "00012345000065", "none", "B-02"),
)
BY_SKU = {good.sku: good for good in GOODS}
PLAIN = {
    text: (good.sku, Decimal(units))
    for good in GOODS
    if good.tracking == "none" and not good.sku.startswith("TWIN")
    for gtin, units in ((good.gtin, 1), (good.case, good.case_units))
    if gtin is not None
    for text in (gtin, gtin.lstrip("0").zfill(13), f"]E0{gtin.lstrip('0').zfill(13)}")
}
"""Texts that mean one thing only: units of an item that is not tracked."""


def definition(good: Good, location: str | None = None) -> DefineItem:
    """The item as a command."""
    cases: tuple[PackagingDefined, ...] = ()
    if good.case is not None:
        cases = (PackagingDefined(gtin=good.case, quantity=Decimal(good.case_units)),)
    return DefineItem(
        sku=good.sku, gtin=good.gtin, name_zh=f"{good.sku} 货", name_en=f"Item {good.sku}",
        unit_zh="件", unit_en="pc", tracking=good.tracking, location=location or good.location,
        packagings=cases,
    )  # fmt: skip


def receipt(good: Good, dice: Dice, reference: str | None = None) -> ReceiveStock:
    """Goods from the supplier."""
    lot = dice.pick(LOTS) if good.tracking in ("lot", "expiry") else ""
    serial = f"S{dice.below(10_000):04d}" if good.tracking == "serial" else ""
    return ReceiveStock(
        location=good.location, sku=good.sku, lot=lot, serial=serial, reference=reference,
        quantity=Decimal(1 if serial else dice.between(1, 50)),
        expiry="2027-12-31" if good.tracking == "expiry" else None,
    )  # fmt: skip


def code(verb: str, argument: str | None = None) -> str:
    """Text of one of our own codes."""
    return commands.build(verb, argument)


def unit(good: Good, dice: Dice) -> str:
    """A symbol on one unit, as one of the ways to print it."""
    short = good.gtin.lstrip("0").zfill(13)
    if good.tracking == "none" or dice.happens(0.25):
        return dice.pick((good.gtin, short, f"]E0{short}" if good.gtin[0] == "0" else short))
    return f"]C101{good.gtin}{attributes(good, dice)}"


def attributes(good: Good, dice: Dice) -> str:
    """Element strings for what the item is tracked by; sometimes of goods that are too old."""
    until = dice.pick((GONE_SINCE, SOON_GONE)) if dice.happens(0.15) else GOOD_UNTIL
    if good.tracking == "serial":
        return f"21S{dice.below(60):04d}"
    if good.tracking == "expiry" and dice.happens(0.7):
        return f"17{until}10{dice.pick(LOTS)}"
    return f"10{dice.pick(LOTS)}"


def nonsense(dice: Dice) -> str:
    """Codes that no station can do anything with."""
    return dice.pick(
        ("4711", "9521234000001", "TD-UNDO-X", "]C1019521", "00395212340000000014", "]Q3A", "hello",
         "TD-REPRINT-", f"]C1{attributes(BY_SKU['MILK'], dice)}", "2012345678900", "https://a.example/1")
    )  # fmt: skip
