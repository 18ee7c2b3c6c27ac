"""The shortcuts that people take, planted in the product's code; the simulation must see each.

Each class or function replaces one part of the product by a version with the shortcut in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import structs

from edge.domain.sync_inputs import ApplyCommand, CommandPosition, SaveCursor
from edge.journal.chain import Position
from sync.backoff import Backoff
from sync.batch import Batch
from sync.central import log
from sync.central.commands import CommandDesk
from sync.central.memory import MemoryStore, MemoryTransaction
from sync.central.ports import CentralTransaction, SiteCursor
from sync.envelope import Ack, Events, Welcome, WirePosition
from sync.ports import Moment
from sync.states import State
from sync.uplink import CONSUMER, Uplink
from tests.simulation.sync.crashes import Crash
from tests.simulation.sync.heart import FakeHeart
from tests.simulation.sync.stores import InMemory


class PubackUplink(Uplink):
    """The cursor moves when the broker took a batch, and is believed after a restart."""

    def _ask(self, at_us: int, low: int = 0) -> None:
        super()._ask(at_us, low)
        assert isinstance(self._journal, FakeHeart)
        cursor = self._journal.disk.cursor
        if 0 < cursor.seq <= self.head.seq:
            self.timers.cancel_all()
            self.state = State.FLOWING
            self.flight.start(cursor, 8)

    def _send(self, batch: Batch, now: Moment) -> None:
        super()._send(batch, now)
        self.flight.acknowledge(batch.last)
        self._mail.intend(SaveCursor(consumer=CONSUMER, seq=batch.last.seq, hash=batch.last.hash))


class CredulousUplink(Uplink):
    """Numbers only: whatever central says of hashes and epochs is taken as ours."""

    def welcome(self, answer: Welcome, now: Moment) -> bool:
        through = min(answer.through, self.head.seq)
        return super().welcome(
            structs.replace(answer, through=through, epoch=self._memory.site_epoch()), now
        )

    def ack(self, answer: Ack, now: Moment) -> bool:
        return super().ack(structs.replace(answer, through=min(answer.through, self.head.seq)), now)

    def _is_mine(self, position: Position) -> bool:
        return True


class DedupeById:
    """Central drops repeats by the message's identity only: no number, no chain."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, int]] = set()

    def take(
        self, tx: CentralTransaction, site: str, cursor: SiteCursor, batch: Events
    ) -> log.Taken:
        identity = (batch.session, batch.sent_at)
        if identity in self._seen:
            return log.Taken("ok", cursor)
        self._seen.add(identity)
        renumbered = [
            structs.replace(event, seq=cursor.through + 1 + index)
            for index, event in enumerate(log.chain_up(site, batch))
        ]
        return log.Taken("ok", log.store(tx, site, cursor, renumbered), renumbered)


def take_by_number(
    tx: CentralTransaction, site: str, cursor: SiteCursor, batch: Events
) -> log.Taken:
    """Sequence numbers only: what is at or below the cursor counts as a repeat."""
    if batch.first_seq > cursor.through + 1:
        return log.Taken("gap", cursor)
    fresh = log.chain_up(site, batch)[cursor.through + 1 - batch.first_seq :]
    return log.Taken("ok", log.store(tx, site, cursor, fresh) if fresh else cursor, fresh)


class TwoTransactions(MemoryStore):
    """Central commits its cursor apart from the events, and may die in between."""

    moves = 0

    @contextmanager
    def transaction(self) -> Iterator[MemoryTransaction]:
        before = {name: rows.cursor for name, rows in self.tables.sites.items()}
        with super().transaction() as tx:
            yield tx
        moved = [
            name for name, cursor in before.items() if self.tables.sites[name].cursor != cursor
        ]
        self.moves += len(moved)
        if moved and self.moves % 20 == 0:
            for name in moved:
                self.tables.sites[name].cursor = before[name]
            raise Crash


class InTwoTransactions(InMemory):
    def __init__(self) -> None:
        self.store = TwoTransactions()


class TwoTransactionHeart(FakeHeart):
    """A command's effect is committed apart from its position; its id is not remembered."""

    applied = 0

    def apply(self, command: ApplyCommand) -> None:
        before = self.disk.position
        self.disk.answered.clear()
        super().apply(command)
        self.applied += 1
        if self.applied % 10 == 0:
            self.disk.position = before
            raise Crash


class NumberOnlyDesk(CommandDesk):
    """Commands carry a number only; a restored central numbers on from its backup."""

    def position(self, tx: CentralTransaction, site: str, at: WirePosition) -> None:
        log = self.log(tx, site)
        self._acked(tx, site, log, min(at.through, log.length))

    def open_epoch(self, tx: CentralTransaction, site: str, counter: int) -> None:
        """There are no epochs."""


class NumberOnlyHeart(FakeHeart):
    """Whatever has the next number is applied."""

    def apply(self, command: ApplyCommand) -> None:
        if command.number != self.disk.position.through + 1:
            return
        if command.id not in self.disk.answered:
            self.take_effect(command)
        self.disk.position = CommandPosition(command.epoch, command.number, command.hash)


class NoBackoff(Backoff):
    """Everything is repeated at every tick."""

    def next_us(self) -> int:
        return 0
