"""Is central's store sound? For each site: its log, the fold of it, the commands, the answers.

Everything is read over a connection that nobody else uses, in one transaction. What is wrong is
``StoreDamaged`` of ``central``, also what the database itself complains of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from sqlalchemy import create_engine, event, select
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from edge.errors import StoreDamaged
from edge.journal.chain import ZERO_HASH, Position, StoredEvent
from edge.journal.sqlite import open_reader
from edge.service.audit import ChainCheck, compare_rows, fold_events
from sync.central.events import answers, erased_in_events
from sync.central.fold_projector import ConnectionExecutor, FoldProjector
from sync.central.ports import Answer, CommandLog, NumberedCommand, SiteCursor
from sync.central.sql_commands import ANSWER
from sync.central.sql_store import SqlTransaction
from sync.command_chain import ChainedCommand, command_hash

CENTRAL = "central"
PAGE = 1000


@contextmanager
def reading(path: Path) -> Iterator[CentralAudit]:
    """An audit of the SQLite store at ``path``: one moment of it, also while it is written to."""
    engine = _read_only(path)
    try:
        with _damage_named():
            connection = engine.connect()
        with connection:
            yield CentralAudit(connection)
    finally:
        engine.dispose()


@contextmanager
def _damage_named() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise StoreDamaged(CENTRAL, None, f"the file is damaged: {error.orig}") from error
    except StoreDamaged as error:
        raise StoreDamaged(CENTRAL, error.seq, error.reason) from error


class CentralAudit:
    """Checks over one connection; all methods raise StoreDamaged."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tables = SqlTransaction(connection, FoldProjector())

    def sites(self) -> list[str]:
        """The sites that central knows. The first call also begins the moment that is read."""
        with _damage_named():
            return list(self._tables.log.sites())

    def hash_at(self, site: str, seq: int) -> bytes | None:
        """Hash of a site's event as central holds it."""
        with _damage_named():
            return self._tables.log.hash_at(site, seq)

    def position(self, site: str) -> Position:
        """How far central holds a site's journal."""
        with _damage_named():
            cursor = self._cursor(site)
            return Position(cursor.through, cursor.hash)

    def verify(self, site: str) -> Position:
        """The end of a site's sound log."""
        with _damage_named():
            cursor = self._cursor(site)
            self._verify_log(site, cursor)
            self._verify_fold(site, cursor)
            self._verify_commands(site)
            return Position(cursor.through, cursor.hash)

    def verify_file(self) -> None:
        """SQLite's own look at pages and indexes."""
        with _damage_named():
            finding = self._connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
        if finding != "ok":
            raise StoreDamaged(CENTRAL, None, f"the file is damaged: {finding}")

    # --- the log -------------------------------------------------------------------------

    def _cursor(self, site: str) -> SiteCursor:
        cursor = self._tables.log.cursor(site)
        if cursor is None:
            raise StoreDamaged(site, None, "no position is kept")
        return cursor

    def _events(self, site: str, through: int) -> Iterator[StoredEvent]:
        """The chain up to ``through``, each entry checked."""
        check = ChainCheck(site)
        while check.head.seq < through:
            page = self._tables.log.read(site, check.head.seq, PAGE)
            if not page:
                raise check.damaged("this row is missing")
            filed = self._tables.log.subjects(site, check.head.seq, PAGE)
            for stored in page[: through - check.head.seq]:
                event, named = check.follow(stored.seq, _blob(stored.hash), _blob(stored.body))
                if filed.get(event.seq) != named:
                    reason = "the subject column differs from the content"
                    raise StoreDamaged(site, event.seq, reason)
                yield event

    def _verify_log(self, site: str, cursor: SiteCursor) -> None:
        """The whole log leads to the position, and its answers are the ones that are kept."""
        found: dict[str, Answer] = {}
        erased: list[str] = []
        head = ZERO_HASH
        for stored in self._events(site, cursor.through):
            head = stored.hash
            erased += erased_in_events([stored])
            for answer in answers([stored]):
                found.setdefault(answer.command, answer)
        if head != cursor.hash:
            raise StoreDamaged(site, cursor.through, "the position has another hash than the log")
        if self._tables.log.read(site, cursor.through, 1):
            raise StoreDamaged(site, cursor.through + 1, "the log goes on behind its position")
        self._compare_answers(site, found)
        self._check_erased(site, erased)

    def _compare_answers(self, site: str, found: dict[str, Answer]) -> None:
        rows = self._connection.execute(select(ANSWER).where(ANSWER.c.site == site)).all()
        kept = {
            row.command: Answer(command=row.command, seq=row.seq, outcome=row.outcome, why=row.why)
            for row in rows
        }
        for command in sorted(found.keys() | kept.keys()):
            if found.get(command) != kept.get(command):
                raise StoreDamaged(site, None, f"the answer to command {command} is another one")

    def _check_erased(self, site: str, persons: Sequence[str]) -> None:
        """Nothing is known of a person whom a site has erased (H11)."""
        for person in persons:
            for row in self._tables.persons.get([person]):
                if row.erased_at is None:
                    raise StoreDamaged(site, None, f"person {person} was erased and is there again")

    # --- the projections -------------------------------------------------------------------

    def _verify_fold(self, site: str, cursor: SiteCursor) -> None:
        """While a rebuild is under way the rows hold something else, and are not looked at."""
        if cursor.condition == "rebuilding":
            return
        if not 0 <= cursor.projected <= cursor.through:
            raise StoreDamaged(site, None, f"the projections stand at {cursor.projected}")
        _, folded = fold_events(site, self._events(site, cursor.projected))
        compare_rows(ConnectionExecutor(self._connection), site, folded)

    # --- the commands ------------------------------------------------------------------------

    def _verify_commands(self, site: str) -> None:
        log = self._tables.commands.log(site)
        if log is None:
            return
        number, previous = 0, ZERO_HASH
        lost = {order.id for order in self._tables.commands.unanswered(site)}
        while page := self._tables.commands.numbered(site, number, PAGE):
            for command in page:
                number += 1
                previous = _follow(site, log, number, previous, command)
                lost.discard(command.order.id)
        if number != log.length or previous != log.hash:
            raise StoreDamaged(site, None, f"the command log ends at {number}, not {log.length}")
        if lost:
            raise StoreDamaged(site, None, f"command {min(lost)} was given and is not in the log")


def _follow(
    site: str, log: CommandLog, number: int, previous: bytes, command: NumberedCommand
) -> bytes:
    """The hash of ``command``, which must be the next one."""
    if command.number != number:
        raise StoreDamaged(site, None, f"command {number} is missing")
    order = command.order
    chained = ChainedCommand(
        site=site,
        epoch=log.epoch,
        number=number,
        id=order.id,
        type=order.type,
        version=order.version,
        data=msgspec.Raw(order.data),
    )
    digest = command_hash(previous, chained)
    if digest != command.hash:
        raise StoreDamaged(site, None, f"command {number}: hash and content do not match")
    return digest


def _blob(value: object) -> bytes | None:
    return value if isinstance(value, bytes) else None


def _read_only(path: Path) -> Engine:
    engine = create_engine("sqlite://", creator=lambda: open_reader(path), poolclass=StaticPool)

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    event.listen(engine, "begin", begin)
    return engine
