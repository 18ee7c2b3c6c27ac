"""The site's link to central, ready to run: the pump on its thread, over a broker."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from edge.clock import Clock
from edge.domain.sync_inputs import SyncInput
from edge.ids import Chance
from edge.journal.chain import Position
from sync.mqtt import Broker
from sync.ports import Moment, Notice, Output
from sync.pump import LinkView, Pump
from sync.worker import Worker

logger = logging.getLogger(__name__)


class SiteLink:
    """``submit`` hands an intent to the heart's loop and does not wait; ``notify`` tells people."""

    def __init__(
        self,
        pump: Pump,
        broker: Broker,
        clock: Clock,
        chance: Chance,
        submit: Callable[[SyncInput], None],
        notify: Callable[[Notice], None],
    ) -> None:
        self._pump, self._submit, self._notify = pump, submit, notify
        self._worker = Worker(pump.site, pump, broker, clock, chance, self._carry)
        self._lock = threading.Lock()
        self._head: Position | None = None

    def start(self) -> None:
        self._worker.start()

    def stop(self) -> None:
        self._worker.stop()

    def use_broker(self, broker: Broker) -> None:
        """Connect there from the next attempt on."""
        self._worker.use_broker(broker)

    def journal_grew(self, head: Position) -> None:
        """The heart committed up to ``head``. Never waits; many calls in a row become one."""
        with self._lock:
            waiting, self._head = self._head is not None, head
        if not waiting:
            self._worker.post(self._tell_pump)

    def view(self) -> LinkView:
        """The link as the wall shows it; any thread."""
        return self._pump.link

    def _tell_pump(self, pump: Pump, now: Moment) -> Output:
        with self._lock:
            head, self._head = self._head, None
        return pump.tick(now) if head is None else pump.journal_grew(head, now)

    def _carry(self, output: Output) -> None:
        for intent in output.intents:
            self._submit(intent)
        for notice in output.notices:
            logger.warning("link: %s: %s", notice.kind, notice.about)
            self._notify(notice)
