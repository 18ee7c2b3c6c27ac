"""Everything that the loop takes in. Whatever wants to write is one of these.

``at_us`` is the arrival, UTC microseconds; it becomes the events' ``recorded_at``.
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.domain.commands import Command, ScanAtStation
from edge.domain.person import PersonDetails
from edge.domain.rows import Role
from edge.domain.sync_inputs import StorePersons, SyncInput
from edge.text.catalogue import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who asks, from where; ``key`` and ``digest`` make a repeated request harmless.

    ``digest`` is SHA-256 of the request's body, so that another request under the same key is
    refused.
    """

    actor: str | None
    station: str | None = None
    key: str | None = None
    digest: bytes = b""
    language: Language = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A command of a person, a program or a file."""

    at_us: int
    command: Command
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """A scan that is bound to a station. ``monotonic_ns`` is its arrival, for the latency."""

    at_us: int
    monotonic_ns: int
    command: ScanAtStation
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerDue:
    """A persisted timer's time has come."""

    at_us: int
    kind: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SavePerson:
    """A person's data, entered at this site; the loop gives version and salt."""

    at_us: int
    person: str
    data: PersonDetails


@dataclass(frozen=True, slots=True, kw_only=True)
class SavePersons:
    """The data of several persons, each id once (a file of customers): all of them or none."""

    at_us: int
    persons: tuple[tuple[str, PersonDetails], ...]


AccessChange = tuple[str, tuple[str | int | bytes | None, ...]]
"""The name of one of ``journal.access.STATEMENTS`` with its parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteAccess:
    """Changes of logins, tokens or browser sessions, all or none."""

    at_us: int
    changes: tuple[AccessChange, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterUser:
    """A new user: name, event and login in one unit, or nothing of it.

    The name is the person ``user`` in the person store; ``changes`` write the login.
    """

    at_us: int
    user: str
    login: str
    badge: str
    role: Role
    language: str
    data: PersonDetails
    changes: tuple[AccessChange, ...]
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageEnded:
    """The store writes again; ``refused`` inputs got no verdict since ``began_at_us``."""

    at_us: int
    began_at_us: int
    refused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FromLink:
    """What the pump wants written."""

    at_us: int
    intent: SyncInput


Input = (
    Ask
    | Scan
    | TimerDue
    | SavePerson
    | SavePersons
    | WriteAccess
    | EnterUser
    | OutageEnded
    | FromLink
)


def described(input_: Input) -> str:
    """An input as text for the quarantine: without personal data, passwords and tokens."""
    match input_:
        case SavePerson(person=person):
            return f"SavePerson(person={person!r})"
        case SavePersons(persons=persons):
            return f"SavePersons({', '.join(person for person, _ in persons)})"
        case EnterUser(user=user):
            return f"EnterUser(user={user!r})"
        case WriteAccess(changes=changes):
            return f"WriteAccess({', '.join(name for name, _ in changes)})"
        case FromLink(intent=StorePersons(rows=rows)):
            return f"StorePersons({', '.join(row.id for row in rows)})"
    return repr(input_)
