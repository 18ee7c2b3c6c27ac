"""What the link needs of the rest of the house, and the values that cross its edges.

The pump and the inbox are sans-IO: time comes in as a ``Moment``, messages leave as
``Outgoing``. Whatever must be remembered at a site leaves as an input for the heart's loop
(``edge.domain.sync_inputs``); wiring carries it there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from edge.clock import Clock
from edge.domain.sync_inputs import CommandPosition, Epoch, PersonRow, SyncInput
from edge.journal.chain import Position, StoredEvent

MS = 1_000
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


class Moment(NamedTuple):
    """``steady_us`` runs timers and is never set back; ``wall_us`` is only shown and sent."""

    steady_us: int
    wall_us: int


def moment(clock: Clock) -> Moment:
    """The present, on both clocks."""
    return Moment(clock.monotonic_ns() // 1_000, clock.now_us())


class Outgoing(NamedTuple):
    """A message to publish with QoS 1."""

    topic: str
    payload: bytes
    retain: bool = False


class Notice(NamedTuple):
    """Something a person should know: a token, the site, and what it is about."""

    kind: str
    site: str
    about: str


@dataclass(frozen=True, slots=True)
class Output:
    """What a call led to. ``wake_at_us``: call ``tick`` at this steady time, None for never."""

    messages: tuple[Outgoing, ...] = ()
    intents: tuple[SyncInput, ...] = ()
    notices: tuple[Notice, ...] = ()
    wake_at_us: int | None = None


class JournalReader(Protocol):
    """The site's journal, read-only."""

    def head(self) -> Position:
        """The last entry, or position 0."""
        ...

    def hash_at(self, seq: int) -> bytes | None:
        """Chain hash at ``seq``; 32 zero bytes for 0; None where the journal has none."""
        ...

    def read(self, after: int, limit: int, max_bytes: int) -> Sequence[StoredEvent]:
        """Entries ``after`` + 1 on: at most ``limit``, bodies of at most ``max_bytes`` together.

        At least one entry if there is one.
        """
        ...


class SiteState(Protocol):
    """What the heart remembers for the link."""

    def site_epoch(self) -> Epoch: ...

    def command_position(self) -> CommandPosition: ...


class PersonReader(Protocol):
    """The site's person store, read-only."""

    def missing(self, limit: int) -> Sequence[str]:
        """Ids that events or commands refer to and whose row (or tombstone) is not here."""
        ...

    def rows(self, ids: Sequence[str]) -> Sequence[PersonRow]:
        """The rows that are here, in any order."""
        ...
