"""Requests with keys, as a page or a program sends them: repeated until they are answered.

A request is sent again after a crash and after "nothing was recorded", and now and then though it
was answered already: the answer must be the same. A key that comes with another body is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from edge.clock import ManualClock
from edge.domain.commands import Command, ScanAtStation
from edge.errors import InvalidInput, StoreError
from edge.service.inputs import Ask, Input, Origin, Scan
from edge.service.outcome import Outcome
from tallydock.fuzz.dice import Dice, require
from tallydock.fuzz.promises import Promises
from tallydock.fuzz.site import Site

KEPT_MAX = 40

Then = Callable[[Outcome], None]
Make = Callable[[int], Input]


@dataclass(slots=True, eq=False)
class Request:
    """``make`` gives the input for the moment of sending; ``then`` hears the first answer."""

    make: Make
    then: Then | None
    sent: bool = False
    done: bool = False


@dataclass(slots=True)
class Desk:
    """Everybody who works with pages and programs at the site."""

    site: Site
    promises: Promises
    clock: ManualClock
    dice: Dice
    _open: list[Request] = field(default_factory=list)
    _answered: list[Request] = field(default_factory=list)
    _keys: int = 0

    def ask(self, command: Command, actor: str, then: Then | None = None) -> None:
        """A command with a key of its own."""
        self._keys += 1
        origin = Origin(actor=actor, key=f"k-{self._keys}", digest=b"1")
        self.send(lambda at_us: Ask(at_us=at_us, command=command, origin=origin), then)

    def scan(self, station: str, text: str) -> None:
        """A scan that is typed into the station's page."""
        self._keys += 1
        origin = Origin(actor=None, station=station, key=f"k-{self._keys}", digest=b"1")
        command = ScanAtStation(
            station=station, device=f"page/{station}", connection="", sequence=0, data=text,
            symbology=None,
        )  # fmt: skip
        self.send(
            lambda at_us: Scan(
                at_us=at_us, monotonic_ns=self.clock.monotonic_ns(), command=command, origin=origin
            ),
            None,
        )

    def send(self, make: Make, then: Then | None) -> None:
        """A request that is repeated until it is answered."""
        self._open.append(Request(make, then))

    def carry_on(self, *, calm: bool = False) -> None:
        """Send what was not sent, and sometimes what was, unless ``calm``."""
        for request in self._open:
            if not request.sent or (not calm and self.dice.happens(0.02)):
                self._post(request)
        if self._answered and not calm and self.dice.happens(0.1):
            request = self.dice.pick(self._answered)
            if self.dice.happens(0.7):
                self._post(request)
            else:
                self._misuse(request)

    def site_died(self) -> None:
        """Nobody knows what became of what was sent."""
        for request in self._open:
            request.sent = False

    def site_set_back(self) -> None:
        """A backup was restored: what was answered is no longer promised."""
        self._answered.clear()

    @property
    def idle(self) -> bool:
        """Everything is answered."""
        return not self._open

    def _post(self, request: Request) -> None:
        request.sent = True
        input_ = request.make(self.clock.now_us())
        self.site.post(input_, lambda outcome: self._told(request, outcome))

    def _told(self, request: Request, outcome: Outcome) -> None:
        self.promises.told(outcome)
        if isinstance(outcome.error, StoreError):
            request.sent = False
        elif not request.done:
            request.done = True
            self._open.remove(request)
            if outcome.answer is not None:
                self._answered.append(request)
                del self._answered[:-KEPT_MAX]
            if request.then is not None:
                request.then(outcome)

    def _misuse(self, request: Request) -> None:
        """Another request under a key that was answered."""
        input_ = request.make(self.clock.now_us())
        if not isinstance(input_, Ask):
            return
        origin = Origin(actor=input_.origin.actor, key=input_.origin.key, digest=b"2")
        other = Ask(at_us=input_.at_us, command=input_.command, origin=origin)
        boots = self.site.boots

        def told(outcome: Outcome) -> None:
            error = outcome.error
            if isinstance(error, StoreError) or boots != self.site.boots:
                return
            reused = isinstance(error, InvalidInput) and error.code == "key_reused"
            require(reused, f"key {origin.key} was taken for another request")

        self.site.post(other, told)
