"""What the edge's API asks for (``api.ports``), given by the heart."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec

from api.language import Language
from api.ports import (
    Idempotency,
    NewUser,
    Outcome,
    Queries,
    ScanOutcome,
    StoreCredential,
)
from edge.clock import Clock
from edge.domain.commands import Command
from edge.domain.person import PersonDetails
from edge.domain.settings import SiteSettings
from edge.journal import queries
from edge.journal.chain import Position
from edge.service.answers import Answer
from edge.service.board import Board
from edge.service.inputs import Ask, EnterUser, Input, Origin, SavePersons, WriteAccess
from edge.service.intake import scan_of_request
from edge.service.outcome import Outcome as Recorded
from edge.service.thread import LoopThread
from tallydock.wiring.accounts import Change, statements_of

T = TypeVar("T")


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

        def answering(outcome: Recorded) -> tuple[bytes, bytes]:
            if outcome.error is not None:
                raise outcome.error
            answer = outcome.answer or self.heart_answer(outcome, language)
            return answer, self.board.station(station)

        raw, session = await self._hand_in(partial(self.thread.answer, scan, answering))
        verdict = msgspec.json.decode(raw, type=Answer).verdict
        if verdict is None:
            raise LookupError("a scan of a page always gets a verdict")
        return ScanOutcome(
            verdict=verdict.verdict,
            reason=verdict.reason,
            message=verdict.message,
            next=verdict.next,
            session=session,
            recorded=Position(verdict.seq, bytes.fromhex(verdict.hash)),
        )

    async def enter(self, newcomer: NewUser, *, actor: str, idempotency: Idempotency) -> None:
        """Name, event and login as one input."""
        origin = Origin(actor=actor, key=idempotency.key, digest=idempotency.digest)
        await self._send(entering(newcomer, origin, self.clock.now_us()))

    async def _send(self, input_: Input) -> Recorded:
        outcome = await self._hand_in(partial(self.thread.submit, input_))
        if outcome.error is not None:
            raise outcome.error
        return outcome

    async def _hand_in(self, submit: Callable[[], Future[T]]) -> T:
        """Wait for the loop; on another thread while its queue may be full."""
        crowded = self.thread.depth > 512
        return await asyncio.wrap_future(await asyncio.to_thread(submit) if crowded else submit())

    async def _answer(self, outcome: Recorded, language: Language) -> Answer:
        raw = outcome.answer
        if raw is None:
            raw = await asyncio.wrap_future(
                self.thread.call(lambda: self.heart_answer(outcome, language))
            )
        return msgspec.json.decode(raw, type=Answer)


def entering(newcomer: NewUser, origin: Origin, at_us: int) -> EnterUser:
    """The input that enters a new user."""
    credential = newcomer.credential
    return EnterUser(
        at_us=at_us,
        user=credential.user,
        login=credential.login,
        badge=newcomer.badge,
        role=credential.role,
        language=newcomer.language,
        data=PersonDetails(name=newcomer.name),
        changes=tuple(statements_of(StoreCredential(credential))),
        origin=origin,
    )


@dataclass(frozen=True, slots=True)
class LoopPersons:
    """Personal data, written beside the journal."""

    thread: LoopThread
    clock: Clock

    async def store(self, persons: Sequence[tuple[str, PersonDetails]]) -> None:
        """Write the next version of each person, all or none."""
        save = SavePersons(at_us=self.clock.now_us(), persons=tuple(persons))
        outcome = await asyncio.wrap_future(self.thread.submit(save))
        if outcome.error is not None:
            raise outcome.error


@dataclass(frozen=True, slots=True)
class LoopAccess:
    """Changes of logins and tokens as an input of the loop."""

    thread: LoopThread
    clock: Clock

    async def __call__(self, changes: tuple[Change, ...]) -> None:
        write = WriteAccess(at_us=self.clock.now_us(), changes=changes)
        outcome = await asyncio.wrap_future(self.thread.submit(write))
        if outcome.error is not None:
            raise outcome.error


@dataclass(frozen=True, slots=True)
class StoreReads:
    """Opens the reads of one request."""

    path: Path
    site: str

    @contextmanager
    def __call__(self) -> Iterator[Queries]:
        with queries.snapshot(self.path, self.site) as reads:
            yield reads
