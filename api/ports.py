"""What the edge's API needs of the parts around it; ``tallydock.wiring`` fills it in.

The API never decides: a write is a command that is handed to the loop, a read is a short
transaction on a read-only connection. Passwords and tokens lie beside the journal, never in
it, yet their writes too go through the loop, because it owns the only writing connection.

Blocking methods say so; the routes call them from worker threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from api.language import Language
from api.metrics import Family
from edge.clock import Clock
from edge.domain.commands import Command
from edge.domain.events import PersonRef
from edge.domain.person import PersonDetails
from edge.domain.rows import (
    Carton,
    Fulfilment,
    FulfilmentLine,
    Item,
    Order,
    OrderLine,
    OrderStatus,
    Role,
    Stock,
    User,
)
from edge.ids import Chance
from edge.journal.chain import Position, StoredEvent

# --- writes -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Idempotency:
    """``key`` is ``{user}:{key as sent}`` or None; ``digest`` is SHA-256 of the request."""

    key: str | None
    digest: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command led to: the events, in order, and the heart's answer about them.

    ``result`` is ``Decision.result`` of the kernel. A repeated idempotency key gives the
    outcome that was stored with the first one.
    """

    recorded: tuple[Position, ...]
    result: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ScanOutcome:
    """The verdict of one scan, as it was recorded.

    ``message`` and ``next`` are in the language asked for; ``session`` is the JSON of the
    station's view after the scan.
    """

    verdict: str
    reason: str | None
    message: str
    next: str
    session: bytes
    recorded: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A login of a user; ``password_hash`` is Argon2id in PHC form, "" for machines."""

    login: str
    user: str
    password_hash: str
    role: Role
    disabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """A user to be: the badge's text, the name, and the login with its password's hash."""

    badge: str
    name: str
    language: Language
    credential: Credential


class Commands(Protocol):
    """The way to the loop. All raise InvalidInput, Conflict, NotFound, StoreUnavailable.

    An idempotency key that comes with another digest raises InvalidInput with the code
    ``key_reused``.
    """

    async def submit(
        self, command: Command, *, actor: str, idempotency: Idempotency
    ) -> Outcome: ...

    async def scan(
        self,
        station: str,
        *,
        text: str,
        symbology: str | None,
        language: Language,
        idempotency: Idempotency,
    ) -> ScanOutcome:
        """One scan at a station, from the page or a program; NotFound for an unknown one."""
        ...

    async def enter(self, newcomer: NewUser, *, actor: str, idempotency: Idempotency) -> None:
        """Name, event and login in one transaction; Conflict when login or badge is taken."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeAnswer:
    """What went back for a request: status, the ``Location`` header if any, the body's bytes."""

    status: int
    location: str | None
    body: bytes


class Answers(Protocol):
    """Whole answers under the keys of their requests, as long as the heart keeps the keys."""

    async def kept(self, idempotency: Idempotency) -> WholeAnswer | None:
        """The answer that was kept; InvalidInput ``key_reused`` for another request's key."""
        ...

    async def keep(self, idempotency: Idempotency, answer: WholeAnswer) -> WholeAnswer:
        """Keep an answer before it is sent; gives back the first that was kept."""
        ...


class Persons(Protocol):
    """The erasable store; personal data are written here before an event refers to them."""

    async def store(self, persons: Sequence[tuple[str, PersonDetails]]) -> None:
        """Write the next version of each person, all or none.

        InvalidInput names an erased person, ``rows[i].customer`` by its place.
        """
        ...


# --- accounts -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A machine's token. ``expires_at`` is UTC microseconds, None: never."""

    sha256: bytes
    name: str
    user: str
    scopes: tuple[str, ...]
    expires_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginSession:
    """A browser's session; times are UTC microseconds."""

    sha256: bytes
    login: str
    created_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class StoreCredential:
    """Insert or replace a login."""

    credential: Credential


@dataclass(frozen=True, slots=True)
class StoreToken:
    """Insert a token."""

    token: ApiToken


@dataclass(frozen=True, slots=True)
class DropToken:
    """Revoke a token; nothing happens when it is not there."""

    sha256: bytes


@dataclass(frozen=True, slots=True)
class StoreSession:
    """Insert a session, and drop those that expired before its ``created_at``."""

    session: LoginSession


@dataclass(frozen=True, slots=True)
class DropSession:
    """Sign out."""

    sha256: bytes


@dataclass(frozen=True, slots=True)
class DropSessionsOf:
    """End all sessions of a login: password changed, user disabled."""

    login: str


