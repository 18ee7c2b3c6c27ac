"""The goods within the packer's reach, and the barcodes that are printed on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TypeVar

from edge.ids import Chance
from simulators.bench_view import BenchView, Goods, Line, Screen, Task, TaskLine
from simulators.numbers import element_string, gs1_check_digit

SHELF = "shelf/"
EXAMPLE_PREFIX = "952"  # GS1's prefix for examples: no such article exists

Thing = TypeVar("Thing")


def one_of(things: Sequence[Thing], chance: Chance) -> Thing:
    """Any of ``things``."""
    return things[int(chance.random() * len(things))]


def ean(gtin: str) -> str:
    """A GTIN as an EAN-13 symbol carries it, where it fits into one."""
    return gtin[1:] if len(gtin) == 14 and gtin.startswith("0") else gtin


def tracked_label(gtin: str, goods: Goods) -> str:
    """The GS1 symbol on goods with a lot or a serial number."""
    expiry = date.fromisoformat(goods.expiry).strftime("%y%m%d") if goods.expiry else ""
    return element_string(gtin, expiry=expiry, lot=goods.lot or "", serial=goods.serial or "")


def line_in_hand(screen: Screen) -> Line | None:
    """The line that the screen points at if it is open, else the first open one."""
    open_lines = [line for line in screen.lines if line.left > 0]
    pointed_at = (line for line in open_lines if line.current)
    return next(pointed_at, open_lines[0] if open_lines else None)


class Reach:
    """What the packer has learnt of items from slips, and which labels are of no use any more."""

    def __init__(self, view: BenchView, chance: Chance) -> None:
        self._view = view
        self._chance = chance
        self._items: dict[str, TaskLine] = {}
        self._used: set[str] = set()

    def slips(self) -> list[Task]:
        """The slips that lie at the station; their items are remembered."""
        tasks = list(self._view.tasks())
        self._items.update((line.sku, line) for task in tasks for line in task.lines)
        return tasks

    def learn(self, screen: Screen) -> None:
        """Look at the slips again if the open order has an item that is new to the packer."""
        if any(line.sku not in self._items for line in screen.lines):
            self.slips()

    def label(self, sku: str) -> str | None:
        """The barcode of one piece on the shelf; None when there is none to be found."""
        item = self._items.get(sku)
        if item is None or item.gtin is None:
            return None
        if item.tracking == "none":
            return ean(item.gtin)
        labels = [
            tracked_label(item.gtin, goods)
            for goods in self._view.goods(sku)
            if goods.location.startswith(SHELF) and goods.quantity > 0
        ]
        fresh = [label for label in labels if label not in self._used]
        if not fresh:
            return None
        if item.tracking != "serial":
            return fresh[0]
        label = one_of(fresh, self._chance)
        self._used.add(label)  # the piece is in the hand now
        return label

    def forget(self, label: str) -> None:
        """The screen refused this label: take another piece next time."""
        self._used.add(label)

    def foreign(self, screen: Screen) -> str | None:
        """A piece of an item that the open order does not want."""
        here = {line.sku for line in screen.lines}
        return self._any(item for sku, item in self._items.items() if sku not in here)

    def surplus(self, screen: Screen) -> str | None:
        """One more piece of an item of which the open order has enough."""
        wanted = {line.sku for line in screen.lines if line.left > 0}
        full = {line.sku for line in screen.lines if line.packed > 0} - wanted
        return self._any(item for sku, item in self._items.items() if sku in full)

    def stray(self) -> str:
        """Something with a valid barcode that nobody here has ever seen."""
        digits = f"{EXAMPLE_PREFIX}{self._chance.getrandbits(29):09d}"
        return digits + gs1_check_digit(digits)

    def _any(self, items: Iterable[TaskLine]) -> str | None:
        gtins = [ean(item.gtin) for item in items if item.gtin is not None]
        return one_of(gtins, self._chance) if gtins else None
