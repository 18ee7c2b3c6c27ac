"""The picture of the whole floor: stations, devices, link, rates, exceptions."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import msgspec

from edge.clock import rfc3339
from edge.domain.events import (
    CommandRefused,
    Event,
    HelpCalled,
    InputQuarantined,
    OrderCancelled,
    OrderHeld,
    OutageRecorded,
    ScanJudged,
    ShortRecorded,
)
from edge.domain.rows import Fulfilment, User
from edge.domain.sessions import session_of
from edge.domain.verdicts import CHANGES
from edge.journal import persons, registry
from edge.service.heart import Heart
from edge.service.station_view import Activity, Latency, latency_of
from edge.service.wording import Bilingual, both
from edge.text.dress import dress_of

MINUTES = 60
EXCEPTIONS_MAX = 50
LOOK_BACK = 2_000
MINUTE_US = 60_000_000


class LinkView(msgspec.Struct, frozen=True, kw_only=True):
    state: str
    backlog: int
    last_ack_at: str | None
    dead_letters: int


class DeviceView(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    kind: str
    url: str
    state: str
    reason: str | None
    since: str
    last_seen_at: str | None
    reads: int
    faults: int


class StationTile(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    user: str | None
    dress: str
    word: Bilingual
    order: str | None
    packed: str
    wanted: str
    last_seen_at: str | None
    scans: int
    p50_us: int | None
    p99_us: int | None


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    scans_per_minute: tuple[int, ...]
    refused_per_minute: tuple[int, ...]


class OrderBalance(msgspec.Struct, frozen=True, kw_only=True):
    opened: int
    closed: int
    held: int
    cancelled: int
    open: int


class ExceptionShown(msgspec.Struct, frozen=True, kw_only=True):
    seq: int
    at: str
    kind: str
    title: Bilingual
    detail: str
    subject: str


class SiteName(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str


class WallView(msgspec.Struct, frozen=True, kw_only=True):
    boot: str
    version: int
    at: str
    site: SiteName
    link: LinkView
    stations: tuple[StationTile, ...]
    devices: tuple[DeviceView, ...]
    rates: Rates
    latency: Latency
    orders: OrderBalance
    exceptions: tuple[ExceptionShown, ...]


def exception_of(written_seq: int, at_us: int, subject: str, event: Event) -> ExceptionShown | None:
    """What a supervisor should look at, if the event is such a thing."""
    match event:
        case ScanJudged(verdict="unknown_code"):
            kind, detail = "unknown_code", event.data[:40]
        case ShortRecorded():
            kind, detail = "short", f"{event.sku} · {event.quantity} · {event.reason}"
        case HelpCalled():
            kind, detail = "help", event.station
        case OrderHeld() | OrderCancelled():
            kind = "held" if isinstance(event, OrderHeld) else "cancelled"
            detail = f"{event.number} · {event.reason}"
        case CommandRefused():
            kind, detail = "command_refused", f"{event.command_type} · {event.why}"
        case InputQuarantined():
            kind, detail = "quarantined", f"{event.input_type} · {event.error}"
        case OutageRecorded():
            kind, detail = "outage", str(event.refused)
        case _:
            return None
    return ExceptionShown(
        seq=written_seq,
        at=rfc3339(at_us),
        kind=kind,
        title=both(f"exception.{kind}"),
        detail=detail,
        subject=subject,
    )


@dataclass(slots=True)
class FloorActivity:
    """What happened on the floor since this process started, and the last exceptions."""

    stations: dict[str, Activity] = field(default_factory=dict)
    minutes: dict[int, list[int]] = field(default_factory=dict)
    latencies_us: deque[int] = field(default_factory=partial(deque, maxlen=2_000))
    exceptions: deque[ExceptionShown] = field(default_factory=partial(deque, maxlen=EXCEPTIONS_MAX))

    def judged(self, station: str, at_us: int, elapsed_us: int, event: ScanJudged) -> None:
        """Count a verdict into its minute."""
        minute = at_us // MINUTE_US
        counts = self.minutes.setdefault(minute, [0, 0])
        counts[0] += 1
        counts[1] += event.verdict not in CHANGES
        for old in [past for past in self.minutes if past <= minute - MINUTES]:
            del self.minutes[old]
        self.latencies_us.append(elapsed_us)

    def rates(self, now_us: int) -> Rates:
        """Counts of the last 60 minutes, the present one last."""
        last = now_us // MINUTE_US
        spans = [self.minutes.get(last - back, (0, 0)) for back in reversed(range(MINUTES))]
        return Rates(
            scans_per_minute=tuple(span[0] for span in spans),
            refused_per_minute=tuple(span[1] for span in spans),
        )

    def look_back(self, heart: Heart) -> None:
        """Find the exceptions of before this start in the last events."""
        head = heart.store.head.seq
        for stored in heart.store.journal.read(max(0, head - LOOK_BACK), LOOK_BACK, 1 << 30):
            recorded = registry.decode(stored)
            meta = recorded.meta
            shown = exception_of(meta.seq, meta.at_us, recorded.subject, recorded.event)
            if shown is not None:
                self.exceptions.appendleft(shown)


def order_balance(counts: Mapping[str, int]) -> OrderBalance:
    """opened = closed + held + cancelled + open."""
    closed = sum(counts.get(status, 0) for status in ("packed", "shipped", "delivered"))
    held, cancelled = counts.get("held", 0), counts.get("cancelled", 0)
    opened = sum(counts.values()) - counts.get("draft", 0)
    return OrderBalance(
        opened=opened,
        closed=closed,
        held=held,
        cancelled=cancelled,
        open=opened - closed - held - cancelled,
    )


@dataclass(frozen=True, slots=True)
class WallPainter:
    """Paints the wall for one process."""

    heart: Heart
    boot: str
    name: str

    def paint(
        self,
        floor: FloorActivity,
        now_us: int,
        version: int,
        link: LinkView,
        devices: Sequence[DeviceView],
        counts: Mapping[str, int],
    ) -> WallView:
        """The whole picture."""
        settings = self.heart.settings
        return WallView(
            boot=self.boot,
            version=version,
            at=rfc3339(now_us),
            site=SiteName(id=settings.site, name=self.name),
            link=link,
            stations=tuple(
                self.heart.settled(partial(self._tile, station, floor.stations.get(station)))
                for station in settings.stations
            ),
            devices=tuple(devices),
            rates=floor.rates(now_us),
            latency=latency_of(floor.latencies_us),
            orders=order_balance(counts),
            exceptions=tuple(floor.exceptions),
        )

    def _tile(self, station: str, activity: Activity | None) -> StationTile:
        session = session_of(self.heart.store.state, station)
        state = self.heart.store.state
        fulfilment = state.get(Fulfilment, session.fulfilment) if session.fulfilment else None
        activity = activity or Activity()
        latency = activity.latency()
        token = self._last_token(session.judged) if session.user is not None else None
        idle = f"station.{session.state}"
        return StationTile(
            id=station,
            user=self._user(session.user),
            dress=dress_of(token) if token is not None else "idle",
            word=both(f"verdict.{token}") if token is not None else both(idle),
            order=fulfilment.order if fulfilment is not None else None,
            packed=str(fulfilment.packed) if fulfilment is not None else "0",
            wanted=str(fulfilment.wanted) if fulfilment is not None else "0",
            last_seen_at=rfc3339(activity.last_at_us) if activity.last_at_us else None,
            scans=activity.scans,
            p50_us=latency.p50_us,
            p99_us=latency.p99_us,
        )

    def _last_token(self, seq: int) -> str | None:
        stored = self.heart.store.event(seq) if seq else None
        event = registry.decode(stored).event if stored is not None else None
        return event.verdict if isinstance(event, ScanJudged) else None

    def _user(self, user: str | None) -> str | None:
        if user is None:
            return None
        row = self.heart.store.state.get(User, user)
        person = persons.get(self.heart.store.executor, row.person) if row is not None else None
        known = persons.read(person) if person is not None else None
        return known.name if known is not None else user
