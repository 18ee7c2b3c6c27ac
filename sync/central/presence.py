"""What central knows of its sites only while it runs: lights on a page, never a decision.

A state message is believed only from the connection that was born last, so that the death of
an old connection, arriving late, does not darken a new one (SYNC.md section 7).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from sync.envelope import State
from sync.ports import MINUTE, SECOND, Moment
from sync.repeats import Repeats

SKEW_WINDOW_MINUTES = 10
SKEW_ALERT_US = 30 * SECOND
PARK_AFTER_US = 3 * MINUTE


class Skew:
    """The least (received - sent) of the last ten minutes: clock difference plus the best way."""

    def __init__(self) -> None:
        self._minima: deque[tuple[int, int]] = deque(maxlen=SKEW_WINDOW_MINUTES)

    def add(self, difference_us: int, now: Moment) -> None:
        minute = now.steady_us // MINUTE
        if self._minima and self._minima[-1][0] == minute:
            difference_us = min(difference_us, self._minima.pop()[1])
        self._minima.append((minute, difference_us))

    def us(self, now: Moment) -> int | None:
        """None before anything was heard."""
        oldest = now.steady_us // MINUTE - SKEW_WINDOW_MINUTES
        return min((value for minute, value in self._minima if minute > oldest), default=None)


@dataclass(slots=True)
class Presence:
    """One site; ``heard_us`` is steady, ``heard_wall_us`` is for people.

    ``session`` is that of the last hello.
    """

    online: bool = False
    connection: str = ""
    session: str = ""
    heard_us: int | None = None
    heard_wall_us: int | None = None
    app: str = ""
    refusals: int = 0
    skew_told: bool = False
    skew: Skew = field(default_factory=Skew)
    repeats: Repeats = field(default_factory=Repeats)

    def hear(self, sent_at_us: int, now: Moment) -> None:
        """A hello or events message came."""
        self.heard_us, self.heard_wall_us = now.steady_us, now.wall_us
        self.skew.add(now.wall_us - sent_at_us, now)

    def greets_anew(self, session: str) -> bool:
        """Whether a hello begins a session: what was sent before it may be lost."""
        anew = session != self.session
        self.session = session
        return anew

    def state(self, message: State) -> None:
        """A birth, or the will of a connection."""
        if message.online:
            self.online, self.connection = True, message.connection
        elif message.connection == self.connection:
            self.online = False

    def is_parked(self, now: Moment) -> bool:
        """Whether repeating anything to this site is a waste: it greets each minute if it lives."""
        return self.heard_us is None or now.steady_us - self.heard_us > PARK_AFTER_US

    def skew_alert(self, now: Moment) -> int | None:
        """The skew, once, when it passes 30 s; it may be told again after it was fine."""
        skew_us = self.skew.us(now)
        too_much = skew_us is not None and abs(skew_us) > SKEW_ALERT_US
        news = too_much and not self.skew_told
        self.skew_told = too_much
        return skew_us if news else None
