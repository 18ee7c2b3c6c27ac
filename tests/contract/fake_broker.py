"""A broker in memory that does what the exchange may count on, and keeps the same grants.

Deliveries happen at once, on the publisher's thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sync.broker_conf import Grants
from sync.ports import Outgoing


@dataclass
class FakeClient:
    """One connection; ``inbox`` and ``alive`` are what its owner sees."""

    broker: FakeBroker
    client_id: str
    granted: Grants
    subscriptions: Sequence[str]
    will: Outgoing | None
    alive: bool = True
    inbox: list[tuple[str, bytes]] = field(default_factory=list)

    def publish(self, message: Outgoing) -> None:
        if self.alive and any(matches(allowed, message.topic) for allowed in self.granted.publish):
            self.broker.route(message)

    def received(self) -> list[tuple[str, bytes]]:
        return list(self.inbox)

    def is_alive(self) -> bool:
        return self.alive

    def close(self) -> None:
        """A clean goodbye: no will."""
        self.alive = False
        self.broker.clients.pop(self.client_id, None)

    def break_off(self) -> None:
        """The line is cut: the broker speaks the will."""
        self.close()
        if self.will is not None:
            self.alive = True
            self.publish(self.will)
            self.alive = False


class FakeBroker:
    """Users are given by name; nothing outlives ``forget``."""

    def __init__(self, grants: dict[str, Grants], passwords: dict[str, str]) -> None:
        self.clients: dict[str, FakeClient] = {}
        self._grants, self._passwords = grants, passwords
        self._retained: dict[str, bytes] = {}

    def connect(
        self,
        user: str,
        password: str,
        client_id: str,
        subscriptions: Sequence[str] = (),
        will: Outgoing | None = None,
    ) -> FakeClient | None:
        """None when the broker refuses user or subscription."""
        granted = self._grants.get(user)
        if granted is None or self._passwords[user] != password:
            return None
        if not all(name in granted.subscribe for name in subscriptions):
            return None
        older = self.clients.get(client_id)
        if older is not None:
            older.break_off()
        client = FakeClient(self, client_id, granted, subscriptions, will)
        self.clients[client_id] = client
        for topic, payload in self._retained.items():
            self._offer(client, topic, payload)
        return client

    def route(self, message: Outgoing) -> None:
        if message.retain:
            self._retained[message.topic] = message.payload
        for client in list(self.clients.values()):
            self._offer(client, message.topic, message.payload)

    def forget(self) -> None:
        """Killed, and all it knew is gone."""
        self._retained.clear()
        self.clients.clear()

    def _offer(self, client: FakeClient, topic: str, payload: bytes) -> None:
        if any(matches(name, topic) for name in client.subscriptions):
            client.inbox.append((topic, payload))


def matches(pattern: str, topic: str) -> bool:
    """MQTT 3.1.1 section 4.7, for the wildcards that we use."""
    wanted, given = pattern.split("/"), topic.split("/")
    if wanted[-1] == "#":
        return given[: len(wanted) - 1] == wanted[:-1]
    pairs = zip(wanted, given, strict=False)
    return len(wanted) == len(given) and all(a in {"+", b} for a, b in pairs)
