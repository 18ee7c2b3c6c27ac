"""Watching central: its log is the beginning of the site's journal, and nothing is lost (H8).

Reads with a read-only connection of its own. While a restored site has not found out that it was
set back, central may hold what the site does not: then only the orphans are looked after.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from edge.domain.rows import KEYS
from edge.domain.state import key_of
from edge.errors import StoreDamaged
from edge.journal import registry
from edge.journal.chain import ZERO_HASH, StoredEvent
from edge.journal.sql import RowStore
from edge.journal.sqlite import SqliteExecutor, open_reader
from sync.central.audit import reading
from tallydock.fuzz.dice import Violation, require
from tallydock.fuzz.watch import Watch

_CURSOR = (
    "SELECT counter, nonce, through, hash, projected, condition FROM central_cursor WHERE site = ?"
)
_LOG = "SELECT seq, hash FROM central_log WHERE site = ? AND seq > ? ORDER BY seq"
_HASH = "SELECT hash FROM central_log WHERE site = ? AND seq = ?"
_ORPHANS = "SELECT hash FROM central_orphan WHERE site = ?"
_LOST = "SELECT seq, hash, body FROM central_orphan WHERE site = ?"
_GIVEN = "SELECT id FROM central_command WHERE site = ?"


class FarWatch:
    """See the module's docstring.

    ``through`` is central's position at the last look, ``highest`` the highest it ever had.
    """

    def __init__(self, path: Path, site: str) -> None:
        self.site = site
        self.orphans = self.highest = 0
        self.look_at(path)
        self.forget()

    def look_at(self, path: Path) -> None:
        """A new life of central began."""
        self._path = path
        self._connection = open_reader(path)

    def look_away(self) -> None:
        """Close the files."""
        self._connection.close()

    def forget(self) -> None:
        """Central was restored or wiped: what it held before is not promised."""
        self._mirror: list[bytes] = [ZERO_HASH]
        self.through = self.projected = 0
        self.level = False
        self.epoch: tuple[int, str] = (0, "")

    @property
    def connection(self) -> sqlite3.Connection:
        """For other looks at the same files."""
        return self._connection

    # --- after each step --------------------------------------------------------------------

    def look(self, watch: Watch, epoch: tuple[int, str], *, torn: bool) -> None:
        """Read on and compare with the site's journal, whose epoch is ``epoch``."""
        connection = self._connection
        row = connection.execute(_CURSOR, (self.site,)).fetchone()
        if row is None:
            return
        counter, nonce, self.through, end, self.projected, condition = row
        self.epoch, self.level = (counter, nonce), condition == "level"
        self._cut()
        for seq, digest in connection.execute(_LOG, (self.site, len(self._mirror) - 1)):
            require(seq == len(self._mirror), f"central's log lacks seq {len(self._mirror)}")
            self._mirror.append(digest)
        require(len(self._mirror) == self.through + 1, "central's position is not its log's end")
        require(self._mirror[-1] == end, "central's position has another hash than its log")
        self.highest = max(self.highest, self.through)
        if not torn and self.epoch == epoch:
            known = watch.hashes[self.through] if self.through < len(watch.hashes) else None
            require(known == end, f"central's seq {self.through} is not the site's")

    def _cut(self) -> None:
        """What left the log since the last look is named among the orphans."""
        kept = min(len(self._mirror) - 1, self.through)
        while kept and self._hash_at(kept) != self._mirror[kept]:
            kept -= 1
        lost = self._mirror[kept + 1 :]
        if not lost:
            return
        named = {digest for (digest,) in self._connection.execute(_ORPHANS, (self.site,))}
        require(named.issuperset(lost), "an event that central held vanished without a name")
        self.orphans += len(lost)
        del self._mirror[kept + 1 :]

    def _hash_at(self, seq: int) -> bytes | None:
        row = self._connection.execute(_HASH, (self.site, seq)).fetchone()
        return None if row is None else bytes(row[0])

    # --- now and then -----------------------------------------------------------------------

    def check_rows(self, watch: Watch) -> None:
        """Central's projections, if they stand where the watch stands, are the same rows."""
        same = self._mirror[-1] == watch.head.hash and self.projected == watch.head.seq
        if not (self.level and same):
            return
        store = RowStore(SqliteExecutor(self._connection), self.site)
        rows = watch.fold.rows
        for kind in KEYS:
            held = {key_of(row)[1]: row for row in store.load_all(kind)}
            require(held == rows[kind], f"central's {kind.__name__} rows are not the site's")

    def check_all(self) -> None:
        """Central's own ``verify``: log, fold, answers, command log."""
        try:
            with reading(self._path) as audit:
                audit.sites()
                audit.verify(self.site)
        except StoreDamaged as damaged:
            raise Violation(f"central: {damaged}") from damaged

    def check_end(self, watch: Watch) -> None:
        """Central has the whole journal; each command was answered once."""
        require(self.through == watch.head.seq, f"central stands at {self.through}")
        self.check_rows(watch)
        require(self.projected == watch.head.seq, "central's projections are behind")
        self.check_all()
        self._check_numbers(watch)
        given = {str(row[0]) for row in self._connection.execute(_GIVEN, (self.site,))}
        unanswered = given - watch.books.answers.keys()
        require(not unanswered, f"{len(unanswered)} commands had no answer")

    def _check_numbers(self, watch: Watch) -> None:
        """Since the last epoch no number was drawn that an event that fell off bears (H6)."""
        fresh = {
            text for text, seq in watch.books.numbers.items() if seq > watch.books.epoch_seq > 0
        }
        for row in self._connection.execute(_LOST, (self.site,)):
            event = registry.decode(StoredEvent(*row)).event
            borne = {getattr(event, "sscc", None), getattr(event, "number", None)}
            again = sorted(fresh.intersection(borne))
            require(not again, f"{again} were used before, by events that fell off")