AccountChange = (
    StoreCredential | StoreToken | DropToken | StoreSession | DropSession | DropSessionsOf
)


class Accounts(Protocol):
    """Logins, tokens and sessions. Reads block and may come from any thread."""

    def credential(self, login: str) -> Credential | None: ...

    def credential_of(self, user: str) -> Credential | None: ...

    def credentials(self) -> Sequence[Credential]:
        """All, by login."""
        ...

    def token(self, sha256: bytes) -> ApiToken | None: ...

    def tokens(self) -> Sequence[ApiToken]:
        """All, by name."""
        ...

    def session(self, sha256: bytes) -> LoginSession | None: ...

    async def change(self, *changes: AccountChange) -> None:
        """All of them in one transaction of the loop; raises StoreUnavailable."""
        ...


# --- reads --------------------------------------------------------------------------------

StockKey = tuple[str, str, str, str]
DeadLetterRow = tuple[int, int, str, str, str, bytes]
"""(id, at in UTC microseconds, direction, topic, reason, payload)"""


class OrderQueries(Protocol):
    """Reads about the orders of one site. All block."""

    def order(self, number: str) -> Order | None: ...

    def order_lines(self, number: str) -> Sequence[OrderLine]: ...

    def fulfilments(self, order: str) -> Sequence[Fulfilment]: ...

    def cartons(self, fulfilment: str) -> Sequence[Carton]: ...

    def items(self, skus: Iterable[str]) -> Mapping[str, Item]:
        """The items by SKU; unknown ones are left out."""
        ...

    def expiries(self, lots: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
        """ISO dates by (SKU, lot); lots without a known one are left out."""
        ...


class Queries(OrderQueries, Protocol):
    """Reads of one request on its own read-only connection and snapshot. All block.

    ``after`` is the key of the last row of the page before; ``limit`` rows at most.
    """

    def orders(
        self,
        *,
        status: OrderStatus | None,
        text: str | None,
        after: tuple[int, str] | None,
        limit: int,
    ) -> Sequence[Order]:
        """Newest first, key (placed_at, number); ``text`` is part of number or external id."""
        ...

    def fulfilment_lines(self, fulfilment: str) -> Sequence[FulfilmentLine]: ...

    def work(self, station: str, limit: int) -> Sequence[Fulfilment]:
        """What is open at this station, then what is released and open nowhere, oldest first."""
        ...

    def history(self, order: str, *, after: int, limit: int) -> Sequence[StoredEvent]:
        """Events of the order, its fulfilments and their cartons, oldest first."""
        ...

    def stock(
        self,
        *,
        sku: str | None,
        location: str | None,
        after: StockKey | None,
        limit: int,
    ) -> Sequence[Stock]:
        """By key (location, sku, lot, serial)."""
        ...

    def users(self) -> Sequence[User]: ...

    def dead_letters(self, limit: int) -> Sequence[DeadLetterRow]:
        """The latest messages that could not be used, newest first."""
        ...

    def person(self, person: str) -> PersonRef | None:
        """The reference to a person's present version; None when unknown or erased."""
        ...

    def person_name(self, person: str) -> str | None: ...

    def head(self) -> Position: ...

    def events(self, *, after: int, limit: int, bytes_max: int) -> Sequence[StoredEvent]:
        """Journal rows behind ``after``; at least one if there is one, whatever its size."""
        ...


Reads = Callable[[], AbstractContextManager[Queries]]


class Growth(Protocol):
    """Tells that the journal grew."""

    async def beyond(self, seq: int, timeout_s: float) -> bool:
        """Wait until the head is past ``seq``; False when ``timeout_s`` passed instead."""
        ...


class Views(Protocol):
    """The live pictures that the WebSockets carry, as JSON (docs: station view, wall view)."""

    async def station_view(self, station: str) -> bytes:
        """Raises NotFound for an unknown station."""
        ...

    async def wall_view(self) -> bytes: ...


class Health(Protocol):
    """What stands behind /readyz and /metrics."""

    def faults(self) -> Sequence[str]:
        """Why this process cannot do its work now, as tokens; empty: it is ready."""
        ...

    def families(self) -> Sequence[Family]:
        """The measured values of this moment."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgePorts:
    """All that the edge's application is built from. ``site`` is the site's id."""

    site: str
    commands: Commands
    answers: Answers
    persons: Persons
    accounts: Accounts
    reads: Reads
    growth: Growth
    views: Views
    health: Health
    clock: Clock
    chance: Chance
