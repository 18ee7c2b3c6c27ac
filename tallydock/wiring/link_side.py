"""The site's end of the link: the pump on its worker's thread, fed by the journal's growth.

What the pump wants written goes to the loop as inputs; what it reads comes through read-only
connections of its own. A small thread carries "the journal grew" from the loop to the pump, so
that the loop never waits for the link.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from pathlib import Path

from edge.clock import Clock, rfc3339
from edge.domain.sync_inputs import NO_EPOCH, CommandPosition, Epoch, PersonRow
from edge.ids import Chance
from edge.journal import beside, persons
from edge.journal.reader import JournalReader
from edge.journal.sqlite import SqliteExecutor, open_reader
from edge.service.inputs import FromLink
from edge.service.thread import LoopThread, Stopped
from edge.service.wall_view import LinkView
from sync.ports import Output
from sync.pump import Pump, PumpSettings
from sync.worker import Worker
from tallydock.config import BrokerConfig
from tallydock.wiring.brokers import broker_of, follower_of

LOOK_EVERY_S = 1.0

logger = logging.getLogger(__name__)


class StoredMemory:
    """What the heart remembers for the link, read from the store."""

    def __init__(self, executor: SqliteExecutor) -> None:
        self._executor = executor

    def site_epoch(self) -> Epoch:
        """The journal's epoch."""
        return beside.epoch(self._executor) or NO_EPOCH

    def command_position(self) -> CommandPosition:
        """How far central's commands were applied."""
        return beside.command_position(self._executor)

    def missing(self, limit: int) -> Sequence[str]:
        """Persons that somebody refers to and whose rows are not here."""
        return persons.missing(self._executor, limit)

    def rows(self, ids: Sequence[str]) -> Sequence[PersonRow]:
        """The rows that are here."""
        return persons.rows(self._executor, ids)


class LinkSide:
    """One site's link to central."""

    def __init__(
        self,
        site: str,
        broker: BrokerConfig,
        path: Path,
        thread: LoopThread,
        *,
        grew: threading.Event,
        clock: Clock,
        chance: Chance,
        settings: PumpSettings,
    ) -> None:
        self._thread, self._grew, self._clock = thread, grew, clock
        self._connection = open_reader(path)
        memory = StoredMemory(SqliteExecutor(self._connection))
        self._journal = JournalReader(self._connection)
        self._pump = Pump(site, self._journal, memory, memory, chance, settings)
        self._worker = Worker(
            site, self._pump, broker_of(broker), clock, chance, self._carry, follower_of(broker)
        )
        self._ending = threading.Event()
        self._nudger = threading.Thread(target=self._nudge, name="link-growth", daemon=True)

    def start(self) -> None:
        """Connect, for ever."""
        self._worker.start()
        self._nudger.start()

    def stop(self) -> None:
        """Say goodbye and end."""
        self._ending.set()
        self._grew.set()
        self._nudger.join()
        self._worker.stop()
        self._connection.close()

    def view(self) -> LinkView:
        """The link as the wall shows it."""
        link = self._pump.link
        return LinkView(
            state=link.state,
            backlog=link.backlog,
            last_ack_at=rfc3339(link.last_ack_us) if link.last_ack_us else None,
            dead_letters=link.dead_letters,
        )

    def letters(self) -> dict[str, int]:
        """Messages that could not be used since the start, by reason."""
        return dict(self._pump.dead_letters.counts)

    def _carry(self, output: Output) -> None:
        """On the worker's thread: hand over what is to be written, and say what matters."""
        for notice in output.notices:
            logger.warning("link: %s: %s", notice.kind, notice.about)
        for intent in output.intents:
            try:
                self._thread.submit(FromLink(at_us=self._clock.now_us(), intent=intent))
            except Stopped:
                return

    def _nudge(self) -> None:
        while not self._ending.is_set():
            if self._grew.wait(LOOK_EVERY_S):
                self._grew.clear()
                self._worker.post(lambda pump, now: pump.journal_grew(self._journal.head(), now))
