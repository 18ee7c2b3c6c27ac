"""Collects what one call of a sans-IO object leads to: messages, intents, notices."""

from __future__ import annotations

from edge.domain.sync_inputs import SyncInput
from sync.envelope import Message, encode
from sync.ports import Moment, Notice, Outgoing, Output
from sync.topics import Leaf, topic


class Mail:
    """The out-tray of one end of the exchange."""

    def __init__(self) -> None:
        self._messages: list[Outgoing] = []
        self._intents: list[SyncInput] = []
        self._notices: list[Notice] = []
        self._stamped_us = 0

    def stamp(self, now: Moment) -> int:
        """``sent_at`` for the next message: the wall clock, but each later than the one before."""
        self._stamped_us = max(now.wall_us, self._stamped_us + 1)
        return self._stamped_us

    def send(self, leaf: Leaf, message: Message, *, retain: bool = False) -> int:
        """Queue a message; the size of its payload."""
        payload = encode(message)
        self._messages.append(Outgoing(topic(message.site, leaf), payload, retain))
        return len(payload)

    def intend(self, intent: SyncInput) -> None:
        self._intents.append(intent)

    def tell(self, kind: str, site: str, about: object) -> None:
        self._notices.append(Notice(kind, site, str(about)))

    def drop(self) -> None:
        """Forget what a call queued that failed half-way."""
        self.collect(None)

    def collect(self, wake_at_us: int | None) -> Output:
        """Everything queued since the last time."""
        output = Output(
            tuple(self._messages), tuple(self._intents), tuple(self._notices), wake_at_us
        )
        self._messages, self._intents, self._notices = [], [], []
        return output
