"""One scan at one station, as the rules see it, and the judgement they return."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import msgspec

from edge.codes.readings import Reading
from edge.domain.commands import ScanAtStation
from edge.domain.events import Event, Message, SessionAfter
from edge.domain.rows import Fulfilment, FulfilmentLine, Session
from edge.domain.sessions import working_state
from edge.domain.settings import Moment
from edge.domain.state import State
from edge.domain.verdicts import Verdict


class Scan(msgspec.Struct, frozen=True):
    """All that a rule may look at. ``reading`` is None when the code could not be resolved.

    ``reason`` and ``details`` then say why not (``edge.codes.readings.Refusal``).
    """

    state: State
    command: ScanAtStation
    moment: Moment
    session: Session
    fulfilment: Fulfilment | None
    kind: str
    reading: Reading | None
    reason: str | None = None
    choices: tuple[Reading, ...] = ()
    details: tuple[tuple[str, str], ...] = ()

    @property
    def user(self) -> str:
        """Who is signed in; the table lets no rule that needs one run without."""
        if self.session.user is None:
            raise LookupError(f"nobody is signed in at {self.session.station}")
        return self.session.user

    @property
    def opened(self) -> Fulfilment:
        """The fulfilment in hand; the table lets no rule that needs one run without."""
        if self.fulfilment is None:
            raise LookupError(f"no fulfilment is open at {self.session.station}")
        return self.fulfilment

    @property
    def argument(self) -> str:
        """Argument of a command code, "" if it has none."""
        reading = self.reading
        return reading.argument or "" if reading is not None else ""

    def lines(self) -> list[FulfilmentLine]:
        """All lines of the fulfilment in hand, in order."""
        opened = self.opened
        keys = [(opened.number, line) for line in range(1, opened.lines + 1)]
        return self.state.many(FulfilmentLine, keys)

    def keep(self) -> SessionAfter:
        """The station stays as it is."""
        session = self.session
        return SessionAfter(
            state=session.state,
            line=session.line,
            pending=session.pending,
            choices=session.choices,
            offered=session.offered,
        )

    def rest(self, fulfilment: Fulfilment | None, line: int = 0) -> SessionAfter:
        """Nothing is pending any more."""
        return SessionAfter(state=working_state(fulfilment), line=line)


class Judgement(msgspec.Struct, frozen=True):
    """A verdict with what to say, what the station does next and what else happened.

    ``variant`` picks the texts: ``why.{verdict}.{variant}`` and ``next.{verdict}.{variant}``.
    """

    verdict: Verdict
    after: SessionAfter
    variant: str = ""
    reason: str | None = None
    params: tuple[tuple[str, str], ...] = ()
    sku: str | None = None
    effects: tuple[Event, ...] = ()
    fulfilment: str | None = None
    count: tuple[Decimal, Decimal] | None = None

    def why(self) -> Message:
        """Message that says why."""
        return Message(key=self._key("why"), params=dict(self.params))

    def next(self) -> Message:
        """Message that says what to do next."""
        return Message(key=self._key("next"), params=dict(self.params))

    def _key(self, head: str) -> str:
        tail = f".{self.variant}" if self.variant else ""
        return f"{head}.{self.verdict}{tail}"

    def because(self, reason: str) -> Judgement:
        """The same judgement with a reason."""
        return msgspec.structs.replace(self, reason=reason)


def choice_name(reading: Reading) -> str:
    """What tells a reading from the others of its scan: the same digits may be two items."""
    return f"{reading.kind}:{reading.gtin or reading.sscc or reading.text}"


Rule = Callable[[Scan], Judgement]


def not_now(scan: Scan, variant: str = "", **params: str) -> Judgement:
    """The scan has no meaning in this state; nothing changes."""
    return Judgement(
        "not_now", scan.keep(), variant, reason=variant or None, params=tuple(params.items())
    )
