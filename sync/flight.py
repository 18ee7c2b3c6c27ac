"""What is on its way to central: acknowledged through, sent through, and the window between.

Pure bookkeeping. The window is bounded by central's credit, by ``WINDOW_BATCHES`` and by
``WINDOW_BYTES``; going back means to forget what was sent since the last acknowledgement.
"""

from __future__ import annotations

from collections import deque

from edge.journal.chain import START, Position

WINDOW_BATCHES = 8
WINDOW_BYTES = 2 * 1024 * 1024


class Flight:
    """Positions are of the site's own journal: each hash was checked against it."""

    def __init__(self) -> None:
        self.acked: Position = START
        self.sent: Position = START
        self.credit = 0
        self._batches: deque[tuple[Position, int]] = deque()
        self._bytes = 0

    def start(self, at: Position, credit: int) -> None:
        """Central stands ``at`` a position, which may lie behind our memory or before it."""
        self.acked = at
        self.credit = credit
        self.go_back()

    def go_back(self) -> None:
        """Send again from the last acknowledgement on."""
        self.sent = self.acked
        self._batches.clear()
        self._bytes = 0

    def is_open(self) -> bool:
        """Whether another batch may be sent now."""
        return len(self._batches) < min(self.credit, WINDOW_BATCHES) and self._bytes < WINDOW_BYTES

    def is_empty(self) -> bool:
        return not self._batches

    def add(self, last: Position, size: int) -> None:
        """A batch of ``size`` bytes that ends at ``last`` was sent."""
        assert last.seq > self.sent.seq
        self._batches.append((last, size))
        self._bytes += size
        self.sent = last

    def hash_at(self, seq: int) -> bytes | None:
        """Hash at ``seq`` if it is one of the ends kept here; saves a read of the journal."""
        ends = (self.acked, *(last for last, _ in self._batches))
        return next((end.hash for end in ends if end.seq == seq), None)

    def acknowledge(self, through: Position) -> bool:
        """Central has everything up to ``through``; True when that is news."""
        if through.seq <= self.acked.seq:
            return False
        self.acked = through
        while self._batches and self._batches[0][0].seq <= through.seq:
            self._bytes -= self._batches.popleft()[1]
        if through.seq > self.sent.seq:
            self.sent = through
        return True
