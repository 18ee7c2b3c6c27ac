"""The log's tables in SQL (SQLAlchemy Core on the declared tables; SQLite and PostgreSQL)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.engine import Connection

from edge.domain.sync_inputs import Epoch
from edge.journal.chain import ZERO_HASH, StoredEvent, open_envelope
from sync.central.ports import Adoption, Orphan, Projector, SiteCursor
from sync.central.projecting import project_safely
from sync.central.tables import CentralModel

_tables = CentralModel.metadata.tables
CURSOR, LOG = _tables["central_cursor"], _tables["central_log"]
ORPHAN, ADOPTION = _tables["central_orphan"], _tables["central_adoption"]

_SITES = select(CURSOR.c.site).order_by(CURSOR.c.site)
_CURSOR = select(CURSOR).where(CURSOR.c.site == bindparam("s")).with_for_update()
_ADD = insert(CURSOR)
_SAVE = update(CURSOR).where(CURSOR.c.site == bindparam("s"))
_HASH = select(LOG.c.hash).where(LOG.c.site == bindparam("s"), LOG.c.seq == bindparam("n"))
_APPEND = insert(LOG)
_READ = (
    select(LOG.c.seq, LOG.c.hash, LOG.c.body)
    .where(LOG.c.site == bindparam("s"), LOG.c.seq > bindparam("n"))
    .order_by(LOG.c.seq)
    .limit(bindparam("most"))
)
_SUBJECTS = (
    select(LOG.c.seq, LOG.c.subject)
    .where(LOG.c.site == bindparam("s"), LOG.c.seq > bindparam("n"))
    .order_by(LOG.c.seq)
    .limit(bindparam("most"))
)
_ABOVE = (
    select(LOG.c.seq, LOG.c.hash, LOG.c.body)
    .where(LOG.c.site == bindparam("s"), LOG.c.seq > bindparam("n"))
    .order_by(LOG.c.seq)
)
_CUT = delete(LOG).where(LOG.c.site == bindparam("s"), LOG.c.seq > bindparam("n"))
_ORPHANS = (
    select(ORPHAN)
    .where(ORPHAN.c.site == bindparam("s"))
    .order_by(ORPHAN.c.id.desc())
    .limit(bindparam("most"))
)
_ADOPTIONS = (
    select(ADOPTION)
    .where(ADOPTION.c.site == bindparam("s"), ADOPTION.c.at >= bindparam("since"))
    .order_by(ADOPTION.c.counter)
)


class SqlLog:
    """``LogTables`` over one connection, inside its transaction."""

    def __init__(self, connection: Connection, projector: Projector) -> None:
        self._connection, self._projector = connection, projector

    def add_site(self, site: str) -> None:
        if self.cursor(site) is None:
            values = {"site": site, **_cursor_values(SiteCursor())}
            self._connection.execute(_ADD, values)

    def sites(self) -> Sequence[str]:
        return list(self._connection.execute(_SITES).scalars())

    def cursor(self, site: str) -> SiteCursor | None:
        row = self._connection.execute(_CURSOR, {"s": site}).one_or_none()
        if row is None:
            return None
        return SiteCursor(
            epoch=Epoch(row.counter, row.nonce),
            through=row.through,
            hash=row.hash,
            projected=row.projected,
            condition=row.condition,
            fenced=row.fenced,
            unfenced_at_us=row.unfenced_at,
            head=row.head,
        )

    def save_cursor(self, site: str, cursor: SiteCursor) -> None:
        self._connection.execute(_SAVE.values(**_cursor_values(cursor)), {"s": site})

    def hash_at(self, site: str, seq: int) -> bytes | None:
        if seq == 0:
            return ZERO_HASH
        found: bytes | None = self._connection.execute(_HASH, {"s": site, "n": seq}).scalar()
        return found

    def append(self, site: str, events: Sequence[StoredEvent]) -> None:
        rows = [
            {
                "site": site,
                "seq": event.seq,
                "hash": event.hash,
                "subject": open_envelope(event.body).subject,
                "body": event.body,
            }
            for event in events
        ]
        self._connection.execute(_APPEND, rows)

    def read(self, site: str, after: int, limit: int) -> Sequence[StoredEvent]:
        found = self._connection.execute(_READ, {"s": site, "n": after, "most": limit})
        return [StoredEvent(row.seq, row.hash, row.body) for row in found]

    def subjects(self, site: str, after: int, limit: int) -> dict[int, object]:
        """What the column says that the events behind ``after`` are filed under, by seq."""
        found = self._connection.execute(_SUBJECTS, {"s": site, "n": after, "most": limit})
        return {row.seq: row.subject for row in found}

    def orphan_after(self, site: str, seq: int, epoch: Epoch, at_us: int) -> Sequence[Orphan]:
        found = self._connection.execute(_ABOVE, {"s": site, "n": seq})
        lost = [
            Orphan(epoch=epoch, seq=row.seq, hash=row.hash, body=row.body, at_us=at_us)
            for row in found
        ]
        if lost:
            self._connection.execute(insert(ORPHAN), [_orphan_values(site, row) for row in lost])
            self._connection.execute(_CUT, {"s": site, "n": seq})
        return lost

    def orphans(self, site: str, limit: int) -> Sequence[Orphan]:
        found = self._connection.execute(_ORPHANS, {"s": site, "most": limit})
        return [
            Orphan(
                epoch=Epoch(row.counter, row.nonce),
                seq=row.seq,
                hash=row.hash,
                body=row.body,
                at_us=row.at,
            )
            for row in found
        ]

    def record_adoption(self, site: str, adoption: Adoption) -> None:
        values = {
            "site": site,
            "counter": adoption.epoch.counter,
            "nonce": adoption.epoch.nonce,
            "base": adoption.base,
            "orphans": adoption.orphans,
            "at": adoption.at_us,
        }
        self._connection.execute(insert(ADOPTION), values)

    def adoptions(self, site: str, since_us: int) -> Sequence[Adoption]:
        found = self._connection.execute(_ADOPTIONS, {"s": site, "since": since_us})
        return [
            Adoption(
                epoch=Epoch(row.counter, row.nonce),
                base=row.base,
                orphans=row.orphans,
                at_us=row.at,
            )
            for row in found
        ]

    def project(self, site: str, events: Sequence[StoredEvent]) -> int:
        return project_safely(self._connection, self._projector, site, events)

    def rebuild(self, site: str, upto: int) -> int:
        stands = self._projector.rebuild(self._connection, site, upto)
        assert stands <= upto
        return stands


def _cursor_values(cursor: SiteCursor) -> dict[str, int | str | bytes | bool]:
    values = asdict(cursor)
    counter, nonce = values.pop("epoch")
    unfenced_at = values.pop("unfenced_at_us")
    return {**values, "counter": counter, "nonce": nonce, "unfenced_at": unfenced_at}


def _orphan_values(site: str, orphan: Orphan) -> dict[str, int | str | bytes]:
    return {
        "site": site,
        "counter": orphan.epoch.counter,
        "nonce": orphan.epoch.nonce,
        "seq": orphan.seq,
        "hash": orphan.hash,
        "body": orphan.body,
        "at": orphan.at_us,
    }
