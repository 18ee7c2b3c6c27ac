"""Ports of the edge's API over plain dictionaries: no store, no loop, no thread."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import msgspec

from api.language import Language
from api.metrics import Family, Sample
from api.ports import (
    AccountChange,
    ApiToken,
    Credential,
    DeadLetterRow,
    DropSession,
    DropSessionsOf,
    DropToken,
    EdgePorts,
    Idempotency,
    LoginSession,
    NewUser,
    Outcome,
    Queries,
    ScanOutcome,
    StockKey,
    StoreCredential,
    StoreSession,
    StoreToken,
    WholeAnswer,
)
from edge.clock import ManualClock
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
    Stock,
    User,
)
from edge.errors import InvalidInput, NotFound
from edge.ids import seeded
from edge.journal.chain import START, Position, StoredEvent, link
from tests.unit.api.samples import NOW_US, VIEW, WALL, reference


class FakeCommands:
    """Answers each command with the next journal position; keeps answers by key."""

    def __init__(self, accounts: FakeAccounts | None = None) -> None:
        self._accounts = accounts or FakeAccounts()
        self.entered: list[tuple[NewUser, str]] = []
        self.submitted: list[tuple[Command, str]] = []
        self.scanned: list[tuple[str, str, str | None, Language]] = []
        self.results: list[Mapping[str, str]] = []
        self.fail: Exception | None = None
        self._kept: dict[str, tuple[bytes, Outcome]] = {}
        self._kept_scans: dict[str, tuple[bytes, ScanOutcome]] = {}
        self._seq = 0

    def _position(self) -> Position:
        self._seq += 1
        return Position(self._seq, self._seq.to_bytes(32, "big"))

    async def submit(self, command: Command, *, actor: str, idempotency: Idempotency) -> Outcome:
        if self.fail is not None:
            raise self.fail
        kept = self._kept.get(idempotency.key or "")
        if kept is not None:
            _check_digest(kept[0], idempotency)
            return kept[1]
        self.submitted.append((command, actor))
        outcome = Outcome((self._position(),), self.results.pop(0) if self.results else {})
        if idempotency.key is not None:
            self._kept[idempotency.key] = (idempotency.digest, outcome)
        return outcome

    async def enter(self, newcomer: NewUser, *, actor: str, idempotency: Idempotency) -> None:
        if self.fail is not None:
            raise self.fail
        kept = self._kept.get(idempotency.key or "")
        if kept is not None:
            _check_digest(kept[0], idempotency)
            return
        await self._accounts.change(StoreCredential(newcomer.credential))
        self.entered.append((newcomer, actor))
        if idempotency.key is not None:
            self._kept[idempotency.key] = (idempotency.digest, Outcome((self._position(),), {}))

    async def scan(
        self,
        station: str,
        *,
        text: str,
        symbology: str | None,
        language: Language,
        idempotency: Idempotency,
    ) -> ScanOutcome:
        if self.fail is not None:
            raise self.fail
        kept = self._kept_scans.get(idempotency.key or "")
        if kept is not None:
            _check_digest(kept[0], idempotency)
            return kept[1]
        self.scanned.append((station, text, symbology, language))
        outcome = ScanOutcome(
            verdict="unknown_code",
            reason="unknown",
            message="未知条码" if language == "zh-CN" else "Unknown code",
            next="-",
            session=msgspec.json.encode(VIEW),
            recorded=self._position(),
        )
        if idempotency.key is not None:
            self._kept_scans[idempotency.key] = (idempotency.digest, outcome)
        return outcome


def _check_digest(kept: bytes, idempotency: Idempotency) -> None:
    if kept != idempotency.digest:
        raise InvalidInput("Idempotency-Key", idempotency.key, "use a new key", "key_reused")


class FakeAccounts:
    def __init__(self) -> None:
        self.by_login: dict[str, Credential] = {}
        self.by_token: dict[bytes, ApiToken] = {}
        self.by_session: dict[bytes, LoginSession] = {}

    def credential(self, login: str) -> Credential | None:
        return self.by_login.get(login)

    def credential_of(self, user: str) -> Credential | None:
        return next((row for row in self.by_login.values() if row.user == user), None)

    def credentials(self) -> Sequence[Credential]:
        return [self.by_login[login] for login in sorted(self.by_login)]

    def token(self, sha256: bytes) -> ApiToken | None:
        return self.by_token.get(sha256)

    def tokens(self) -> Sequence[ApiToken]:
        return list(self.by_token.values())

    def session(self, sha256: bytes) -> LoginSession | None:
        return self.by_session.get(sha256)

    async def change(self, *changes: AccountChange) -> None:
        for change in changes:
            self._apply(change)

    def _apply(self, change: AccountChange) -> None:
        match change:
            case StoreCredential(credential):
                self.by_login[credential.login] = credential
            case StoreToken(token):
                self.by_token[token.sha256] = token
            case DropToken(sha256):
                self.by_token.pop(sha256, None)
            case StoreSession(session):
                self.by_session[session.sha256] = session
            case DropSession(sha256):
                self.by_session.pop(sha256, None)
            case DropSessionsOf(login):
                self.by_session = {
                    mark: row for mark, row in self.by_session.items() if row.login != login
                }


class FakeAnswers:
    def __init__(self) -> None:
        self._kept: dict[str, tuple[bytes, WholeAnswer]] = {}

    async def kept(self, idempotency: Idempotency) -> WholeAnswer | None:
        found = self._kept.get(idempotency.key or "")
        if found is None:
            return None
        _check_digest(found[0], idempotency)
        return found[1]

    async def keep(self, idempotency: Idempotency, answer: WholeAnswer) -> WholeAnswer:
        assert idempotency.key is not None
        return self._kept.setdefault(idempotency.key, (idempotency.digest, answer))[1]


class FakePersons:
    def __init__(self) -> None:
        self.stored: dict[str, PersonDetails] = {}

    async def store(self, persons: Sequence[tuple[str, PersonDetails]]) -> None:
        self.stored.update(persons)


@dataclass
class FakeQueries:
    """Rows in lists; filters as the port's docstrings say."""

    order_rows: list[Order] = field(default_factory=list)
    line_rows: list[OrderLine] = field(default_factory=list)
    fulfilment_rows: list[Fulfilment] = field(default_factory=list)
    fulfilment_line_rows: list[FulfilmentLine] = field(default_factory=list)
    carton_rows: list[Carton] = field(default_factory=list)
    item_rows: list[Item] = field(default_factory=list)
    stock_rows: list[Stock] = field(default_factory=list)
    user_rows: list[User] = field(default_factory=list)
    letter_rows: list[DeadLetterRow] = field(default_factory=list)
    expiry_dates: dict[tuple[str, str], str] = field(default_factory=dict)
    person_ids: set[str] = field(default_factory=set)
    journal: list[StoredEvent] = field(default_factory=list)

    def orders(
        self,
        *,
        status: OrderStatus | None,
        text: str | None,
        after: tuple[int, str] | None,
        limit: int,
    ) -> Sequence[Order]:
        newest_first = sorted(
            self.order_rows, key=lambda row: (row.placed_at, row.number), reverse=True
        )
        return [
            row
            for row in newest_first
            if (status is None or row.status == status)
            and (text is None or text in row.number or text in row.external_id)
            and (after is None or (row.placed_at, row.number) < after)
        ][:limit]

    def order(self, number: str) -> Order | None:
        return next((row for row in self.order_rows if row.number == number), None)

    def order_lines(self, number: str) -> Sequence[OrderLine]:
        return [row for row in self.line_rows if row.order == number]

    def fulfilments(self, order: str) -> Sequence[Fulfilment]:
        return [row for row in self.fulfilment_rows if row.order == order]

    def fulfilment_lines(self, fulfilment: str) -> Sequence[FulfilmentLine]:
        return [row for row in self.fulfilment_line_rows if row.fulfilment == fulfilment]

    def cartons(self, fulfilment: str) -> Sequence[Carton]:
        return [row for row in self.carton_rows if row.fulfilment == fulfilment]

    def items(self, skus: Iterable[str]) -> Mapping[str, Item]:
        wanted = set(skus)
        return {row.sku: row for row in self.item_rows if row.sku in wanted}

    def expiries(self, lots: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
        return {lot: self.expiry_dates[lot] for lot in lots if lot in self.expiry_dates}

    def work(self, station: str, limit: int) -> Sequence[Fulfilment]:
        return [row for row in self.fulfilment_rows if row.station in (None, station)][:limit]

    def history(self, order: str, *, after: int, limit: int) -> Sequence[StoredEvent]:
        del order
        return [row for row in self.journal if row.seq > after][:limit]

    def stock(
        self, *, sku: str | None, location: str | None, after: StockKey | None, limit: int
    ) -> Sequence[Stock]:
        return [
            row
            for row in self.stock_rows
            if (sku is None or row.sku == sku)
            and (location is None or row.location == location)
            and (after is None or (row.location, row.sku, row.lot, row.serial) > after)
        ][:limit]

    def dead_letters(self, limit: int) -> Sequence[DeadLetterRow]:
        return self.letter_rows[:limit]

    def users(self) -> Sequence[User]:
        return self.user_rows

    def person(self, person: str) -> PersonRef | None:
        return reference(person) if person in self.person_ids else None

    def person_name(self, person: str) -> str | None:
        return person if person in self.person_ids else None

    def head(self) -> Position:
        if not self.journal:
            return START
        last = self.journal[-1]
        return Position(last.seq, last.hash)

    def events(self, *, after: int, limit: int, bytes_max: int) -> Sequence[StoredEvent]:
        page: list[StoredEvent] = []
        size = 0
        for row in self.journal:
            if row.seq <= after or len(page) == limit:
                continue
            size += len(row.body)
            if page and size > bytes_max:
                break
            page.append(row)
        return page


class FakeGrowth:
    def __init__(self, queries: FakeQueries) -> None:
        self._queries = queries
        self.grew = asyncio.Event()
        self.waits = 0

    async def beyond(self, seq: int, timeout_s: float) -> bool:
        del timeout_s
        self.waits += 1
        if self._queries.head().seq > seq:
            return True
        await self.grew.wait()
        self.grew.clear()
        return self._queries.head().seq > seq


class FakeViews:
    async def station_view(self, station: str) -> bytes:
        if station != "pack-1":
            raise NotFound("station", station, "one of pack-1")
        return msgspec.json.encode(VIEW)

    async def wall_view(self) -> bytes:
        return msgspec.json.encode(WALL)


class FakeHealth:
    def __init__(self) -> None:
        self.broken: list[str] = []

    def faults(self) -> Sequence[str]:
        return self.broken

    def families(self) -> Sequence[Family]:
        return [Family("tallydock_scans_total", "counter", "Scans.", (Sample(7),))]


@dataclass
class World:
    """All fakes of one application."""

    commands: FakeCommands = field(init=False)
    answers: FakeAnswers = field(default_factory=FakeAnswers)
    persons: FakePersons = field(default_factory=FakePersons)
    accounts: FakeAccounts = field(default_factory=FakeAccounts)
    queries: FakeQueries = field(default_factory=FakeQueries)
    views: FakeViews = field(default_factory=FakeViews)
    health: FakeHealth = field(default_factory=FakeHealth)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW_US))
    growth: FakeGrowth = field(init=False)

    def __post_init__(self) -> None:
        self.growth = FakeGrowth(self.queries)
        self.commands = FakeCommands(self.accounts)

    @contextmanager
    def reads(self) -> Iterator[Queries]:
        yield self.queries

    def ports(self) -> EdgePorts:
        return EdgePorts(
            site="hz1",
            commands=self.commands,
            answers=self.answers,
            persons=self.persons,
            accounts=self.accounts,
            reads=self.reads,
            growth=self.growth,
            views=self.views,
            health=self.health,
            clock=self.clock,
            chance=seeded(1),
        )

    def record(self, *bodies: bytes) -> None:
        """Append events with these bytes to the journal."""
        for body in bodies:
            head = self.queries.head()
            digest = link(head.hash, body)
            self.queries.journal.append(StoredEvent(head.seq + 1, digest, body))
