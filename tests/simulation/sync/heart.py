"""The heart as the link sees it, in memory: a journal, an epoch, a command position, persons.

Intents wait in a queue and are written one at a time, as the loop's thread would; a crash loses
those that wait. ``backup`` and ``restore`` take and put back what is on disk.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from edge.domain.sync_inputs import (
    COMMANDS_START,
    ApplyCommand,
    CommandPosition,
    Epoch,
    OpenEpoch,
    PersonRow,
    RecordDeadLetter,
    SaveCursor,
    StorePersons,
    SyncInput,
    position_after,
    supersedes,
)
from edge.ids import Chance, hex_bits
from edge.journal.chain import START, Position, StoredEvent, canonical, link


@dataclass(slots=True)
class Disk:
    """What survives a crash; rows are immutable, so shallow copies are backups."""

    epoch: Epoch
    journal: list[StoredEvent] = field(default_factory=list)
    position: CommandPosition = COMMANDS_START
    answered: set[str] = field(default_factory=set)
    persons: dict[str, PersonRow] = field(default_factory=dict)
    refers_to: list[str] = field(default_factory=list)
    letters: list[RecordDeadLetter] = field(default_factory=list)
    cursor: Position = START

    def copy(self) -> Disk:
        return replace(
            self,
            journal=self.journal.copy(),
            answered=self.answered.copy(),
            persons=self.persons.copy(),
            refers_to=self.refers_to.copy(),
            letters=self.letters.copy(),
        )


class FakeHeart:
    """``JournalReader``, ``SiteState`` and ``PersonReader`` in one, with the writing side."""

    def __init__(self, site: str, chance: Chance) -> None:
        self.site = site
        self.disk = Disk(Epoch(1, hex_bits(64, chance)))
        self.intents: deque[SyncInput] = deque()
        self._serial = 0

    # --- what the pump reads ----------------------------------------------------------------

    def head(self) -> Position:
        journal = self.disk.journal
        return Position(journal[-1].seq, journal[-1].hash) if journal else START

    def hash_at(self, seq: int) -> bytes | None:
        if seq == 0:
            return START.hash
        journal = self.disk.journal
        return journal[seq - 1].hash if seq <= len(journal) else None

    def read(self, after: int, limit: int, max_bytes: int) -> Sequence[StoredEvent]:
        page: list[StoredEvent] = []
        size = 0
        for event in self.disk.journal[after : after + limit]:
            size += len(event.body)
            if page and size > max_bytes:
                break
            page.append(event)
        return page

    def site_epoch(self) -> Epoch:
        return self.disk.epoch

    def command_position(self) -> CommandPosition:
        return self.disk.position

    def missing(self, limit: int) -> Sequence[str]:
        absent = [id_ for id_ in self.disk.refers_to if id_ not in self.disk.persons]
        return absent[:limit]

    def rows(self, ids: Sequence[str]) -> Sequence[PersonRow]:
        return [self.disk.persons[id_] for id_ in ids if id_ in self.disk.persons]

    # --- what the loop writes ---------------------------------------------------------------

    def record(
        self, kind: str, data: dict[str, object], causation: str | None = None
    ) -> StoredEvent:
        """Append one event; its id tells it from all others, also across restores."""
        self._serial += 1
        head = self.head()
        body = canonical(
            {
                "site": self.site,
                "seq": head.seq + 1,
                "id": f"{self.site}-{self._serial}",
                "recorded_at": 1_790_000_000_000_000 + self._serial,
                "type": kind,
                "version": 1,
                "subject": "test/1",
                "actor": None,
                "station": None,
                "causation": causation,
                "data": data,
            }
        )
        event = StoredEvent(head.seq + 1, link(head.hash, body), body)
        self.disk.journal.append(event)
        return event

    def refer(self, person: str) -> None:
        """An event refers to a person."""
        self.record(
            "OrderPlaced",
            {"customer": {"person": person, "version": 1, "digest": "0" * 64}},
        )
        self._note_reference(person)

    def perform_one(self) -> None:
        """Write the intent that waits longest."""
        if self.intents:
            self.perform(self.intents.popleft())

    def perform(self, intent: SyncInput) -> None:
        match intent:
            case SaveCursor():
                self.disk.cursor = Position(intent.seq, intent.hash)
            case OpenEpoch():
                if intent.counter > self.disk.epoch.counter:
                    self.disk.epoch = Epoch(intent.counter, intent.nonce)
                    self.record("EpochOpened", {"base": intent.base, "lost": intent.lost})
            case ApplyCommand():
                self.apply(intent)
            case StorePersons():
                for row in intent.rows:
                    if supersedes(row, self.disk.persons.get(row.id)):
                        self.disk.persons[row.id] = row
            case RecordDeadLetter():
                self.disk.letters.append(intent)

    def apply(self, command: ApplyCommand) -> None:
        """Effect and position in one transaction; a known id has no second effect."""
        after = position_after(self.disk.position, command)
        if after is None:
            return
        if command.id not in self.disk.answered:
            self.take_effect(command)
        self.disk.position = after

    def take_effect(self, command: ApplyCommand) -> None:
        self.disk.answered.add(command.id)
        self.record("CommandAccepted", {"command": command.id}, command.id)
        if command.type == "ErasePerson":
            person = canonical_person(command.data)
            self.disk.persons[person] = PersonRow(
                id=person, version=0, salt=None, data=None, erased_at=1
            )
        elif command.type == "Deliver":
            self._note_reference(canonical_person(command.data))
        self.record("Effect", {"of": command.id})

    def _note_reference(self, person: str) -> None:
        if person not in self.disk.refers_to:
            self.disk.refers_to.append(person)


def canonical_person(data: bytes) -> str:
    """The person that a command of these tests is about."""
    import msgspec

    value = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    raw = value["person"] if "person" in value else value["customer"]
    if bytes(raw).startswith(b"{"):
        raw = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])["person"]
    return msgspec.json.decode(raw, type=str)
