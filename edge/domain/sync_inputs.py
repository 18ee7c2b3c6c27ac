"""What the link to central asks the heart to write. Each is one input of the loop.

The link decides nothing about the warehouse and writes nothing itself: it hands these values
to the loop, which applies each in one transaction (SYNC.md sections 4, 6 and 12):

    SaveCursor        central holds the journal up to here; a hint for retention, nothing more
    OpenEpoch         journal ``EpochOpened`` and set the site's epoch, unless one at least as
                      high is in force already
    ApplyCommand      if ``position_after`` says that it follows: journal the answer and its
                      effects, and move the command position; otherwise do nothing
    StorePersons      keep each row that ``supersedes`` the one held
    RecordDeadLetter  keep a message that nobody could use, within the store's bounds
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

import msgspec

COMMANDS_START_HASH = bytes(32)

Direction = Literal["up", "down"]


class Epoch(NamedTuple):
    """One life of a log: its number and 64 random bits as hex, so that no two are equal."""

    counter: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    nonce: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16}\Z")]


NO_EPOCH = Epoch(0, "0" * 16)


class CommandPosition(NamedTuple):
    """How far the site followed central's command log; ``hash`` is the chain hash there."""

    epoch: Epoch
    through: int
    hash: bytes


COMMANDS_START = CommandPosition(NO_EPOCH, 0, COMMANDS_START_HASH)


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveCursor:
    """``consumer`` holds the journal through ``seq``, whose hash there is ``hash``."""

    consumer: str
    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenEpoch:
    """Go on from ``base`` as a new history; ``lost`` events of the other one fall off."""

    counter: int
    nonce: str
    base: int
    lost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyCommand:
    """Command ``number`` of central's log; ``data`` is canonical JSON."""

    epoch: Epoch
    number: int
    prev_hash: bytes
    hash: bytes
    id: str
    type: str
    version: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """A person's data, or the tombstone that is left of them.

    ``data`` is canonical JSON and ``salt`` hex text; both are None once ``erased_at``
    (UTC microseconds) is set.
    """

    id: str
    version: int
    salt: str | None
    data: bytes | None
    erased_at: int | None

    def digest(self) -> str | None:
        """Hex SHA-256 over salt and data, as in a reference; None for an erased person."""
        if self.salt is None or self.data is None:
            return None
        return hashlib.sha256(bytes.fromhex(self.salt) + self.data).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class StorePersons:
    """Rows that central sent, in no particular order."""

    rows: tuple[PersonRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDeadLetter:
    """A message that could not be used; ``payload`` is cut and never holds a person's data."""

    direction: Direction
    topic: str
    reason: str
    payload: bytes
    at_us: int


SyncInput = SaveCursor | OpenEpoch | ApplyCommand | StorePersons | RecordDeadLetter


def position_after(position: CommandPosition, command: ApplyCommand) -> CommandPosition | None:
    """The position once ``command`` is applied, or None when it does not follow.

    A higher epoch starts at number 1; within an epoch the number and the hash must both fit.
    """
    if command.epoch.counter > position.epoch.counter and command.number == 1:
        position = CommandPosition(command.epoch, 0, COMMANDS_START_HASH)
    follows = (
        command.epoch == position.epoch
        and command.number == position.through + 1
        and command.prev_hash == position.hash
    )
    return CommandPosition(command.epoch, command.number, command.hash) if follows else None


def supersedes(row: PersonRow, held: PersonRow | None) -> bool:
    """Whether ``row`` replaces ``held``: a tombstone wins over all, then the higher version."""
    if held is None:
        return True
    if held.erased_at is not None:
        return False
    return row.erased_at is not None or row.version > held.version
