"""The live pictures: kept up on the loop's thread, handed out as JSON.

A listener of the loop: it counts verdicts, knows which stations changed, and paints them for
whoever subscribed. Painting happens on the loop's thread, so a picture is always of one moment
between two commits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import msgspec

from edge.clock import Clock
from edge.domain.rows import Fulfilment
from edge.errors import NotFound
from edge.service.heart import Heart
from edge.service.inputs import Scan
from edge.service.outcome import Outcome
from edge.service.station_view import Activity, StationPainter
from edge.service.wall_view import (
    DeviceView,
    FloorActivity,
    LinkView,
    WallPainter,
    exception_of,
)

Subscriber = Callable[[str, bytes], None]
"""Called with a station and its picture; must not block."""

_encoder = msgspec.json.Encoder()


class Board:
    """Pictures of one process; ``boot`` tells the pages of a restart."""

    def __init__(self, heart: Heart, clock: Clock, boot: str, code: str, name: str) -> None:
        self._heart, self._clock = heart, clock
        self.boot = boot
        self._stations = StationPainter(heart, boot, code)
        self._wall = WallPainter(heart, boot, name)
        self._floor = FloorActivity()
        self._disk_ok = True
        self._wall_version = 0
        self._subscribers: set[Subscriber] = set()
        self._lock = threading.Lock()
        for station in heart.settings.stations:
            self._floor.stations[station] = Activity()
        self._floor.look_back(heart)

    # --- subscriptions: any thread ---------------------------------------------------------

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Hand every new picture of a station to ``subscriber``; returns how to end that."""
        with self._lock:
            self._subscribers.add(subscriber)

        def end() -> None:
            with self._lock:
                self._subscribers.discard(subscriber)

        return end

    # --- listener: the loop's thread -------------------------------------------------------

    def committed(self, outcomes: Sequence[Outcome]) -> None:
        """Count what happened and publish the stations that changed."""
        changed: dict[str, None] = {}
        for outcome in outcomes:
            self._count(outcome)
            for written in outcome.events:
                if written.meta.station in self._floor.stations:
                    changed[written.meta.station] = None
                for station in self._holders(getattr(written.event, "fulfilments", ())):
                    changed[station] = None
        for station in changed:
            self._publish(station)

    def disk(self, ok: bool) -> None:
        """Every station must say aloud that nothing is recorded, or that it is again."""
        self._disk_ok = ok
        for station in self._floor.stations:
            self._publish(station)

    def _count(self, outcome: Outcome) -> None:
        for written in outcome.events:
            shown = exception_of(
                written.meta.seq, written.meta.at_us, written.meta.station or "", written.event
            )
            if shown is not None:
                self._floor.exceptions.appendleft(shown)
        judged = outcome.judged
        if judged is None or not isinstance(outcome.input, Scan):
            return
        written, event = judged
        station = written.meta.station or ""
        elapsed_us = max(0, self._clock.monotonic_ns() - outcome.input.monotonic_ns) // 1000
        self._floor.stations.setdefault(station, Activity()).judged(written, event, elapsed_us)
        self._floor.judged(station, written.meta.at_us, elapsed_us, event)

    def _holders(self, fulfilments: Sequence[str]) -> list[str]:
        keys = [(name,) for name in fulfilments]
        rows = self._heart.settled(lambda: self._heart.store.state.many(Fulfilment, keys))
        return [row.station for row in rows if row.station is not None]

    def _publish(self, station: str) -> None:
        activity = self._floor.stations[station]
        activity.version += 1
        with self._lock:
            subscribers = list(self._subscribers)
        if not subscribers:
            return
        picture = self.station(station)
        for subscriber in subscribers:
            subscriber(station, picture)

    # --- pictures: the loop's thread -------------------------------------------------------

    def station(self, station: str) -> bytes:
        """The picture of a station as JSON; NotFound for an unknown one."""
        activity = self._floor.stations.get(station)
        if activity is None:
            raise NotFound("station", station, f"one of {', '.join(self._floor.stations)}")
        view = self._stations.paint(station, activity, self._clock.now_us(), disk_ok=self._disk_ok)
        return _encoder.encode(view)

    def wall(self, link: LinkView, devices: Sequence[DeviceView], counts: dict[str, int]) -> bytes:
        """The picture of the floor as JSON."""
        self._wall_version += 1
        view = self._wall.paint(
            self._floor, self._clock.now_us(), self._wall_version, link, devices, counts
        )
        return _encoder.encode(view)

    def scans(self) -> int:
        """Scans since the start."""
        return sum(activity.scans for activity in self._floor.stations.values())
