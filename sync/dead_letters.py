"""Messages that nobody could use: all are counted, some are kept, none keeps a person's data.

A flood must not become a flood of writes, so at most ``KEPT_BURST`` are kept at once and one
more each ``KEPT_EVERY_US``; the counts go on. A payload that carries person rows, or that
might (a zlib stream that cannot be read), is kept as its length and digest only, since
erasing a person must leave no trace (H11).
"""

from __future__ import annotations

import hashlib
from collections import Counter

from edge.domain.sync_inputs import Direction, RecordDeadLetter
from sync.envelope import BadMessage, inflate
from sync.ports import SECOND, Moment

PAYLOAD_BYTES_KEPT = 16 * 1024
KEPT_BURST = 50
KEPT_EVERY_US = 6 * SECOND

_PERSONAL = (b'"persons"', b'"salt"')


class DeadLetters:
    """Counts by reason, and the letters that are worth a row."""

    def __init__(self, direction: Direction) -> None:
        self.counts: Counter[str] = Counter()
        self._direction: Direction = direction
        self._allowance = KEPT_BURST
        self._refilled_us: int | None = None

    def total(self) -> int:
        return self.counts.total()

    def take(self, topic: str, reason: str, payload: bytes, now: Moment) -> RecordDeadLetter | None:
        """Count a message; the letter to keep, or None when too many came lately."""
        self.counts[reason] += 1
        if not self._allowed(now):
            return None
        return RecordDeadLetter(
            direction=self._direction,
            topic=topic[:256],
            reason=reason,
            payload=keepable(payload),
            at_us=now.wall_us,
        )

    def _allowed(self, now: Moment) -> bool:
        since = now.steady_us if self._refilled_us is None else self._refilled_us
        refill = (now.steady_us - since) // KEPT_EVERY_US
        self._allowance = min(KEPT_BURST, self._allowance + refill)
        self._refilled_us = since + refill * KEPT_EVERY_US
        if self._allowance == 0:
            return False
        self._allowance -= 1
        return True


def keepable(payload: bytes) -> bytes:
    """What may be kept of ``payload``: its beginning, or only its length and digest."""
    try:
        text = inflate(payload)
    except BadMessage:
        text = payload
        readable = payload[:1] == b"{"
    else:
        readable = True
    if not readable or any(mark in text for mark in _PERSONAL):
        return f"{len(payload)} bytes, sha256 {hashlib.sha256(payload).hexdigest()}".encode()
    return text[:PAYLOAD_BYTES_KEPT]
