"""The demo's logins: made in the stores before their services start; never a fixed password."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from api.auth.passwords import Passwords
from api.auth.secret import fingerprint, new_secret
from api.ports import AccountChange, ApiToken, Credential, StoreCredential, StoreToken
from edge.clock import Clock
from edge.codes.commands import build
from edge.domain.commands import AddUser
from edge.domain.events import PersonRef
from edge.domain.person import PersonDetails
from edge.domain.rows import Role
from edge.domain.settings import SiteSettings
from edge.ids import Chance, hex_bits
from edge.journal import access
from edge.journal.store import EdgeStore
from edge.service.inputs import Ask, Origin, SavePerson, WriteAccess
from edge.service.loop import EdgeLoop
from edge.service.outcome import Outcome
from sync.central.fold_projector import ConnectionExecutor
from tallydock.demo.layout import SITE, Layout
from tallydock.stores import central_path, edge_path
from tallydock.wiring.accounts import Change, statements_of
from tallydock.wiring.central import open_central

PASSWORD_BITS = 64
FROM = Origin(actor="setup")


@dataclass(frozen=True, slots=True)
class Somebody:
    """A user of the demo."""

    login: str
    user: str
    badge: str
    role: Role
    name: str

    @property
    def badge_code(self) -> str:
        """What the badge's barcode says."""
        return build("BADGE", self.badge)


PEOPLE = (
    Somebody("packer-1", "w-1", "0001", "packer", "示例 陈静"),
    Somebody("packer-2", "w-2", "0002", "packer", "Example Lina"),
    Somebody("packer-3", "w-3", "0003", "packer", "Example Guest"),
    Somebody("supervisor", "w-4", "0004", "supervisor", "示例 李娜"),
    Somebody("admin", "w-5", "0005", "admin", "Example Admin"),
    Somebody("auditor", "w-6", "0006", "auditor", "Example Auditor"),
)


class SetupFailed(RuntimeError):
    """A store refused what the demo begins with."""


def seed_people(layout: Layout, clock: Clock, chance: Chance) -> tuple[dict[str, str], str]:
    """New passwords by login, and a new token that may do all; written to both stores."""
    passwords = {person.login: hex_bits(PASSWORD_BITS, chance) for person in PEOPLE}
    token = new_secret(chance)
    changes = _changes(passwords, token)
    _seed_edge(layout, changes, clock, chance)
    _seed_central(layout, changes)
    return passwords, token


def _changes(passwords: Mapping[str, str], token: str) -> tuple[Change, ...]:
    hasher = Passwords()
    stored: list[AccountChange] = [
        StoreCredential(
            Credential(
                login=person.login,
                user=person.user,
                password_hash=hasher.hash_now(passwords[person.login], person.login),
                role=person.role,
            )
        )
        for person in PEOPLE
    ]
    machine = ApiToken(
        sha256=fingerprint(token), name="demo", user="w-5", scopes=("all",), expires_at=None
    )
    return tuple(one for change in (*stored, StoreToken(machine)) for one in statements_of(change))


def _seed_edge(layout: Layout, changes: tuple[Change, ...], clock: Clock, chance: Chance) -> None:
    store = EdgeStore(edge_path(layout.data, SITE), SITE)
    try:
        loop = EdgeLoop(store, SiteSettings(site=SITE), chance)
        now_us = clock.now_us()
        saved = loop.step(
            [
                SavePerson(at_us=now_us, person=person.user, data=PersonDetails(name=person.name))
                for person in PEOPLE
            ],
            now_us,
        )
        _check(saved)
        if store.head.seq == 0:
            added = [
                Ask(at_us=now_us, command=_add(person, outcome), origin=FROM)
                for person, outcome in zip(PEOPLE, saved, strict=True)
            ]
            _check(loop.step(added, now_us))
        _check(loop.step([WriteAccess(at_us=now_us, changes=changes)], now_us))
    finally:
        store.close()


def _add(person: Somebody, saved: Outcome) -> AddUser:
    result = saved.result
    return AddUser(
        user=person.user,
        badge=person.badge,
        role=person.role,
        language="zh-CN" if person.name.startswith("示例") else "en",
        person=PersonRef(
            person=result["person"], version=int(result["version"]), digest=result["digest"]
        ),
    )


def _check(outcomes: list[Outcome]) -> None:
    for outcome in outcomes:
        if outcome.error is not None:
            raise SetupFailed(str(outcome.error))


def _seed_central(layout: Layout, changes: tuple[Change, ...]) -> None:
    store = open_central(central_path(layout.data))
    try:
        with store.transaction():
            executor = ConnectionExecutor(store.connection)
            for statement, parameters in changes:
                access.write(executor, statement, parameters)
    finally:
        store.close()
