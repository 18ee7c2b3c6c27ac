"""Packers: what somebody at a bench scans next, right or wrong.

They see what the pages show (the committed rows) and mostly do what helps; each state of a
station also has its mistakes. Nobody waits for a verdict in particular: a scan may well come
before the one before was judged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from edge.domain.rows import Fulfilment, FulfilmentLine, Order, Session
from tallydock.fuzz.desk import Desk
from tallydock.fuzz.dice import Dice
from tallydock.fuzz.goods import (
    BY_SKU,
    GOODS,
    REASONS,
    TWIN,
    attributes,
    code,
    nonsense,
    unit,
)
from tallydock.fuzz.scanners import Scanner
from tallydock.fuzz.watch import ShadowFold, Watch

BADGES = ("1", "2", "3", "4", "9")
VERBS = ("UNDO", "SHORT", "CLOSE", "NEXT", "CANCEL", "TAKEOVER", "HELP", "REPRINT", "CONFIRM")


class Packer:
    """One station's packer."""

    def __init__(
        self, station: str, scanner: Scanner, desk: Desk, watch: Watch, dice: Dice
    ) -> None:
        self.station, self.scanner = station, scanner
        self._desk, self._watch, self._dice = desk, watch, dice
        self._last = "hello"

    def act(self) -> str:
        """Scan something; what it was."""
        text = self._next()
        if self._dice.happens(0.05):
            text = self._last
        self._last = text
        if self._dice.happens(0.05):
            self._desk.scan(self.station, text)
        else:
            self.scanner.scan(text)
        return text

    # --- deciding ---------------------------------------------------------------------------

    def _next(self) -> str:
        if self._dice.happens(0.04):
            return nonsense(self._dice)
        if self._dice.happens(0.03):
            return code(self._dice.pick(VERBS))
        session = self._fold.row(Session, self.station)
        state = session.state if session is not None else "signed_out"
        moves: dict[str, Callable[[Session | None], str]] = {
            "signed_out": self._signed_out,
            "idle": self._idle,
            "packing": self._packing,
            "complete": self._complete,
            "needs": self._needs,
            "choosing": self._choosing,
            "reason": self._reason,
            "intercepted": self._intercepted,
        }
        return moves[state](session)

    def _one_of(self, moves: Sequence[tuple[int, Callable[[], str]]]) -> str:
        return self._dice.weighed(moves)()

    @property
    def _fold(self) -> ShadowFold:
        return self._watch.fold

    def _badge(self) -> str:
        return code("BADGE", self._dice.pick(BADGES))

    def _any_unit(self) -> str:
        return unit(self._dice.pick(GOODS), self._dice)

    def _signed_out(self, _session: Session | None) -> str:
        return self._badge() if self._dice.happens(0.85) else self._any_unit()

    def _idle(self, session: Session | None) -> str:
        offered = session is not None and session.offered is not None
        if offered and self._dice.happens(0.6):
            return code("TAKEOVER")
        return self._one_of(
            (
                (80, self._an_order),
                (4, self._badge),
                (3, lambda: code("SIGNOFF")),
                (5, self._any_unit),
                (3, lambda: TWIN),
                (5, lambda: code("ORDER", "SO-99999")),
            )
        )

    def _an_order(self) -> str:
        open_ones = [row for row in self._fold.all(Fulfilment) if row.status in WORKABLE]
        if open_ones and self._dice.happens(0.9):
            row = self._dice.pick(open_ones)
            return code("ORDER", row.number if self._dice.happens(0.7) else row.order)
        orders = self._fold.all(Order)
        return code("ORDER", self._dice.pick(orders).number) if orders else self._any_unit()

    def _packing(self, session: Session | None) -> str:
        return self._one_of(
            (
                (70, lambda: self._wanted(session)),
                (8, self._any_unit),
                (6, lambda: code("UNDO")),
                (4, lambda: code("SHORT")),
                (5, lambda: code("CLOSE")),
                (2, lambda: code("NEXT")),
                (2, lambda: code("CANCEL")),
                (1, lambda: code("SIGNOFF")),
                (1, self._badge),
                (1, self._an_order),
                (2, lambda: TWIN),
            )
        )

    def _wanted(self, session: Session | None) -> str:
        """A unit, or a case, of a line that is open; at times of one that is full."""
        held = session.fulfilment if session is not None else None
        lines = [row for row in self._fold.all(FulfilmentLine) if row.fulfilment == held]
        lines = [row for row in lines if not row.done or self._dice.happens(0.1)]
        if not lines:
            return code("NEXT")
        good = BY_SKU[self._dice.pick(lines).sku]
        if good.sku.startswith("TWIN") and self._dice.happens(0.7):
            return TWIN
        if good.case is not None and self._dice.happens(0.25):
            return good.case
        return unit(good, self._dice)

    def _complete(self, session: Session | None) -> str:
        return self._one_of(
            (
                (75, lambda: code("NEXT")),
                (8, lambda: self._wanted(session)),
                (5, lambda: code("UNDO")),
                (4, lambda: code("CLOSE")),
                (3, lambda: code("CANCEL")),
                (2, lambda: code("SIGNOFF")),
                (3, self._any_unit),
            )
        )

    def _needs(self, session: Session | None) -> str:
        pending = session.pending if session is not None and session.pending else ""
        good = next((good for good in GOODS if f'"{good.sku}"' in pending), self._dice.pick(GOODS))
        return self._one_of(
            (
                (75, lambda: f"]C1{attributes(good, self._dice)}"),
                (10, lambda: unit(good, self._dice)),
                (5, self._any_unit),
                (5, lambda: code("CANCEL")),
                (5, lambda: code("UNDO")),
            )
        )

    def _choosing(self, _session: Session | None) -> str:
        if self._dice.happens(0.75):
            return code("CHOOSE", str(self._dice.between(1, 3)))
        return self._dice.pick((TWIN, code("CANCEL"), self._any_unit()))

    def _reason(self, _session: Session | None) -> str:
        if self._dice.happens(0.8):
            return code("REASON", self._dice.pick(REASONS))
        return self._dice.pick((code("CANCEL"), self._any_unit()))

    def _intercepted(self, session: Session | None) -> str:
        return self._one_of(
            (
                (50, lambda: code("CANCEL")),
                (35, lambda: self._wanted(session)),
                (8, lambda: code("NEXT")),
                (4, lambda: code("SIGNOFF")),
                (3, self._badge),
            )
        )


WORKABLE = ("released", "packing", "held")
