"""How many batches a site may have on its way, by what waits at central already."""

from __future__ import annotations

CREDIT_FULL = 8
QUEUE_EASY = 64
QUEUE_FULL = 512


def credit_for(waiting: int) -> int:
    """8 while few messages wait, down to 1, then 0: a pause (hello is answered all the same)."""
    if waiting <= QUEUE_EASY:
        return CREDIT_FULL
    if waiting >= QUEUE_FULL:
        return 0
    room = QUEUE_FULL - waiting
    return max(1, CREDIT_FULL * room // (QUEUE_FULL - QUEUE_EASY))
