"""Telling a message that came before from a new one; for the dead letters, never for decisions.

Both ends stay right without it: numbers, hashes and sessions decide. A sender's ``sent_at``
grows within a session, so a message without effect that is not newer than what its session
showed already, or that belongs to a session which another has followed, was seen before.
"""

from __future__ import annotations

from collections import OrderedDict

SESSIONS_KEPT = 16


class Repeats:
    """The newest ``sent_at`` of the latest sessions of one sender."""

    def __init__(self) -> None:
        self._newest: OrderedDict[str, int] = OrderedDict()

    def seen(self, session: str, sent_at: int) -> bool:
        """Whether such a message came before; it is remembered from now on."""
        newest = self._newest.get(session)
        if newest is None:
            self._newest[session] = sent_at
            if len(self._newest) > SESSIONS_KEPT:
                self._newest.popitem(last=False)
            return False
        superseded = session != next(reversed(self._newest))
        self._newest[session] = max(newest, sent_at)
        return superseded or sent_at <= newest
