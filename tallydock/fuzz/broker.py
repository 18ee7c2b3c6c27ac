"""A broker at its worst, in memory: it loses, repeats, reorders, delays, and forgets all.

It promises what MQTT promises on its bad days, which is nothing but whole messages. What was
delivered once may come again at any later time, days later included.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sync.ports import Outgoing
from sync.topics import LEAVES, UP, place, topic
from tallydock.fuzz.dice import Dice

NET_MAX = 60
OLD_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """Shares of messages that are lost, doubled and overtaken."""

    loss: float
    repeat: float
    overtake: float


CALM = Weather(loss=0.0, repeat=0.0, overtake=0.02)


class Broker:
    """Messages on their way, in both directions."""

    def __init__(self, site: str, weather: Weather, dice: Dice, count: Counter[str]) -> None:
        self.weather = weather
        self._site, self._dice, self._count = site, dice, count
        self._net: list[Outgoing] = []
        self._old: deque[Outgoing] = deque(maxlen=OLD_MAX)

    @property
    def idle(self) -> bool:
        """Nothing is on its way."""
        return not self._net

    def publish(self, messages: Iterable[Outgoing]) -> None:
        """Take messages; a full broker drops the newest."""
        self._net.extend(messages)
        if len(self._net) > NET_MAX:
            self._count["lost"] += len(self._net) - NET_MAX
            del self._net[NET_MAX:]

    def forget_all(self) -> None:
        """Killed, and its disk wiped."""
        self._net.clear()

    def deliver(self, give: Callable[[Outgoing], None]) -> None:
        """Let one message arrive, or not, or twice."""
        if not self._net:
            return
        index = 0
        if len(self._net) > 1 and self._dice.happens(self.weather.overtake):
            index = self._dice.below(len(self._net))
            self._count["overtaken"] += index > 0
        message = self._net.pop(index)
        luck = self._dice.source.random()
        lost = luck < self.weather.loss
        doubled = not lost and luck < self.weather.loss + self.weather.repeat
        self._count["lost"] += lost
        self._count["doubled"] += doubled
        self._old.append(message)
        if not lost:
            give(message)
        if doubled and self._dice.happens(0.3):
            self.deliver_old(give)

    def deliver_old(self, give: Callable[[Outgoing], None]) -> None:
        """A message of long ago comes (again)."""
        if self._old:
            self._count["late"] += 1
            give(self._dice.pick(self._old))

    def forge(self) -> Outgoing:
        """A message that nobody can use: noise, a torn one, another site's."""
        name = topic(self._site, self._dice.pick(LEAVES))
        if self._old and self._dice.happens(0.5):
            whole = self._dice.pick(self._old)
            return whole._replace(payload=whole.payload[: self._dice.below(len(whole.payload))])
        if self._old and self._dice.happens(0.5):
            other = self._dice.pick(self._old)
            return other._replace(topic=other.topic.replace(self._site, "elsewhere"))
        return Outgoing(name, self._dice.noise(self._dice.between(0, 300)))


def goes_up(message: Outgoing) -> bool:
    """Whether a message is for central."""
    where = place(message.topic)
    return where is not None and where.leaf in UP
