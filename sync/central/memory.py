"""The central store in memory: for simulations and tests; behaves as the SQL store does.

A transaction works on copies of the tables that it touches and puts them in place at its end.
The projections are the list of events that were folded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from edge.domain.sync_inputs import Epoch, PersonRow, RecordDeadLetter
from edge.journal.chain import ZERO_HASH, StoredEvent
from sync.central.ports import (
    Adoption,
    Answer,
    CommandLog,
    NumberedCommand,
    Order,
    Orphan,
    SiteCursor,
)

LETTERS_MAX = 1000


@dataclass(slots=True)
class SiteTables:
    """All rows of one site; ``folded`` stands for the projections."""

    cursor: SiteCursor = field(default_factory=SiteCursor)
    log: list[StoredEvent] = field(default_factory=list)
    folded: list[StoredEvent] = field(default_factory=list)
    orphans: list[Orphan] = field(default_factory=list)
    adoptions: list[Adoption] = field(default_factory=list)
    commands: CommandLog | None = None
    orders: list[Order] = field(default_factory=list)
    numbers: list[NumberedCommand] = field(default_factory=list)
    answers: dict[str, Answer] = field(default_factory=dict)
    persons: list[str] = field(default_factory=list)
    erasures: dict[str, str] = field(default_factory=dict)

    def copy(self) -> SiteTables:
        """Rows are immutable, so copies of the containers are enough."""
        return replace(
            self,
            log=self.log.copy(),
            folded=self.folded.copy(),
            orphans=self.orphans.copy(),
            adoptions=self.adoptions.copy(),
            orders=self.orders.copy(),
            numbers=self.numbers.copy(),
            answers=self.answers.copy(),
            persons=self.persons.copy(),
            erasures=self.erasures.copy(),
        )


@dataclass(slots=True)
class Tables:
    """All rows of a central."""

    sites: dict[str, SiteTables] = field(default_factory=dict)
    persons: dict[str, PersonRow] = field(default_factory=dict)
    letters: list[tuple[str, RecordDeadLetter]] = field(default_factory=list)

    def copy(self) -> Tables:
        return Tables(
            {name: tables.copy() for name, tables in self.sites.items()},
            self.persons.copy(),
            self.letters.copy(),
        )


def understands_all(_event: StoredEvent) -> bool:
    return True


class MemoryStore:
    """``understands`` tells which events the projections can fold."""

    def __init__(self, understands: Callable[[StoredEvent], bool] = understands_all) -> None:
        self.tables = Tables()
        self.understands = understands

    @contextmanager
    def transaction(self) -> Iterator[MemoryTransaction]:
        work = self.tables.copy()
        yield MemoryTransaction(work, self.understands)
        self.tables = work


class MemoryTransaction:
    """The four groups of tables over one working copy."""

    def __init__(self, work: Tables, understands: Callable[[StoredEvent], bool]) -> None:
        self.log = MemoryLog(work, understands)
        self.commands = MemoryCommands(work)
        self.persons = MemoryPersons(work)
        self.letters = MemoryLetters(work)


class MemoryLog:
    """``LogTables``."""

    def __init__(self, work: Tables, understands: Callable[[StoredEvent], bool]) -> None:
        self._work, self._understands = work, understands

    def add_site(self, site: str) -> None:
        self._work.sites.setdefault(site, SiteTables())

    def sites(self) -> Sequence[str]:
        return sorted(self._work.sites)

    def cursor(self, site: str) -> SiteCursor | None:
        tables = self._work.sites.get(site)
        return None if tables is None else tables.cursor

    def save_cursor(self, site: str, cursor: SiteCursor) -> None:
        self._work.sites[site].cursor = cursor

    def hash_at(self, site: str, seq: int) -> bytes | None:
        log = self._work.sites[site].log
        if seq == 0:
            return ZERO_HASH
        return log[seq - 1].hash if seq <= len(log) else None

    def append(self, site: str, events: Sequence[StoredEvent]) -> None:
        log = self._work.sites[site].log
        assert events[0].seq == len(log) + 1
        log.extend(events)

    def read(self, site: str, after: int, limit: int) -> Sequence[StoredEvent]:
        return self._work.sites[site].log[after : after + limit]

    def orphan_after(self, site: str, seq: int, epoch: Epoch, at_us: int) -> Sequence[Orphan]:
        tables = self._work.sites[site]
        lost = [
            Orphan(epoch=epoch, seq=event.seq, hash=event.hash, body=event.body, at_us=at_us)
            for event in tables.log[seq:]
        ]
        del tables.log[seq:]
        tables.orphans.extend(lost)
        return lost

    def orphans(self, site: str, limit: int) -> Sequence[Orphan]:
        return self._work.sites[site].orphans[::-1][:limit]

    def record_adoption(self, site: str, adoption: Adoption) -> None:
        self._work.sites[site].adoptions.append(adoption)

    def adoptions(self, site: str, since_us: int) -> Sequence[Adoption]:
        return [row for row in self._work.sites[site].adoptions if row.at_us >= since_us]

    def project(self, site: str, events: Sequence[StoredEvent]) -> int:
        folded = self._work.sites[site].folded
        for event in events:
            if not self._understands(event):
                return event.seq - 1
            assert event.seq == len(folded) + 1
            folded.append(event)
        return events[-1].seq

    def rebuild(self, site: str, upto: int) -> int:
        del self._work.sites[site].folded[upto:]
        return len(self._work.sites[site].folded)


class MemoryCommands:
    """``CommandTables``."""

    def __init__(self, work: Tables) -> None:
        self._work = work

    def log(self, site: str) -> CommandLog | None:
        return self._work.sites[site].commands

    def save_log(self, site: str, log: CommandLog) -> None:
        self._work.sites[site].commands = log

    def add_order(self, site: str, order: Order) -> None:
        self._work.sites[site].orders.append(order)

    def number(self, site: str, commands: Sequence[NumberedCommand]) -> None:
        self._work.sites[site].numbers.extend(commands)

    def clear_numbers(self, site: str) -> None:
        self._work.sites[site].numbers.clear()

    def numbered(self, site: str, after: int, limit: int) -> list[NumberedCommand]:
        return self._work.sites[site].numbers[after : after + limit]

    def hash_at(self, site: str, number: int) -> bytes | None:
        numbers = self._work.sites[site].numbers
        if number == 0:
            return ZERO_HASH
        return numbers[number - 1].hash if number <= len(numbers) else None

    def unanswered(self, site: str) -> list[Order]:
        tables = self._work.sites[site]
        return [order for order in tables.orders if order.id not in tables.answers]

    def record_answers(self, site: str, answers: Sequence[Answer]) -> None:
        known = self._work.sites[site].answers
        for answer in answers:
            known.setdefault(answer.command, answer)

    def forget_answers_after(self, site: str, seq: int) -> None:
        tables = self._work.sites[site]
        tables.answers = {
            command: answer for command, answer in tables.answers.items() if answer.seq <= seq
        }

    def answer(self, site: str, command: str) -> Answer | None:
        return self._work.sites[site].answers.get(command)


class MemoryPersons:
    """``PersonTables``."""

    def __init__(self, work: Tables) -> None:
        self._work = work

    def get(self, ids: Sequence[str]) -> Sequence[PersonRow]:
        return [self._work.persons[id_] for id_ in ids if id_ in self._work.persons]

    def save(self, row: PersonRow) -> None:
        self._work.persons[row.id] = row

    def link(self, site: str, ids: Sequence[str]) -> Sequence[str]:
        known = self._work.sites[site].persons
        fresh = [id_ for id_ in dict.fromkeys(ids) if id_ not in known]
        known.extend(fresh)
        return fresh

    def linked(self, site: str, ids: Sequence[str]) -> Sequence[str]:
        return [id_ for id_ in dict.fromkeys(ids) if id_ in self._work.sites[site].persons]

    def erased(self) -> Sequence[PersonRow]:
        return [row for row in self._work.persons.values() if row.erased_at is not None]

    def sites_of(self, person: str) -> Sequence[str]:
        return sorted(site for site, rows in self._work.sites.items() if person in rows.persons)

    def missing(self, site: str, limit: int) -> Sequence[str]:
        linked = sorted(self._work.sites[site].persons)
        return [id_ for id_ in linked if id_ not in self._work.persons][:limit]

    def note_erasure(self, site: str, person: str, command: str) -> None:
        self._work.sites[site].erasures[person] = command

    def unconfirmed(self) -> Sequence[tuple[str, str]]:
        return sorted(
            (person, site)
            for site, tables in self._work.sites.items()
            for person, command in tables.erasures.items()
            if command not in tables.answers or tables.answers[command].outcome != "accepted"
        )


class MemoryLetters:
    """``DeadLetterTables``."""

    def __init__(self, work: Tables) -> None:
        self._work = work

    def keep(self, site: str, letter: RecordDeadLetter) -> None:
        self._work.letters.append((site, letter))
        del self._work.letters[:-LETTERS_MAX]

    def latest(self, limit: int) -> Sequence[tuple[str, RecordDeadLetter]]:
        return self._work.letters[::-1][:limit]
