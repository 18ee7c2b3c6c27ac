"""A journal that is seen to grow: only what lies below an end that the bench moves."""

from __future__ import annotations

from collections.abc import Sequence

from edge.journal.chain import START, Position, StoredEvent
from edge.journal.reader import JournalReader


class Growing:
    """``sync.ports.JournalReader`` over a whole journal of which a part is shown."""

    def __init__(self, whole: JournalReader) -> None:
        self._whole = whole
        self._end = START

    def grow(self, seq: int) -> Position:
        """Show everything up to ``seq``; the new head."""
        digest = self._whole.hash_at(seq)
        if digest is None:
            raise ValueError(f"the journal has no event {seq}")
        self._end = Position(seq, digest)
        return self._end

    def head(self) -> Position:
        """The last event that is shown."""
        return self._end

    def hash_at(self, seq: int) -> bytes | None:
        """As of the whole journal, but None above the end."""
        return self._whole.hash_at(seq) if seq <= self._end.seq else None

    def read(self, after: int, limit: int, max_bytes: int) -> Sequence[StoredEvent]:
        """Events after ``after`` that are shown."""
        left = max(0, self._end.seq - after)
        return self._whole.read(after, min(limit, left), max_bytes) if left else []
