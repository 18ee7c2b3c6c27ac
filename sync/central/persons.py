"""Central's part of the person store: rows by need, and the erasure that it owns (section 12).

Rows travel only to sites that refer to the person, and are taken only from such sites. To
erase is to write a tombstone, to tell every such site with a numbered command, and to list
the sites whose event has not confirmed it yet; a site that first refers to an erased person later
is told then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from edge.domain.sync_inputs import Epoch, PersonRow, supersedes
from edge.errors import Conflict
from edge.ids import Chance, hex_bits
from edge.journal.chain import StoredEvent, canonical
from sync.backoff import Backoff
from sync.central.commands import CommandDesk, SiteTimer
from sync.central.events import erased_in_events, persons_in, persons_in_events
from sync.central.ports import CentralTransaction
from sync.envelope import PERSONS_MAX, Need, Persons
from sync.mail import Mail
from sync.ports import SECOND, Moment
from sync.timers import Timers
from sync.wire_persons import from_wire, pages

ERASE = "ErasePerson"
SALT_BITS = 256
NEED_WAIT_US = (5 * SECOND, 60 * SECOND)
NEED_LOOK_US = 1 * SECOND


class PersonDesk:
    """Keeps rows, answers and asks for them, erases."""

    def __init__(
        self,
        session: str,
        chance: Chance,
        mail: Mail,
        timers: Timers[SiteTimer],
        commands: CommandDesk,
        note_erasure: Callable[[str, int], None],
    ) -> None:
        self._session, self._chance, self._mail, self._timers = session, chance, mail, timers
        self._commands, self._note_erasure = commands, note_erasure
        self._waits: dict[str, Backoff] = {}

    def put(self, tx: CentralTransaction, person: str, data: bytes) -> PersonRow:
        """Keep canonical ``data`` as the next version; Conflict for an erased person."""
        held = next(iter(tx.persons.get([person])), None)
        if held is not None and held.erased_at is not None:
            raise Conflict("person", person, "this person was erased; use a new id")
        row = PersonRow(
            id=person,
            version=1 if held is None else held.version + 1,
            salt=hex_bits(SALT_BITS, self._chance),
            data=data,
            erased_at=None,
        )
        tx.persons.save(row)
        return row

    def erase(self, tx: CentralTransaction, person: str, now: Moment) -> list[str]:
        """Leave a tombstone and tell every site that has to do with the person; those sites."""
        self._bury(tx, person, now)
        sites = list(tx.persons.sites_of(person))
        for site in sites:
            self._tell(tx, site, person, now)
        return sites

    def settle(self, tx: CentralTransaction, noted: Mapping[str, int], now: Moment) -> None:
        """Erase whom the store, put back from a backup, holds again; note whom it alone knows."""
        buried = {row.id: row.erased_at for row in tx.persons.erased()}
        for person in noted.keys() - buried.keys():
            self.erase(tx, person, now)
        for person in buried.keys() - noted.keys():
            self._note_erasure(person, buried[person] or now.wall_us)

    def mentioned(self, tx: CentralTransaction, site: str, data: bytes, now: Moment) -> None:
        """A command for ``site`` refers to persons: the site may ask for them from now on."""
        self._link(tx, site, persons_in(data), now)

    def learn(
        self, tx: CentralTransaction, site: str, events: Sequence[StoredEvent], now: Moment
    ) -> None:
        """Events of ``site`` may refer to persons whom central has not met, or erase some.

        What one site erased, central and all other sites erase too.
        """
        self._link(tx, site, persons_in_events(events), now)
        for person in erased_in_events(events):
            if self._bury(tx, person, now):
                for other in tx.persons.sites_of(person):
                    if other != site:
                        self._tell(tx, other, person, now)

    def answer(self, tx: CentralTransaction, need: Need, epoch: Epoch, now: Moment) -> None:
        """Send the rows that ``need.site`` may have and central holds."""
        rows = tx.persons.get(tx.persons.linked(need.site, need.ids))
        for page in pages(rows):
            message = Persons(
                site=need.site,
                session=self._session,
                epoch=epoch,
                sent_at=self._mail.stamp(now),
                rows=page,
            )
            self._mail.send("commands", message)

    def take(self, tx: CentralTransaction, message: Persons) -> None:
        """Keep rows of persons whom the site refers to, unless a better one is held."""
        rows = {row.id: row for row in from_wire(message.rows)}
        welcome = tx.persons.linked(message.site, list(rows))
        held = {row.id: row for row in tx.persons.get(welcome)}
        for person in welcome:
            if supersedes(rows[person], held.get(person)):
                self._save(tx, rows[person])
        self._wait(message.site).reset()

    def ask(self, tx: CentralTransaction, site: str, epoch: Epoch, now: Moment) -> None:
        """Ask ``site`` for rows that central lacks, and again until there are none."""
        missing = tx.persons.missing(site, PERSONS_MAX)
        if not missing:
            self._waits.pop(site, None)
            return
        message = Need(
            site=site,
            session=self._session,
            epoch=epoch,
            sent_at=self._mail.stamp(now),
            ids=list(missing),
        )
        self._mail.send("commands", message)
        self._timers.set(("need", site), now.steady_us + self._wait(site).next_us())

    def _link(self, tx: CentralTransaction, site: str, ids: Sequence[str], now: Moment) -> None:
        fresh = tx.persons.link(site, ids) if ids else ()
        if not fresh:
            return
        self._timers.ensure(("need", site), now.steady_us + NEED_LOOK_US)
        for row in tx.persons.get(fresh):
            if row.erased_at is not None:
                self._tell(tx, site, row.id, now)

    def _bury(self, tx: CentralTransaction, person: str, now: Moment) -> bool:
        """Leave a tombstone, also of a person never heard of; False when there is one."""
        held = next(iter(tx.persons.get([person])), None)
        if held is not None and held.erased_at is not None:
            return False
        version = 0 if held is None else held.version
        tombstone = PersonRow(
            id=person, version=version, salt=None, data=None, erased_at=now.wall_us
        )
        self._save(tx, tombstone)
        return True

    def _save(self, tx: CentralTransaction, row: PersonRow) -> None:
        """An erasure is noted first: noted too much erases again, too little brings back."""
        if row.erased_at is not None:
            self._note_erasure(row.id, row.erased_at)
        tx.persons.save(row)

    def _tell(self, tx: CentralTransaction, site: str, person: str, now: Moment) -> None:
        data = canonical({"person": person})
        order = self._commands.give(tx, site, ERASE, 1, data, now)
        tx.persons.note_erasure(site, person, order.id)

    def _wait(self, site: str) -> Backoff:
        return self._waits.setdefault(site, Backoff(*NEED_WAIT_US, self._chance))
