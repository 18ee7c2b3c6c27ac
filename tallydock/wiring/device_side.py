"""Between the devices and the loop: facts in, signals out, conditions for the pages."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future

from devices.registry import Registry
from devices.sink import SinkClosed
from devices.supervisor import Supervisor
from edge.clock import Clock, rfc3339
from edge.domain.settings import SiteSettings
from edge.facts import BarcodeRead, Fact
from edge.ids import Chance
from edge.requests import Beep, Signal
from edge.service.intake import scan_of_read
from edge.service.outcome import Outcome
from edge.service.thread import LoopThread, Stopped
from edge.service.wall_view import DeviceView
from edge.text.dress import dress_of

SIGNAL_OF_DRESS: dict[str, Signal] = {
    "ok": "accepted",
    "complete": "complete",
    "wrong": "wrong",
    "over": "over",
    "need": "needs",
    "hold": "hold",
    "unknown": "unknown",
}


class DeviceSide:
    """All devices of a site. ``put`` is the sink that their threads deliver to."""

    def __init__(
        self,
        urls: Mapping[str, str],
        registry: Registry,
        thread: LoopThread,
        settings: SiteSettings,
        clock: Clock,
        chance: Chance,
    ) -> None:
        self._thread, self._settings = thread, settings
        self._supervisors = {
            name: Supervisor(name, url, registry.assemble(url), self, clock, chance)
            for name, url in urls.items()
        }

    def start(self) -> None:
        """Open all lines."""
        for supervisor in self._supervisors.values():
            supervisor.start()

    def stop(self) -> None:
        """Close all lines at once, then wait; what was read is delivered first."""
        for supervisor in self._supervisors.values():
            supervisor.stop(0)
        for supervisor in self._supervisors.values():
            supervisor.stop()

    def put(self, fact: Fact) -> None:
        """Take a fact, waiting while the loop is behind; SinkClosed once the loop has ended."""
        if not isinstance(fact, BarcodeRead):
            return
        try:
            future = self._thread.submit(scan_of_read(fact, self._settings))
        except Stopped as error:
            raise SinkClosed from error
        device = fact.origin.device
        future.add_done_callback(lambda done: self._signal(device, done))

    def _signal(self, device: str, done: Future[Outcome]) -> None:
        """Sound the verdict at the scanner; without a record there is no beep."""
        if done.exception() is not None:
            return
        judged = done.result().judged
        if judged is not None:
            signal = SIGNAL_OF_DRESS.get(dress_of(judged[1].verdict), "silent")
            self._supervisors[device].request(Beep(device=device, signal=signal))

    def views(self) -> list[DeviceView]:
        """The condition of each device, for the wall."""
        return [
            DeviceView(
                id=health.device,
                kind=health.kind,
                url=health.url,
                state=health.state,
                reason=health.reason,
                since=rfc3339(health.since_us),
                last_seen_at=rfc3339(health.last_byte_us) if health.last_byte_us else None,
                reads=health.reads,
                faults=health.faults,
            )
            for health in (supervisor.health() for supervisor in self._supervisors.values())
        ]
