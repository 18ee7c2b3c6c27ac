"""What outsiders were told, and what must therefore be on disk for good (H1, H2).

An entry is made when somebody hears of an outcome. From then on each event of that outcome must
stand at its place with its hash, after any crash; a restored backup sets the list back to what
it was when the backup was made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from edge.domain.events import OutageRecorded, ScanJudged
from edge.errors import StoreError
from edge.journal.registry import Recorded
from edge.service.inputs import Input, Scan
from edge.service.outcome import Outcome
from tallydock.fuzz.customs import Customs
from tallydock.fuzz.dice import require
from tallydock.fuzz.watch import Watch

Identity = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Promise:
    """Somebody was told that the event at ``seq`` has this hash."""

    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """Somebody was told this answer for this key."""

    key: str
    answer: bytes


class Promises:
    """See the module's docstring."""

    def __init__(self) -> None:
        self.verdicts = 0
        self._refused = 0
        self._told: list[Promise | Kept] = []
        self._answers: dict[str, bytes] = {}
        self._denied: list[Identity] = []
        self._dropped: list[Identity] = []
        self._judged: list[tuple[int, bool, Scan]] = []

    def mark(self) -> int:
        """What was told so far, for ``set_back``."""
        return len(self._told)

    def set_back(self, mark: int) -> None:
        """A backup of that time was restored; what was told since is not kept."""
        del self._told[mark:]
        self._answers = {kept.key: kept.answer for kept in self._told if isinstance(kept, Kept)}
        self._denied.clear()
        self._dropped.clear()
        self._judged.clear()

    # --- telling ----------------------------------------------------------------------------

    def told(self, outcome: Outcome) -> None:
        """Somebody heard of an outcome."""
        input_ = outcome.input
        if isinstance(outcome.error, StoreError):
            require(not outcome.events, "a verdict was given though nothing was recorded")
            self._refused += 1
            self._note(self._denied, input_)
            return
        self._told += [Promise(written.meta.seq, written.hash) for written in outcome.events]
        if isinstance(input_, Scan):
            self._told_scan(outcome, input_)
        if outcome.answer is not None and outcome.error is None:
            self._told_answer(input_, outcome.answer)

    def _told_scan(self, outcome: Outcome, scan: Scan) -> None:
        verdicts = sum(type(written.event).__name__ == "ScanJudged" for written in outcome.events)
        require(outcome.error is None, f"a scan was refused: {outcome.error}")
        if verdicts:
            require(verdicts == 1, "one scan got several verdicts")
            self.verdicts += 1
            seq, event = outcome.events[0].meta.seq, outcome.events[0].event
            is_repeat = isinstance(event, ScanJudged) and event.kind == "repeat"
            self._judged.append((seq, is_repeat, scan))
        elif not outcome.replayed:
            require(outcome.result.get("dropped") == "duplicate", "a scan got no verdict")
            self._note(self._dropped, scan)

    def _told_answer(self, input_: Input, answer: bytes) -> None:
        key = getattr(getattr(input_, "origin", None), "key", None)
        if key is None:
            return
        before = self._answers.setdefault(key, answer)
        require(before == answer, f"{key} was answered {before!r}, then {answer!r}")
        self._told.append(Kept(key, answer))

    @staticmethod
    def _note(identities: list[Identity], input_: Input) -> None:
        if isinstance(input_, Scan) and input_.command.sequence > 0:
            scan = input_.command
            identities.append((scan.device, scan.connection, scan.sequence))

    def site_died(self) -> None:
        """Nobody is left who could record that the disk refused."""
        self._refused = 0

    # --- checking ---------------------------------------------------------------------------

    def check_recent(self, watch: Watch, head_before: int) -> None:
        """After a turn that began with the journal at ``head_before``."""
        scans = watch.books.scans
        for identity in self._dropped:
            require(identity in scans, f"{identity} was dropped as a copy but never judged")
        for identity in self._denied:
            late = scans.get(identity, 0) > head_before
            require(not late, f"{identity} was recorded though its sender was told otherwise")
        for seq, is_repeat, scan in self._judged:
            self._check_repeat(watch.customs, seq, scan, is_repeat=is_repeat)
        self._dropped.clear()
        self._denied.clear()
        self._judged.clear()

    @staticmethod
    def _check_repeat(customs: Customs, seq: int, scan: Scan, *, is_repeat: bool) -> None:
        """A repeat is the same data again, flagged by the device or within the guard time."""
        before = customs.before.get(seq)
        same = before is not None and before.data == scan.command.data
        soon = before is not None and 0 <= scan.at_us - before.at_us < customs.guard_us
        right = same and (scan.command.retransmit or soon)
        require(is_repeat == right, f"seq {seq}: {scan.command.data!r} is a repeat: {is_repeat}")

    def check_outages(self, fresh: Sequence[Recorded]) -> None:
        """An outage is recorded with no fewer refusals than outsiders heard of."""
        for recorded in fresh:
            event = recorded.event
            if isinstance(event, OutageRecorded):
                heard, self._refused = self._refused, 0
                require(event.refused >= heard, f"{heard} were refused, not {event.refused}")

    def check_no_outage(self) -> None:
        """Whatever was refused stands in the journal."""
        require(not self._refused, f"{self._refused} refusals were never recorded")

    def check_all(self, watch: Watch) -> None:
        """Everything that was told is on disk, once."""
        places: dict[int, set[bytes]] = defaultdict(set)
        for entry in self._told:
            if isinstance(entry, Promise):
                places[entry.seq].add(entry.hash)
        for seq, hashes in places.items():
            known = watch.hashes[seq] if seq < len(watch.hashes) else None
            require(hashes == {known}, f"what was told of seq {seq} is not on disk")
