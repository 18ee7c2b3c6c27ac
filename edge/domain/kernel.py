"""How decisions and events are written down: the two registries of the pure core.

    decide(state, command, moment) -> Decision      reads rows, changes nothing
    evolve(state, event, meta)                      changes rows, decides nothing

Each noun's module registers its functions with ``decides`` and ``evolves``; importing
``edge.domain.rules`` brings all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import msgspec

from edge.domain.commands import Command
from edge.domain.events import Event
from edge.domain.settings import Moment
from edge.domain.state import State

C = TypeVar("C", bound=Command)
E = TypeVar("E", bound=Event)


class Meta(msgspec.Struct, frozen=True):
    """What stands around a payload: its place in the journal and who and where."""

    seq: int
    at_us: int
    actor: str | None
    station: str | None
    id: str


class Decision(msgspec.Struct, frozen=True):
    """Events to record, in order, and what the asker is told about them.

    The first event is the cause of the others. ``subject`` of the answer names the thing that
    was made or changed (an order's number); no events means that nothing had to be done.
    """

    events: tuple[Event, ...] = ()
    result: dict[str, str] = {}


_DECIDE: dict[type[Command], Callable[[State, Command, Moment], Decision]] = {}
_EVOLVE: dict[type[Event], Callable[[State, Event, Meta], None]] = {}
_SUBJECT: dict[type[Event], Callable[[Event], str]] = {}


def decides(
    kind: type[C],
) -> Callable[[Callable[[State, C, Moment], Decision]], Callable[[State, C, Moment], Decision]]:
    """Register the decision about commands of ``kind``."""

    def register(
        function: Callable[[State, C, Moment], Decision],
    ) -> Callable[[State, C, Moment], Decision]:
        _DECIDE[kind] = cast("Callable[[State, Command, Moment], Decision]", function)
        return function

    return register


def evolves(
    kind: type[E], subject: Callable[[E], str]
) -> Callable[[Callable[[State, E, Meta], None]], Callable[[State, E, Meta], None]]:
    """Register what an event of ``kind`` changes and which subject it is filed under."""

    def register(function: Callable[[State, E, Meta], None]) -> Callable[[State, E, Meta], None]:
        _EVOLVE[kind] = cast("Callable[[State, Event, Meta], None]", function)
        _SUBJECT[kind] = cast("Callable[[Event], str]", subject)
        return function

    return register


def decide(state: State, command: Command, moment: Moment) -> Decision:
    """What follows from ``command``; raises InvalidInput, Conflict, NotFound, NotPrefetched."""
    return _DECIDE[type(command)](state, command, moment)


def evolve(state: State, event: Event, meta: Meta) -> None:
    """Change the rows that ``event`` changes; raises NotPrefetched."""
    _EVOLVE[type(event)](state, event, meta)


def subject_of(event: Event) -> str:
    """What the event is filed under, such as ``order/SO-20017``."""
    return _SUBJECT[type(event)](event)


def registered() -> tuple[set[type[Command]], set[type[Event]]]:
    """All kinds of commands and events that have rules."""
    return set(_DECIDE), set(_EVOLVE)
