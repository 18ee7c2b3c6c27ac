"""Reads the next batch of the journal and checks that it is still what was once written."""

from __future__ import annotations

from typing import NamedTuple

from edge.journal.chain import Position, StoredEvent, link
from sync.envelope import EVENTS_MAX
from sync.ports import JournalReader

BATCH_BYTES_MAX = 512 * 1024


class Batch(NamedTuple):
    """Sound entries after a position, and the first unsound one's number if one was met."""

    events: list[StoredEvent]
    corrupt_seq: int | None

    @property
    def last(self) -> Position:
        return Position(self.events[-1].seq, self.events[-1].hash)


def next_batch(journal: JournalReader, after: Position) -> Batch:
    """Up to 500 entries and 512 KiB that follow ``after``; empty if the reader sees none yet."""
    sound: list[StoredEvent] = []
    seq, previous = after.seq, after.hash
    for event in journal.read(after.seq, EVENTS_MAX, BATCH_BYTES_MAX):
        seq += 1
        if event.seq != seq or link(previous, event.body) != event.hash:
            return Batch(sound, seq)
        previous = event.hash
        sound.append(event)
    return Batch(sound, None)
