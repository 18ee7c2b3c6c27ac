"""What central's end of the exchange keeps, as ports: one transaction, four groups of tables.

Every message is served in one transaction, and what it leads to is sent after the commit. The
memory store and the SQL store behave alike; one suite runs over both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

from sqlalchemy.engine import Connection

from edge.domain.sync_inputs import NO_EPOCH, Epoch, PersonRow, RecordDeadLetter
from edge.journal.chain import ZERO_HASH, StoredEvent

Condition = Literal["level", "lagging", "rebuilding"]
Outcome = Literal["accepted", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteCursor:
    """The row that is the order of a site; it is locked while a message is served.

    ``through`` and ``hash``: the log's end. ``projected``: the projections' position; while
    ``condition`` is ``rebuilding`` they hold more than that and must be taken back first.
    ``fenced``: no epoch is adopted until a person chose between two writers, who did so last at
    ``unfenced_at_us``. ``head`` is what the site last said of its own journal.
    """

    epoch: Epoch = NO_EPOCH
    through: int = 0
    hash: bytes = ZERO_HASH
    projected: int = 0
    condition: Condition = "level"
    fenced: bool = False
    unfenced_at_us: int = 0
    head: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Orphan:
    """An event that central held and the site's history no longer has."""

    epoch: Epoch
    seq: int
    hash: bytes
    body: bytes
    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """An epoch that central followed: from ``base`` on, ``orphans`` events fell off."""

    epoch: Epoch
    base: int
    orphans: int
    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLog:
    """The state of a site's command log: its epoch, its length, and how far the site came."""

    epoch: Epoch
    length: int = 0
    hash: bytes = ZERO_HASH
    acked: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A command as it was given; ``data`` is canonical JSON."""

    id: str
    type: str
    version: int
    data: bytes
    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedCommand:
    """A command in its place in the present epoch; ``hash`` is the chain's."""

    number: int
    hash: bytes
    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a site's event says about a command."""

    command: str
    seq: int
    outcome: Outcome
    why: str | None


class Projector(Protocol):
    """Folds a site's events to rows, in the transaction of the log (wiring brings the heart's)."""

    def apply(self, connection: Connection, site: str, events: Sequence[StoredEvent]) -> int:
        """Fold consecutive events; the last seq folded.

        Less than the last of ``events`` when a type is not understood yet: what comes before
        it is folded.
        """
        ...

    def rebuild(self, connection: Connection, site: str, upto: int) -> int:
        """Take the site's rows back to a state at or before ``upto``; the seq they now stand at."""
        ...

    def forget(self) -> None:
        """Drop what is remembered of rows: the transaction was rolled back."""
        ...


class LogTables(Protocol):
    """Cursors, the copies of the sites' journals, orphans, epochs, projections."""

    def add_site(self, site: str) -> None:
        """Make a site known; nothing happens if it is."""
        ...

    def sites(self) -> Sequence[str]: ...

    def cursor(self, site: str) -> SiteCursor | None:
        """The site's row, locked until the end of the transaction; None for an unknown site."""
        ...

    def save_cursor(self, site: str, cursor: SiteCursor) -> None: ...

    def hash_at(self, site: str, seq: int) -> bytes | None: ...

    def append(self, site: str, events: Sequence[StoredEvent]) -> None: ...

    def read(self, site: str, after: int, limit: int) -> Sequence[StoredEvent]: ...

    def orphan_after(self, site: str, seq: int, epoch: Epoch, at_us: int) -> Sequence[Orphan]:
        """Move what the log holds above ``seq`` to the orphans."""
        ...

    def orphans(self, site: str, limit: int) -> Sequence[Orphan]:
        """The latest orphans, newest first."""
        ...

    def record_adoption(self, site: str, adoption: Adoption) -> None: ...

    def adoptions(self, site: str, since_us: int) -> Sequence[Adoption]:
        """Epochs adopted at or after ``since_us``, oldest first."""
        ...

    def project(self, site: str, events: Sequence[StoredEvent]) -> int:
        """Fold events; the last seq folded. A failure folds none of them."""
        ...

    def rebuild(self, site: str, upto: int) -> int:
        """Take the projections back; the seq they now stand at."""
        ...


class CommandTables(Protocol):
    """Orders to sites, their numbering in the present epoch, and the answers."""

    def log(self, site: str) -> CommandLog | None: ...

    def save_log(self, site: str, log: CommandLog) -> None: ...

    def add_order(self, site: str, order: Order) -> None: ...

    def number(self, site: str, commands: Sequence[NumberedCommand]) -> None:
        """Append to the present epoch's numbering."""
        ...

    def clear_numbers(self, site: str) -> None: ...

    def numbered(self, site: str, after: int, limit: int) -> list[NumberedCommand]: ...

    def hash_at(self, site: str, number: int) -> bytes | None: ...

    def unanswered(self, site: str) -> list[Order]:
        """Orders that no event of the site's log answers, in the order they were given."""
        ...

    def record_answers(self, site: str, answers: Sequence[Answer]) -> None: ...

    def forget_answers_after(self, site: str, seq: int) -> None: ...

    def answer(self, site: str, command: str) -> Answer | None: ...


class PersonTables(Protocol):
    """Persons, and which site has to do with whom."""

    def get(self, ids: Sequence[str]) -> Sequence[PersonRow]: ...

    def save(self, row: PersonRow) -> None: ...

    def link(self, site: str, ids: Sequence[str]) -> Sequence[str]:
        """Note that ``site`` refers to these persons; those that are new to it."""
        ...

    def linked(self, site: str, ids: Sequence[str]) -> Sequence[str]:
        """Those of ``ids`` whom the site refers to."""
        ...

    def sites_of(self, person: str) -> Sequence[str]: ...

    def erased(self) -> Sequence[PersonRow]:
        """All tombstones."""
        ...

    def missing(self, site: str, limit: int) -> Sequence[str]:
        """Persons whom the site refers to and whose row central lacks."""
        ...

    def note_erasure(self, site: str, person: str, command: str) -> None:
        """``command`` tells ``site`` to erase ``person``."""
        ...

    def unconfirmed(self) -> Sequence[tuple[str, str]]:
        """(person, site) whose erasure no event of the site has accepted yet."""
        ...


class DeadLetterTables(Protocol):
    """What could not be used; bounded, the oldest goes first."""

    def keep(self, site: str, letter: RecordDeadLetter) -> None: ...

    def latest(self, limit: int) -> Sequence[tuple[str, RecordDeadLetter]]: ...


class CentralTransaction(Protocol):
    """One transaction: all of it, or nothing."""

    @property
    def log(self) -> LogTables: ...

    @property
    def commands(self) -> CommandTables: ...

    @property
    def persons(self) -> PersonTables: ...

    @property
    def letters(self) -> DeadLetterTables: ...


class CentralStore(Protocol):
    """Where central keeps everything."""

    def transaction(self) -> AbstractContextManager[CentralTransaction]:
        """Commits at the end of the block, rolls back if it raises."""
        ...


class Once(Protocol):
    """A request that counts once: what it led to is kept in the transaction of its effect."""

    def earlier(self) -> bytes | None:
        """What the same request led to before; InvalidInput when it is another request's key."""
        ...

    def keep(self, answer: bytes) -> None: ...


class Erasures(Protocol):
    """Who was erased, kept apart from the store, so that a backup of it brings nobody back."""

    def entries(self) -> Mapping[str, int]:
        """When each person was erased, UTC microseconds."""
        ...

    def note(self, person: str, at_us: int) -> None:
        """Keep an erasure; it is on disk when this returns."""
        ...
