"""The picture of one station that its page shows: whole each time, in both languages.

Built from the rows in memory, between two steps of the loop; names of people are looked up in
the person store at that moment and are never kept.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import msgspec

from edge.clock import rfc3339
from edge.domain.events import ScanJudged
from edge.domain.rows import Carton, Fulfilment, FulfilmentLine, Item, Order, Session, User
from edge.domain.sessions import session_of
from edge.domain.verdicts import CHANGES
from edge.journal import persons, registry
from edge.service.heart import Heart
from edge.service.outcome import Written
from edge.service.wording import Bilingual, both, say_both, skus_of
from edge.text.dress import dress_of

HISTORY_MAX = 20
LATENCIES_MAX = 500


class Person(msgspec.Struct, frozen=True):
    id: str
    name: str


class OrderHead(msgspec.Struct, frozen=True, kw_only=True):
    number: str
    fulfilment: str
    customer: str | None
    packed: str
    wanted: str
    status: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    line: int
    sku: str
    name: Bilingual
    unit: Bilingual
    wanted: str
    packed: str
    short: str
    current: bool
    location: str | None


class OpenCarton(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    sscc: str
    units: str


class Count(msgspec.Struct, frozen=True):
    packed: str
    wanted: str


class Record(msgspec.Struct, frozen=True):
    seq: int
    hash: str


class VerdictShown(msgspec.Struct, frozen=True, kw_only=True):
    token: str
    dress: str
    word: Bilingual
    item: Bilingual | None
    code: str
    sku: str | None
    why: Bilingual
    next: Bilingual
    count: Count | None
    recorded: Record | None
    elapsed_us: int | None
    at: str


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    p50_us: int | None
    p99_us: int | None
    count: int


class Past(msgspec.Struct, frozen=True, kw_only=True):
    at: str
    token: str
    word: Bilingual
    code: str
    seq: int


class StationView(msgspec.Struct, frozen=True, kw_only=True):
    boot: str
    version: int
    code: str
    at: str
    station: str
    state: str
    user: Person | None
    language: str
    order: OrderHead | None
    lines: tuple[Line, ...]
    carton: OpenCarton | None
    verdict: VerdictShown | None
    scans: int
    latency: Latency
    disk: str
    history: tuple[Past, ...]


@dataclass(slots=True)
class Activity:
    """What a station did since this process started; gone with it."""

    scans: int = 0
    refused: int = 0
    last_at_us: int | None = None
    elapsed_us: int | None = None
    latencies_us: deque[int] = field(default_factory=partial(deque, maxlen=LATENCIES_MAX))
    history: deque[Past] = field(default_factory=partial(deque, maxlen=HISTORY_MAX))
    version: int = 0

    def judged(self, written: Written, event: ScanJudged, elapsed_us: int) -> None:
        """Count a verdict."""
        self.scans += 1
        self.refused += event.verdict not in CHANGES
        self.last_at_us, self.elapsed_us = written.meta.at_us, elapsed_us
        self.latencies_us.append(elapsed_us)
        self.history.appendleft(
            Past(
                at=rfc3339(written.meta.at_us),
                token=event.verdict,
                word=both(f"verdict.{event.verdict}"),
                code=event.data[:80],
                seq=written.meta.seq,
            )
        )

    def latency(self) -> Latency:
        """Scan-to-verdict times of the last 500 scans."""
        return latency_of(self.latencies_us)


def latency_of(latencies_us: deque[int]) -> Latency:
    """Median and 99th percentile (nearest rank)."""
    ranked, count = sorted(latencies_us), len(latencies_us)
    if not ranked:
        return Latency(p50_us=None, p99_us=None, count=0)
    return Latency(
        p50_us=ranked[(count - 1) // 2], p99_us=ranked[(count * 99 - 1) // 100], count=count
    )


@dataclass(frozen=True, slots=True)
class StationPainter:
    """Paints station views for one process; ``boot`` and ``code`` identify it to the pages."""

    heart: Heart
    boot: str
    code: str

    def paint(self, station: str, activity: Activity, now_us: int, *, disk_ok: bool) -> StationView:
        """The whole picture."""
        return self.heart.settled(
            partial(self._paint, station, activity, now_us, "ok" if disk_ok else "failing")
        )

    def _paint(self, station: str, activity: Activity, now_us: int, disk: str) -> StationView:
        state = self.heart.store.state
        session = session_of(state, station)
        fulfilment = state.get(Fulfilment, session.fulfilment) if session.fulfilment else None
        carton = (
            state.get(Carton, fulfilment.carton)
            if fulfilment is not None and fulfilment.carton is not None
            else None
        )
        return StationView(
            boot=self.boot,
            version=activity.version,
            code=self.code,
            at=rfc3339(now_us),
            station=station,
            state=session.state,
            user=self._user(session),
            language=session.language,
            order=self._order(fulfilment),
            lines=self._lines(session, fulfilment),
            carton=None
            if carton is None
            else OpenCarton(number=carton.number, sscc=carton.sscc, units=str(carton.units)),
            verdict=self._verdict(session, activity),
            scans=activity.scans,
            latency=activity.latency(),
            disk=disk,
            history=tuple(activity.history),
        )

    def _user(self, session: Session) -> Person | None:
        if session.user is None:
            return None
        user = self.heart.store.state.get(User, session.user)
        name = self._name(user.person) if user is not None else None
        return Person(session.user, name or session.user)

    def _name(self, person: str) -> str | None:
        row = persons.get(self.heart.store.executor, person)
        known = persons.read(row) if row is not None else None
        return known.name if known is not None else None

    def _order(self, fulfilment: Fulfilment | None) -> OrderHead | None:
        if fulfilment is None:
            return None
        order = self.heart.store.state.need(Order, fulfilment.order)
        return OrderHead(
            number=order.number,
            fulfilment=fulfilment.number,
            customer=self._name(order.person) if order.person is not None else None,
            packed=str(fulfilment.packed),
            wanted=str(fulfilment.wanted),
            status=order.status,
        )

    def _lines(self, session: Session, fulfilment: Fulfilment | None) -> tuple[Line, ...]:
        if fulfilment is None:
            return ()
        state = self.heart.store.state
        keys = [(fulfilment.number, line) for line in range(1, fulfilment.lines + 1)]
        rows = [row for row in state.many(FulfilmentLine, keys) if row.wanted > 0]
        items = {
            item.sku: item for item in state.many(Item, list({(row.sku,): None for row in rows}))
        }
        open_lines = [row.line for row in rows if not row.done]
        current = session.line if session.line in open_lines else next(iter(open_lines), 0)
        return tuple(
            Line(
                line=row.line,
                sku=row.sku,
                name=Bilingual(items[row.sku].name_zh, items[row.sku].name_en),
                unit=Bilingual(items[row.sku].unit_zh, items[row.sku].unit_en),
                wanted=str(row.wanted),
                packed=str(row.packed),
                short=str(row.short),
                current=row.line == current,
                location=items[row.sku].location or None,
            )
            for row in rows
        )

    def _verdict(self, session: Session, activity: Activity) -> VerdictShown | None:
        stored = self.heart.store.event(session.judged) if session.judged else None
        recorded = registry.decode(stored) if stored is not None else None
        if stored is None or recorded is None or not isinstance(recorded.event, ScanJudged):
            return None
        event = recorded.event
        items = self._items((*skus_of(event.why), *((event.sku,) if event.sku else ())))
        item = items.get(event.sku or "")
        count = event.count
        return VerdictShown(
            token=event.verdict,
            dress=dress_of(event.verdict),
            word=both(f"verdict.{event.verdict}"),
            item=Bilingual(item.name_zh, item.name_en) if item is not None else None,
            code=event.data[:80],
            sku=event.sku,
            why=say_both(event.why, items, self.heart.zone),
            next=say_both(event.next, items, self.heart.zone),
            count=Count(str(count[0]), str(count[1])) if count is not None else None,
            recorded=Record(stored.seq, stored.hash.hex()),
            elapsed_us=activity.elapsed_us,
            at=rfc3339(recorded.meta.at_us),
        )

    def _items(self, skus: tuple[str, ...]) -> dict[str, Item]:
        rows = self.heart.store.state.many(Item, [(sku,) for sku in dict.fromkeys(skus)])
        return {row.sku: row for row in rows}


Painted = Callable[[str], bytes]
