"""Central's copy of a site's journal: how ``hello`` and ``events`` change it (SYNC.md section 5).

Pure decisions over one transaction. The rules, in the order in which they are applied:

    hello    where do the two logs part? A higher epoch whose ancestor is known is adopted: what
             central held above the ancestor becomes orphans, named one by one.
    events   another epoch -> ``hello``; a hole -> ``gap``, nothing is stored or buffered; an
             overlap or a predecessor with another hash -> ``hello``; a wrong entry ->
             ``refused``; else the rest is appended, folded, and acknowledged once it is committed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import msgspec

from edge.journal.chain import EVENT_BYTES_MAX, StoredEvent, link, open_envelope
from sync.central.ports import Adoption, CentralTransaction, SiteCursor
from sync.envelope import Events, Hello
from sync.ports import MINUTE, Moment

FENCE_ADOPTIONS_MAX = 3
FENCE_WINDOW_US = 10 * MINUTE

Status = Literal["ok", "gap", "hello", "refused"]


@dataclass(frozen=True, slots=True)
class Meeting:
    """Where a hello's points and our log part: equal at ``lo``, not known to be at ``hi``."""

    lo: int
    hi: int


@dataclass(frozen=True, slots=True)
class Taken:
    """The verdict on a batch; ``seq`` and ``why`` are set when it is ``refused``."""

    status: Status
    cursor: SiteCursor
    fresh: Sequence[StoredEvent] = ()
    seq: int | None = None
    why: str | None = None


class Refusal(Exception):
    """An entry is not what its place in the chain demands."""

    def __init__(self, seq: int, why: str) -> None:
        super().__init__(f"seq {seq}: {why}")
        self.seq, self.why = seq, why


def meet(tx: CentralTransaction, site: str, cursor: SiteCursor, hello: Hello) -> Meeting:
    """The highest point of ``hello`` that equals our log, and the next one above."""
    equal = (
        seq
        for seq, value in hello.points
        if seq <= cursor.through and tx.log.hash_at(site, seq) == bytes.fromhex(value)
    )
    lo = max(equal, default=0)
    if lo == cursor.through:
        return Meeting(lo, lo + 1)
    return Meeting(lo, min((seq for seq, _ in hello.points if seq > lo), default=lo + 1))


def may_adopt(cursor: SiteCursor, hello: Hello, meeting: Meeting) -> bool:
    """Whether the hello's epoch replaces ours, once the ancestor is known exactly."""
    higher = hello.epoch.counter > cursor.epoch.counter
    return higher and meeting.hi - meeting.lo <= 1


def climbs_too_fast(tx: CentralTransaction, site: str, cursor: SiteCursor, now: Moment) -> bool:
    """Two writers answer each other with ever new epochs: more than three in ten minutes.

    The first epoch that central ever follows counts for nothing, so a wiped central does not
    fence its sites.
    """
    if cursor.epoch.counter == 0:
        return False
    since_us = max(now.wall_us - FENCE_WINDOW_US, cursor.unfenced_at_us)
    return len(tx.log.adoptions(site, since_us)) >= FENCE_ADOPTIONS_MAX


def adopt(
    tx: CentralTransaction, site: str, cursor: SiteCursor, hello: Hello, lo: int, now: Moment
) -> SiteCursor:
    """Follow the hello's epoch from ``lo`` on; the rest of our log becomes orphans."""
    lost = tx.log.orphan_after(site, lo, cursor.epoch, now.wall_us)
    tx.commands.forget_answers_after(site, lo)
    known_hash = tx.log.hash_at(site, lo)
    assert known_hash is not None
    if cursor.epoch.counter > 0:
        adoption = Adoption(epoch=hello.epoch, base=lo, orphans=len(lost), at_us=now.wall_us)
        tx.log.record_adoption(site, adoption)
    moved = replace(cursor, epoch=hello.epoch, through=lo, hash=known_hash)
    if cursor.projected > lo:
        moved = replace(moved, projected=lo, condition="rebuilding")
    tx.log.save_cursor(site, moved)
    return moved


def take(tx: CentralTransaction, site: str, cursor: SiteCursor, batch: Events) -> Taken:
    """Append what is new in ``batch`` and fold it if the projections are level."""
    if batch.epoch != cursor.epoch:
        return Taken("hello", cursor)
    if batch.first_seq > cursor.through + 1:
        return Taken("gap", cursor)
    try:
        events = chain_up(site, batch)
    except Refusal as refusal:
        return Taken("refused", cursor, seq=refusal.seq, why=refusal.why)
    if not _overlap_fits(tx, site, cursor, batch, events):
        return Taken("hello", cursor)
    if events and events[-1].hash.hex() != batch.last_hash:
        return Taken("refused", cursor, seq=cursor.through + 1, why="the chain does not end so")
    fresh = events[cursor.through + 1 - batch.first_seq :]
    return Taken("ok", store(tx, site, cursor, fresh) if fresh else cursor, fresh)


def chain_up(site: str, batch: Events) -> list[StoredEvent]:
    """The batch with its hashes, made anew from the bytes that came; Refusal on a wrong entry."""
    events: list[StoredEvent] = []
    previous = bytes.fromhex(batch.prev_hash)
    for seq, raw in enumerate(batch.events, batch.first_seq):
        body = bytes(raw)
        _check_entry(site, seq, body)
        previous = link(previous, body)
        events.append(StoredEvent(seq, previous, body))
    return events


def store(
    tx: CentralTransaction, site: str, cursor: SiteCursor, fresh: Sequence[StoredEvent]
) -> SiteCursor:
    """Append, fold, move: one transaction with whatever else the message led to."""
    tx.log.append(site, fresh)
    last = fresh[-1]
    moved = replace(cursor, through=last.seq, hash=last.hash)
    if cursor.condition == "level":
        projected = tx.log.project(site, fresh)
        level = projected == last.seq
        moved = replace(moved, projected=projected, condition="level" if level else "lagging")
    tx.log.save_cursor(site, moved)
    return moved


def _check_entry(site: str, seq: int, body: bytes) -> None:
    if len(body) > EVENT_BYTES_MAX:
        raise Refusal(seq, "larger than 256 KiB")
    try:
        envelope = open_envelope(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(seq, f"no event: {error}"[:200]) from error
    if envelope.site != site:
        raise Refusal(seq, "another site's event")
    if envelope.seq != seq:
        raise Refusal(seq, f"says that it is {envelope.seq}")


def _overlap_fits(
    tx: CentralTransaction,
    site: str,
    cursor: SiteCursor,
    batch: Events,
    events: Sequence[StoredEvent],
) -> bool:
    """Since hashes chain, equal hashes at both ends of the overlap mean equal entries."""
    before = tx.log.hash_at(site, batch.first_seq - 1)
    if before is None or before.hex() != batch.prev_hash:
        return False
    overlap = min(cursor.through, batch.first_seq - 1 + len(events)) - (batch.first_seq - 1)
    if overlap <= 0:
        return True
    last = events[overlap - 1]
    return tx.log.hash_at(site, last.seq) == last.hash
