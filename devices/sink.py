"""Where facts go. Putting one waits while there is no room: a scan is never dropped.

While the sink is full, nobody reads the line: the kernel's buffer fills, then the device itself is
held back, or tells its user that the host does not listen.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Protocol

from edge.errors import TallydockError
from edge.facts import Fact


class SinkClosed(TallydockError):
    """The sink takes nothing more; the fact that was being put was not taken."""


class Sink(Protocol):
    """Takes the facts of one or many devices, from their threads."""

    def put(self, fact: Fact) -> None:
        """Take ``fact``, waiting for room as long as it needs; SinkClosed when none will come."""
        ...


class FactQueue:
    """A bounded Sink from which one thread takes facts in the order of their arrival."""

    def __init__(self, facts_max: int) -> None:
        self._facts: deque[Fact] = deque()
        self._facts_max = facts_max
        self._changed = threading.Condition()
        self._closed = False

    def put(self, fact: Fact) -> None:
        """Take ``fact`` when there is room."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(self._facts) < self._facts_max)
            if self._closed:
                raise SinkClosed
            self._facts.append(fact)
            self._changed.notify_all()

    def take(self, wait_s: float) -> Fact | None:
        """The oldest fact; None when none came within ``wait_s``, or after the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or bool(self._facts), wait_s)
            if not self._facts:
                return None
            fact = self._facts.popleft()
            self._changed.notify_all()
            return fact

    def close(self) -> None:
        """Take no more facts and let every waiting thread go; what is in may still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def __len__(self) -> int:
        with self._changed:
            return len(self._facts)
