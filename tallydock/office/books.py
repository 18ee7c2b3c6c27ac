"""Where a stopped site, or a stopped central, keeps its logins.

A site's users also stand in its journal, since the floor knows them by their badges. Central has
no floor: a login there is all there is of a user.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from api.ports import AccountChange, Credential, StoreCredential
from edge.codes.commands import build
from edge.domain.commands import AddUser
from edge.domain.events import PersonRef
from edge.domain.person import PersonDetails
from edge.domain.rows import User
from edge.errors import Conflict, InvalidInput
from edge.ids import Chance, hex_bits
from edge.journal import access, queries
from edge.journal.sqlite import StoreLock
from edge.service.audit import damage_named
from edge.service.inputs import EnterUser, Input, Origin, WriteAccess
from sync.central.fold_projector import ConnectionExecutor
from sync.central.sql_store import SqlStore
from tallydock.office.ports import Newcomer
from tallydock.offline import ACTOR, OfflineSite
from tallydock.stores import CENTRAL
from tallydock.wiring.accounts import credential_of_row, statements_of
from tallydock.wiring.central import open_central

USER_BITS = 64
BADGE_BITS = 40


@dataclass(frozen=True, slots=True)
class Register:
    """What a store says of its logins; needs no lock."""

    path: Path
    site: str

    def credentials(self) -> list[Credential]:
        """All, by login."""
        with damage_named(self.site), queries.snapshot(self.path, self.site) as reads:
            return [credential_of_row(row) for row in reads.credentials()]

    def users(self) -> list[User]:
        """Those whom the floor knows; none at central."""
        with damage_named(self.site), queries.snapshot(self.path, self.site) as reads:
            return reads.users()


class Book(Protocol):
    """The logins of one store that is open for writing."""

    @property
    def register(self) -> Register: ...

    def enter(self, newcomer: Newcomer, password_hash: str) -> Credential:
        """A new user; Conflict when the badge is taken."""
        ...

    def change(self, credential: Credential, *others: AccountChange) -> None:
        """Keep a changed credential; what it says holds on the floor too."""
        ...

    def write(self, *changes: AccountChange) -> None:
        """All of them or none."""
        ...


class SiteBook:
    """The logins of a site."""

    def __init__(self, site: OfflineSite) -> None:
        self._site = site
        self.register = Register(site.path, site.site)

    def enter(self, newcomer: Newcomer, password_hash: str) -> Credential:
        """Name, event and login in one unit of work."""
        chance = self._site.chance
        badge = newcomer.badge or hex_bits(BADGE_BITS, chance).upper()
        build("BADGE", badge)
        if any(user.badge == badge for user in self.register.users()):
            raise Conflict("badge", badge, "somebody has this badge: give another")
        user = f"u{hex_bits(USER_BITS, chance)}"
        credential = Credential(
            login=newcomer.login, user=user, password_hash=password_hash, role=newcomer.role
        )
        entered = EnterUser(
            at_us=self._site.clock.now_us(),
            user=user,
            login=newcomer.login,
            badge=badge,
            role=newcomer.role,
            language=newcomer.language,
            data=PersonDetails(name=newcomer.name),
            changes=tuple(statements_of(StoreCredential(credential))),
            origin=Origin(actor=ACTOR),
        )
        self._site.step(entered)
        return credential

    def change(self, credential: Credential, *others: AccountChange) -> None:
        inputs: list[Input] = [self._written(StoreCredential(credential), *others)]
        users = (user for user in self.register.users() if user.id == credential.user)
        row = next(users, None)
        if row is not None and row.active == credential.disabled:
            inputs.insert(0, self._site.asked(_anew(row, credential)))
        self._site.step(*inputs)

    def write(self, *changes: AccountChange) -> None:
        self._site.step(self._written(*changes))

    def _written(self, *changes: AccountChange) -> WriteAccess:
        statements = tuple(one for change in changes for one in statements_of(change))
        return WriteAccess(at_us=self._site.clock.now_us(), changes=statements)


def _anew(row: User, credential: Credential) -> AddUser:
    """The user defined anew, so that the badge works no longer than the login."""
    person = PersonRef(person=row.person, version=row.person_version, digest=row.person_digest)
    return AddUser(
        user=row.id,
        badge=row.badge,
        role=credential.role,
        language=row.language,
        person=person,
        active=not credential.disabled,
    )


class CentralBook:
    """The logins of central."""

    def __init__(self, path: Path, store: SqlStore, chance: Chance) -> None:
        self._store, self._chance = store, chance
        self.register = Register(path, CENTRAL)

    def enter(self, newcomer: Newcomer, password_hash: str) -> Credential:
        if newcomer.badge is not None:
            raise InvalidInput("--badge", newcomer.badge, "central has no stations: leave it out")
        credential = Credential(
            login=newcomer.login,
            user=f"u{hex_bits(USER_BITS, self._chance)}",
            password_hash=password_hash,
            role=newcomer.role,
        )
        self.write(StoreCredential(credential))
        return credential

    def change(self, credential: Credential, *others: AccountChange) -> None:
        self.write(StoreCredential(credential), *others)

    def write(self, *changes: AccountChange) -> None:
        executor = ConnectionExecutor(self._store.connection)
        with self._store.transaction():
            for change in changes:
                for statement, parameters in statements_of(change):
                    access.write(executor, statement, parameters)


@contextmanager
def central_book(path: Path, chance: Chance) -> Iterator[CentralBook]:
    """Central's logins, under the store's lock; StoreLocked while central runs."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = StoreLock(path)
    try:
        store = open_central(path)
        try:
            yield CentralBook(path, store, chance)
        finally:
            store.close()
    finally:
        lock.release()
