"""Verifying all stores of a folder, and each site against central's copy of it (H7, H8).

Each store is looked at on its own: a damaged one does not keep the others from being verified.
Central is read first and its moment held, so that a site that goes on working is ahead of
central, never behind it; a site that is behind has lost its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edge.errors import StoreDamaged
from edge.journal.chain import ZERO_HASH, Position
from edge.journal.reader import JournalReader
from edge.service.audit import damage_named, verify_store
from sync.central.audit import CentralAudit, reading
from tallydock.stores import CENTRAL, central_path, edge_paths

State = Literal["ok", "behind", "differs", "cut_off", "damaged"]

_CODES: dict[State, int] = {"ok": 0, "behind": 0, "differs": 1, "cut_off": 1, "damaged": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found about one store. ``site`` is whose journal it is about, if about one.

    ``seq`` and ``head`` (64 hex digits): the end of a sound log; else ``seq`` is where the fault
    is, if it has a place in a log.
    """

    store: str
    site: str | None
    state: State
    seq: int | None = None
    head: str | None = None
    reason: str | None = None

    @property
    def code(self) -> int:
        """The exit code that this finding alone leads to."""
        return _CODES[self.state]

    @property
    def text(self) -> str:
        """``hz1: ok seq 812 head 9f..`` or ``hz1: seq 17: hash and content do not match``."""
        about = f" ({self.site})" if self.store == CENTRAL and self.site is not None else ""
        if self.state == "ok":
            return f"{self.store}: ok seq {self.seq} head {self.head}{about}"
        place = f"seq {self.seq}: " if self.seq is not None else ""
        return f"{self.store}: {place}{self.reason}{about}"


def verify_all(data: Path) -> Iterator[Finding]:
    """Findings about every store under ``data``, as they come; none when there is no store."""
    sites, central = edge_paths(data), central_path(data)
    if not central.exists():
        yield from _verify_edges(sites)
        return
    with ExitStack() as stack:
        try:
            audit = stack.enter_context(reading(central))
            known = audit.sites()
        except StoreDamaged as error:
            yield from _verify_edges(sites)
            yield _damaged(CENTRAL, None, error)
            return
        yield from _verify_edges(sites)
        if not known:
            yield Finding(store=CENTRAL, site=None, state="ok", seq=0, head=ZERO_HASH.hex())
        for site in known:
            yield _verify_copy(audit, site)
            yield from _compare(audit, site, sites.get(site))
        yield from _verify_file(audit)


def _verify_edges(sites: dict[str, Path]) -> Iterator[Finding]:
    for site, path in sites.items():
        try:
            yield _sound(site, site, verify_store(path, site))
        except StoreDamaged as error:
            yield _damaged(site, site, error)


def _verify_copy(audit: CentralAudit, site: str) -> Finding:
    try:
        return _sound(CENTRAL, site, audit.verify(site))
    except StoreDamaged as error:
        return _damaged(CENTRAL, site, error)


def _verify_file(audit: CentralAudit) -> Iterator[Finding]:
    try:
        audit.verify_file()
    except StoreDamaged as error:
        yield _damaged(CENTRAL, None, error)


def _sound(store: str, site: str, head: Position) -> Finding:
    return Finding(store=store, site=site, state="ok", seq=head.seq, head=head.hash.hex())


def _damaged(store: str, site: str | None, error: StoreDamaged) -> Finding:
    return Finding(store=store, site=site, state="damaged", seq=error.seq, reason=error.reason)


# --- site against central -----------------------------------------------------------------


def _compare(audit: CentralAudit, site: str, path: Path | None) -> Iterator[Finding]:
    """How central's copy and the site's journal differ; what cannot be read was named before."""
    if path is None:
        return
    try:
        with damage_named(site), closing(JournalReader.open(path)) as journal:
            yield from _differences(audit, site, journal)
    except StoreDamaged:
        return


def _differences(audit: CentralAudit, site: str, journal: JournalReader) -> Iterator[Finding]:
    head, held = journal.head(), audit.position(site)
    common = min(head.seq, held.seq)
    if journal.hash_at(common) != audit.hash_at(site, common):
        seq = _first_difference(audit, site, journal, common)
        reason = f"another hash than {site} holds"
        yield Finding(store=CENTRAL, site=site, state="differs", seq=seq, reason=reason)
    elif held.seq > head.seq:
        reason = f"cut off after seq {head.seq}; central holds {held.seq}"
        yield Finding(store=site, site=site, state="cut_off", reason=reason)
    elif held.seq < head.seq:
        reason = f"behind by {head.seq - held.seq}"
        yield Finding(store=CENTRAL, site=site, state="behind", reason=reason)


def _first_difference(audit: CentralAudit, site: str, journal: JournalReader, seq: int) -> int:
    """By halves: since hashes chain, what is equal at one place is equal before it."""
    equal, other = 0, seq
    while other - equal > 1:
        middle = (equal + other) // 2
        if journal.hash_at(middle) == audit.hash_at(site, middle):
            equal = middle
        else:
            other = middle
    return other
