"""What must hold of people, dates, timers, repeats and epochs, from the events alone.

Beside the books, which count the goods: here is who may sign in with which badge, when a station
is idle, whether goods were still good on the day they were packed, and what may be set aside.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import singledispatchmethod
from typing import NamedTuple
from zoneinfo import ZoneInfo

from edge.domain import events as e
from edge.domain.kernel import Meta
from edge.domain.settings import SiteSettings
from edge.journal.registry import Recorded
from tallydock.fuzz.dice import require
from tallydock.fuzz.goods import BY_SKU, REASONS_KNOWN, code
from tallydock.fuzz.oracle import Days

FORESEEN = {("Ask", "KeyError"), ("FromLink", "InvalidInput")}
"""What may be set aside: a command without a rule, and an order of central's that fits no event."""

CHOSEN = {code("CHOOSE", str(index + 1)): index for index in range(3)}
"""Codes by which a packer chooses, and the index of what they choose."""

MINUTE_US = 60_000_000


class Read(NamedTuple):
    """What a device sent last, and when that was recorded."""

    data: str
    at_us: int


class Due(NamedTuple):
    """When a timer is due, and the event that set it."""

    at_us: int
    seq: int


class Customs:
    """See the module's docstring. ``before``: for each verdict, what its device had sent before."""

    def __init__(self, settings: SiteSettings) -> None:
        self._settings = settings
        self._zone = ZoneInfo(settings.time_zone)
        self.before: dict[int, Read | None] = {}
        self.timers: dict[str, Due] = {}
        self._last: dict[str, Read] = {}
        self._scan: e.ScanJudged | None = None
        self._badges: dict[str, str] = {}
        self._users: dict[str, str] = {}
        self._active_us: dict[str, int] = {}
        self._epoch = 1
        self._shown: tuple[str, ...] = ()
        self._choices: dict[str, tuple[str, ...]] = {}

    def note(self, recorded: Recorded) -> None:
        """Look at an event."""
        self._see(recorded.event, recorded.meta)

    @property
    def guard_us(self) -> int:
        """How soon the same data from the same device is a repeat."""
        return self._settings.guard_ms * 1000

    def close(self) -> None:
        """A turn is over: whoever is signed in is looked after."""
        alone = self._users.keys() - self.timers.keys()
        require(not alone, f"nobody looks after {alone}, should they fall idle")

    def days(self, at_us: int) -> Days:
        """What the site's calendar says."""
        moment = datetime.fromtimestamp(at_us // 1_000_000, tz=UTC)
        today = moment.astimezone(self._zone).date()
        return Days(today, today + timedelta(days=self._settings.shelf_life_days_min))

    # --- what is seen -----------------------------------------------------------------------

    @singledispatchmethod
    def _see(self, event: e.Event, meta: Meta) -> None:
        """Other events have no customs."""

    @_see.register
    def _judged(self, event: e.ScanJudged, meta: Meta) -> None:
        self._scan = event
        self._shown = self._choices.get(meta.station or "", ())
        self._choices[meta.station or ""] = event.after.choices
        self._active_us[meta.station or ""] = meta.at_us
        if event.sequence > 0:
            self.before[meta.seq] = self._last.get(event.device)
            self._last[event.device] = Read(event.data, meta.at_us)
        if event.kind == "badge":
            known = event.data in {code("BADGE", badge) for badge in self._badges.values()}
            let_in = event.verdict in ("signed_in", "taken_over")
            require(known == let_in, f"seq {meta.seq}: {event.data} got {event.verdict}")

    @_see.register
    def _user(self, event: e.UserAdded, meta: Meta) -> None:
        self._badges[event.user] = event.badge

    @_see.register
    def _in(self, event: e.SignedIn, meta: Meta) -> None:
        shown = self._scan.data if self._scan is not None else None
        right = code("BADGE", self._badges[event.user])
        require(shown == right, f"seq {meta.seq}: {event.user} signed in with {shown}")
        self._users[event.station] = event.user

    @_see.register
    def _out(self, event: e.SignedOut, meta: Meta) -> None:
        self._users.pop(event.station, None)
        idle_us = meta.at_us - self._active_us[event.station]
        least_us = self._settings.idle_minutes_max * MINUTE_US
        fair = event.reason != "idle" or idle_us >= least_us
        require(fair, f"seq {meta.seq}: {event.station} was idle for {idle_us} us only")

    @_see.register
    def _timer(self, event: e.TimerSet, meta: Meta) -> None:
        if event.due_at is None:
            self.timers.pop(event.subject, None)
        else:
            self.timers[event.subject] = Due(event.due_at, meta.seq)

    @_see.register
    def _packed(self, event: e.ItemPacked, meta: Meta) -> None:
        chosen = CHOSEN.get(self._scan.data) if self._scan is not None else None
        right = chosen is None or self._shown[chosen].endswith(BY_SKU[event.sku].gtin)
        require(right, f"seq {meta.seq}: {event.sku} packed, choice {chosen} of {self._shown}")
        if BY_SKU[event.sku].tracking != "expiry":
            return
        require(event.expiry is not None, f"seq {meta.seq}: {event.sku} packed without its expiry")
        late = (
            event.expiry is None or date.fromisoformat(event.expiry) < self.days(meta.at_us).least
        )
        require(not late, f"seq {meta.seq}: {event.sku} packed, good until {event.expiry}")

    @_see.register
    def _short(self, event: e.ShortRecorded, meta: Meta) -> None:
        require(event.reason in REASONS_KNOWN, f"seq {meta.seq}: short because {event.reason}")

    @_see.register
    def _epoch_opened(self, event: e.EpochOpened, meta: Meta) -> None:
        require(event.counter > self._epoch, f"seq {meta.seq}: epoch {event.counter} again")
        self._epoch = event.counter

    @_see.register
    def _aside(self, event: e.InputQuarantined, meta: Meta) -> None:
        what = (event.input_type, event.error)
        require(what in FORESEEN, f"seq {meta.seq}: {what} was set aside")
