"""What every handler of an input works with: the open unit, the rules, the circumstances."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

from edge.domain import rules
from edge.domain.events import Event
from edge.domain.settings import Moment, SiteSettings, local_day
from edge.domain.sync_inputs import Epoch
from edge.ids import Chance, hex_bits, uuid7
from edge.journal import beside
from edge.journal.store import EdgeStore
from edge.service.inputs import Input
from edge.service.outcome import Written

NONCE_BITS = 256
T = TypeVar("T")


@dataclass(slots=True)
class Entry:
    """An input in the works.

    ``nonce`` is all the chance that it may use (ids of events, a person's salt): drawn before
    the batch begins, so that neither batching nor redoing it changes what it becomes.
    """

    input: Input
    nonce: int
    written: list[Written] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Drawn:
    """Chance that was drawn before: an input's nonce."""

    bits: int

    def getrandbits(self, k: int, /) -> int:
        return self.bits & ((1 << k) - 1)

    def random(self) -> float:
        raise AssertionError("ids and salts need bits only")


class Heart:
    """One site's store with its rules; all methods but the constructor need an open unit."""

    def __init__(self, store: EdgeStore, settings: SiteSettings, chance: Chance) -> None:
        self.store, self.settings, self.chance = store, settings, chance
        self.zone = ZoneInfo(settings.time_zone)
        self.epoch = beside.epoch(store.executor) or self._first_epoch()
        self._committed_epoch = self.epoch

    def _first_epoch(self) -> Epoch:
        """A new store's epoch, written down at once; raises StoreUnavailable."""
        first = Epoch(1, hex_bits(64, self.chance))
        self.store.begin()
        beside.save_epoch(self.store.executor, first)
        self.store.commit()
        return first

    def begin(self) -> None:
        """Open a unit."""
        self._committed_epoch = self.epoch
        self.store.begin()

    def undo(self) -> None:
        """Give the unit up."""
        self.store.rollback()
        self.epoch = self._committed_epoch

    def settled(self, function: Callable[[], T]) -> T:
        """The value of a pure function of the state, after loading whatever it asks for."""
        return self.store.settled(function)

    def moment(self, at_us: int) -> Moment:
        """The circumstances of a decision about something that arrived at ``at_us``."""
        return Moment(
            at_us=at_us,
            today=local_day(at_us, self.zone),
            epoch=self.epoch.counter,
            settings=self.settings,
        )

    def record(
        self, entry: Entry, events: Sequence[Event], *, at_us: int,
        actor: str | None = None, station: str | None = None, causation: str | None = None,
    ) -> None:  # fmt: skip
        """Append events and let them change the state; the first is the cause of the others."""
        for event in events:
            index = len(entry.written)
            meta, digest = self.store.record(
                event, at_us=at_us, id_=uuid7(at_us, Drawn(entry.nonce + index)),
                actor=actor, station=station,
                causation=causation if index == 0 else entry.written[0].meta.id,
            )  # fmt: skip
            self.settled(partial(rules.evolve, self.store.state, event, meta))
            entry.written.append(Written(meta, digest, event))
