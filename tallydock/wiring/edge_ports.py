"""What the edge's API asks for (``api.ports``), given by the heart."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import msgspec

from api.language import Language
from api.ports import (
    AccountChange,
    ApiToken,
    Credential,
    DropSession,
    DropSessionsOf,
    DropToken,
    Idempotency,
    LoginSession,
    Outcome,
    Queries,
    ScanOutcome,
    StoreCredential,
    StoreSession,
    StoreToken,
)
from edge.clock import Clock
from edge.domain.commands import Command
from edge.domain.events import PersonRef
from edge.domain.person import PersonDetails
from edge.domain.rows import Role
from edge.domain.settings import SiteSettings
from edge.journal import queries
from edge.journal.chain import Position
from edge.service.answers import Answer
from edge.service.board import Board
from edge.service.inputs import Ask, Input, Origin, SavePerson, WriteAccess
from edge.service.intake import scan_of_request
from edge.service.outcome import Outcome as Recorded
from edge.service.thread import LoopThread

Change = tuple[str, tuple[str | int | bytes | None, ...]]


@dataclass(frozen=True, slots=True)
class LoopCommands:
    """Commands and scans go through the loop; the answer is what is on disk."""

    thread: LoopThread
    board: Board
    clock: Clock
    settings: SiteSettings
    heart_answer: Callable[[Recorded, Language], bytes]

    async def submit(self, command: Command, *, actor: str, idempotency: Idempotency) -> Outcome:
        """Record what follows from ``command``."""
        origin = Origin(actor=actor, key=idempotency.key, digest=idempotency.digest)
        outcome = await self._send(Ask(at_us=self.clock.now_us(), command=command, origin=origin))
        answer = await self._answer(outcome, "en")
        recorded = tuple(Position(seq, bytes.fromhex(digest)) for seq, digest in answer.recorded)
        return Outcome(recorded, answer.result)

    async def scan(
        self,
        station: str,
        *,
        text: str,
        symbology: str | None,
        language: Language,
        idempotency: Idempotency,
    ) -> ScanOutcome:
        """Judge one scan of a page or a program."""
        origin = Origin(
            actor=None,
            station=station,
            key=idempotency.key,
            digest=idempotency.digest,
            language=language,
        )
        scan = scan_of_request(
            station, text, symbology, origin, self.clock.now_us(), self.clock.monotonic_ns(),
            self.settings,
        )  # fmt: skip
        answer = await self._answer(await self._send(scan), language)
        verdict = answer.verdict
        if verdict is None:
            raise LookupError("a scan of a page always gets a verdict")
        session = await asyncio.wrap_future(self.thread.call(lambda: self.board.station(station)))
        return ScanOutcome(
            verdict=verdict.verdict,
            reason=verdict.reason,
            message=verdict.message,
            next=verdict.next,
            session=session,
            recorded=Position(verdict.seq, bytes.fromhex(verdict.hash)),
        )

    async def _send(self, input_: Input) -> Recorded:
        outcome = await asyncio.wrap_future(
            await asyncio.to_thread(self.thread.submit, input_)
            if self.thread.depth > 512
            else self.thread.submit(input_)
        )
        if outcome.error is not None:
            raise outcome.error
        return outcome

    async def _answer(self, outcome: Recorded, language: Language) -> Answer:
        raw = outcome.answer
        if raw is None:
            raw = await asyncio.wrap_future(
                self.thread.call(lambda: self.heart_answer(outcome, language))
            )
        return msgspec.json.decode(raw, type=Answer)


@dataclass(frozen=True, slots=True)
class LoopPersons:
    """Personal data, written beside the journal."""

    thread: LoopThread
    clock: Clock

    async def store(self, persons: Mapping[str, PersonDetails]) -> Mapping[str, PersonRef]:
        """Write the next version of each person; the references by id."""
        references = {}
        for person, data in persons.items():
            save = SavePerson(at_us=self.clock.now_us(), person=person, data=data)
            outcome = await asyncio.wrap_future(self.thread.submit(save))
            if outcome.error is not None:
                raise outcome.error
            result = outcome.result
            references[person] = PersonRef(
                person=person, version=int(result["version"]), digest=result["digest"]
            )
        return references


@dataclass(frozen=True, slots=True)
class StoreAccounts:
    """Logins, tokens and browser sessions of the edge's store."""

    path: Path
    site: str
    thread: LoopThread
    clock: Clock

    def credential(self, login: str) -> Credential | None:
        """By login."""
        return self._first("login", login)

    def credential_of(self, user: str) -> Credential | None:
        """By user."""
        return self._first("user", user)

    def _first(self, column: str, value: str) -> Credential | None:
        with queries.snapshot(self.path, self.site) as reads:
            return next(map(_credential, reads.credentials(column, value)), None)

    def credentials(self) -> Sequence[Credential]:
        """All, by login."""
        with queries.snapshot(self.path, self.site) as reads:
            return [_credential(row) for row in reads.credentials()]

    def token(self, sha256: bytes) -> ApiToken | None:
        """By hash."""
        with queries.snapshot(self.path, self.site) as reads:
            return next(map(_token, reads.tokens(sha256)), None)

    def tokens(self) -> Sequence[ApiToken]:
        """All, by name."""
        with queries.snapshot(self.path, self.site) as reads:
            return [_token(row) for row in reads.tokens()]

    def session(self, sha256: bytes) -> LoginSession | None:
        """By hash."""
        with queries.snapshot(self.path, self.site) as reads:
            row = reads.browser_session(sha256)
        if row is None:
            return None
        return LoginSession(sha256=row[0], login=row[1], created_at=row[2], expires_at=row[3])

    async def change(self, *changes: AccountChange) -> None:
        """All of them in one unit of the loop."""
        statements = tuple(statement for change in changes for statement in statements_of(change))
        write = WriteAccess(at_us=self.clock.now_us(), changes=statements)
        outcome = await asyncio.wrap_future(self.thread.submit(write))
        if outcome.error is not None:
            raise outcome.error


def _credential(row: queries.Credential) -> Credential:
    login, user, password_hash, role, disabled = row
    return Credential(
        login=login,
        user=user,
        password_hash=password_hash,
        role=cast("Role", role),
        disabled=disabled,
    )


def _token(row: queries.Token) -> ApiToken:
    sha256, name, user, scopes, expires_at = row
    return ApiToken(
        sha256=sha256, name=name, user=user, scopes=tuple(scopes.split()), expires_at=expires_at
    )


def statements_of(change: AccountChange) -> list[Change]:
    """The statements of ``journal.access`` that make a change."""
    match change:
        case StoreCredential(credential=one):
            values = (one.login, one.user, one.password_hash, one.role, int(one.disabled))
            return [("store_credential", values)]
        case StoreToken(token=token):
            scopes = " ".join(token.scopes)
            token_values = (token.sha256, token.name, token.user, scopes, token.expires_at)
            return [("store_token", token_values)]
        case DropToken(sha256=sha256):
            return [("drop_token", (sha256,))]
        case StoreSession(session=session):
            kept = (session.sha256, session.login, session.created_at, session.expires_at)
            return [("drop_expired_sessions", (session.created_at,)), ("store_session", kept)]
        case DropSession(sha256=sha256):
            return [("drop_session", (sha256,))]
        case DropSessionsOf(login=login):
            return [("drop_sessions_of", (login,))]


@dataclass(frozen=True, slots=True)
class StoreReads:
    """Opens the reads of one request."""

    path: Path
    site: str

    @contextmanager
    def __call__(self) -> Iterator[Queries]:
        with queries.snapshot(self.path, self.site) as reads:
            yield reads
